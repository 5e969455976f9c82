"""Compute spent, on three axes: proposals, trainings that were paid for, and floating-point operations."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from rlsearch.config.twins import agent_of
from rlsearch.report.study import StudyData


@dataclass(frozen=True)
class Cost:
    """The cost of one agent's average search.

    Attributes:
        searches: how many searches the average is over.
        proposals: trials; unique: different (candidate, replicate) pairs among them, which is what has to be trained.
        search_flops: of the trials, outcomes from the store included (3 x forward FLOPs x samples).
        finalist_flops: of training the finalists again; score_flops: of scoring the answer, a measurement.
        seconds: of the trials that were trained here; None when no times are there. For information: it differs from
            run to run.
    """

    searches: int
    proposals: float
    unique: float
    search_flops: float
    finalist_flops: float
    score_flops: float
    seconds: float | None


def by_agent(study: StudyData) -> dict[str, Cost]:
    """Return the mean cost of each agent that has finished a search."""
    costs_by_agent = {}
    for agent in study.arms:
        costs = [summary["cost"] for (label, _), summary in study.summaries.items() if label == agent]
        if not costs:
            continue
        seconds = seconds_of(study, "search", agent)
        # Every episode of a policy trains a child of its own, also where it takes a schedule again.
        unique = "proposals" if agent_of(agent) in study.learners else "unique_evaluations"
        costs_by_agent[agent] = Cost(
            searches=len(costs),
            proposals=fmean(cost["proposals"] for cost in costs),
            unique=fmean(cost[unique] for cost in costs),
            search_flops=fmean(cost["flops"] for cost in costs),
            finalist_flops=fmean(cost["finalist_flops"] for cost in costs),
            score_flops=fmean(cost["score_flops"] for cost in costs),
            seconds=None if seconds is None else seconds / len(costs),
        )
    return costs_by_agent


def retraining_flops(study: StudyData) -> float:
    """Return the FLOPs of all retraining runs."""
    return float(sum(run["flops"] for slot in study.retrained.values() for run in slot["runs"]))


def tuning(study: StudyData) -> tuple[int, float]:
    """Return how many trainings chose recipes (`retrain.tune`), and their FLOPs; each slot's count, shared or not."""
    tried = [one for slot in study.retrained.values() for network in slot.get("tuned", ()) for one in network["tries"]]
    return len(tried), float(sum(one["flops"] for one in tried))


def seconds_of(study: StudyData, phase: str, name: str | None = None) -> float | None:
    """Return the seconds of all children of a phase (and of one agent or slot) that did not come from the store."""
    # What came from the store was trained, and timed, by an earlier job.
    rows = study.times[(study.times["phase"] == phase) & (study.times["cached"] == 0)]
    rows = rows if name is None else rows[rows["name"] == name]
    return float(rows["seconds"].sum()) if len(rows) else None


def unique_name(study: StudyData) -> str:
    """Return what the different evaluations of a search are called: a surrogate trains nothing."""
    return "unique answers" if study.settings.surrogate else "unique trainings"

"""The agent's answers beat those of another agent at equal cost, by the scores of whole searches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from rlsearch.claims.base import (
    FAVOUR,
    AgainstAgentSettings,
    Claim,
    Meaning,
    Meanings,
    Place,
    Seeds,
    must_be_other_agent,
)
from rlsearch.config.faults import Fault
from rlsearch.config.models import RepetitionSettings, StudySettings
from rlsearch.evidence import ceilings, tables, worth
from rlsearch.evidence.headroom import UNKNOWN, Headroom
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence, cost_notes
from rlsearch.measures import Measure
from rlsearch.statistics import reach

RUNS, MOST = 100, 1_000_000
"""Searches that are simulated for the headroom on a surrogate, and the trials of all of them at most."""


class BeatsAgent(Claim[AgainstAgentSettings]):
    """Two agents in searches of their own: the unit is the search, whatever is nested in it."""

    TOPIC = "{agent} against {against}"
    MEANINGS = Meanings(
        better=Meaning(
            "Yes: at the same cost, {agent} finds better candidates than {against}, by {size}.",
            "On this task and at this cost, searching with {agent} pays off against {against}: what it finds is better "
            "by {size}.",
        ),
        worse=Meaning(
            "No: at the same cost, {agent} finds worse candidates than {against}, by {size}.",
            "On this task and at this cost, {agent} does not find better candidates than {against}: what it finds is "
            "worse by {size}.",
        ),
        too_small_to_matter=Meaning(
            "It makes no difference worth having: {agent} and {against} end within {margin} at the same cost.",
            "At this cost, {agent} and {against} find candidates that differ too little to matter.",
        ),
        cannot_tell=Meaning(
            "This run cannot tell whether {agent} finds better candidates than {against} at the same cost: anything "
            "from {span} fits the data.",
            "Do not prefer {agent} to {against} because of these searches; they cannot tell.",
        ),
    )

    def check(self, place: Place) -> Iterator[Fault]:
        """Yield a fault unless the claim is against another agent of the study."""
        yield from must_be_other_agent(place, self.settings)

    def power(self, study: StudySettings, level: float) -> Seeds:
        """Return the searches of each agent. They are no pairs.

        Two agents share the noise of a candidate only where they meet it in searches of the same seed.
        """
        now = study.search.seeds
        return Seeds(("search", "seeds"), now, reach.fewest(now, lambda n: reach.samples_decide(n, level)))

    def evidence(self, results: Results) -> Evidence:
        """Compare the scores of two agents' answers."""
        agents, measure, rows = (self.settings.agent, self.settings.against), results.measure, results.searches
        evidence = self.start(results, f"{agents[0]} finds better candidates than {agents[1]} at equal cost")
        if rows is None:
            return evidence.without("not run yet (the searches are not finished)")
        first, second = ([row for row in rows if row["agent"] == agent] for agent in agents)
        if not len(first) == len(second) == results.settings.search.seeds:
            return evidence.without("not run yet (searches.csv does not hold all searches of the settings)")
        for arm in (first, second):
            # A search without an answer has failed, so the mean of the others would be too good.
            lost = len(arm) - len(_scores(arm, measure))
            if lost:
                return evidence.without(f"{lost} of {len(arm)} searches of {arm[0]['agent']} gave no answer{FAVOUR}")
        costs = [_cost(results, agent) for agent in agents]
        return evidence.compare(_scores(first, measure), _scores(second, measure), *cost_notes(*costs))

    def headroom(self, results: Results) -> Headroom:
        """Compare with the other arm's scores; the ceiling is the best point of the grid, by the other searches.

        Where a surrogate answers, the ceiling is its optimum, and the floor before the run is that of random search.
        """
        if results.settings.surrogate is not None:
            return self._on_surrogate(results)
        asked, other = results.settings.fidelity, self.settings.against
        if asked is None or asked.agent is None:  # of a sample, few networks or none are trained in every search
            return UNKNOWN
        ledgers = results.ledgers_of(asked.agent)
        scores = _scores([row for row in results.searches or () if row["agent"] == other], results.measure)
        # Each search judges once while the others choose, so there must be two.
        if len(ledgers) < max(2, results.settings.search.seeds) or len(scores) < 2:
            return Headroom("the grid's searches and the other arm have not run")
        levels_of = [_by_candidate(ledger, results.measure) for ledger in ledgers]
        # Only points that trained in every search: the ceiling needs a value of each in each.
        common = sorted(set.intersection(*(set(levels) for levels in levels_of)))
        source = (
            f"the floor is the mean score of {other}; the ceiling is the point of the grid that is best in all "
            "searches but the one that judges"
        )
        return ceilings.of_grid([[levels[key] for levels in levels_of] for key in common], scores, source)

    def _on_surrogate(self, results: Results) -> Headroom:
        truth, other = worth.exact(results), self.settings.against
        ceiling = ceilings.of_surrogate(truth)
        scores = _scores([row for row in results.searches or () if row["agent"] == other], results.measure)
        if len(scores) > 1:
            source = f"the floor is the mean score of {other}"
            return ceilings.over(np.array(scores)[:, None], ceiling, f"{source}; {ceiling.source}")
        block = results.simulated(_as_searches(results.settings))
        if block is None:
            return Headroom(f"the searches of {other} have not run; {ceiling.source}")
        source = "the floor is random search's, simulated before the run"
        return ceilings.over(truth.reached(block), ceiling, f"{source}; {ceiling.source}")


def _as_searches(study: StudySettings) -> RepetitionSettings:
    """Return settings of repetitions that have the budget of the study's searches."""
    search = study.search
    trials = search.trials + search.finalists * search.replicates  # `most_trials` is in the first of them
    return RepetitionSettings(runs=max(2, min(RUNS, MOST // trials)), top=(1,)).model_copy(update={"trials": trials})


def _cost(results: Results, agent: str) -> float:
    """Return the mean FLOPs of a search: its trials and the re-evaluation of its finalists, not the scoring."""
    summaries = (results.summaries.get((agent, seed)) for seed in range(results.settings.search.seeds))
    costs = [summary["cost"] for summary in summaries if summary is not None]
    return fmean([cost["flops"] + cost["finalist_flops"] for cost in costs] or [0.0])


def _scores(rows: Sequence[Mapping[str, Any]], measure: Measure) -> list[float]:
    return list(map(measure.merit, tables.scores(rows, measure)))


def _by_candidate(ledger: Sequence[Mapping[str, Any]], measure: Measure) -> dict[str, list[float]]:
    """Return the merits of every candidate's trainings."""
    merits: dict[str, list[float]] = {}
    for trial in ledger:
        if trial["status"] == "ok":
            merits.setdefault(trial["key"], []).append(measure.merit(measure.of(trial["metrics"])))
    return merits


SETTINGS, CLAIM = AgainstAgentSettings, BeatsAgent
TEST_SETTINGS = {"against": "random"}

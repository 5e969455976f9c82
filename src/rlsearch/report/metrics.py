"""results/metrics.json: the numbers that `dvc metrics diff` compares. No times, no text, nothing that is not finite."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from rlsearch.evidence import convergence, tables
from rlsearch.evidence.convergence import Arm
from rlsearch.evidence.policy_controls import PolicyControls
from rlsearch.evidence.verdict import Verdict
from rlsearch.measures import VALUE, Measure
from rlsearch.report import cost, gradient, regret
from rlsearch.report.study import StudyData
from rlsearch.report.tables import settings

CLASS_METRICS = ("macro_f1", "macro_precision", "macro_recall")


def build(studies: Sequence[StudyData]) -> dict[str, Any]:
    """Return {"studies": {study: {topic: ... number}}}; what is not known is left out.

    A verdict is a key of its own with the value 1 (`verdict.better`, `.worse`, `.too-small-to-matter`, `.cannot-tell`):
    `dvc metrics diff` then shows which came and which went. Accuracies are shares from 0 to 1.
    """
    by_study = {study.name: _study(study) for study in studies}
    finite = _numbers({"studies": by_study})
    return finite if isinstance(finite, dict) else {}


def _study(study: StudyData) -> dict[str, Any]:
    return {
        "claims": {_claim_name(verdict): claim_numbers(verdict) for verdict in study.verdicts},
        "searches": {label: _agent(study, label) for label in study.arms},
        "slots": {slot.name: _slot(study.retrained.get(slot.name), study.target_measure) for slot in study.slots},
        "arms": {slot: _arm(study, arm) for slot, arm in study.trained.items()},
        "tree": _tree(study),
        "policies": {agent: _policy(controls) for agent, controls in study.loop.policies.items()},
        "fidelity": {key: study.fidelity[key] for key in ("all", "trained", "cost")},
        "regret": {label: _regret(study, label) for label in study.arms},
        "sensitivity": settings.regrets(study),
        "gradient": {agent: _gradient(study, agent) for agent in study.agents},
        "controls": {agent: _control(control) for agent, control in study.controls.items() if agent in study.agents},
        "cost": {
            "retraining_flops": cost.retraining_flops(study) if study.retrained else None,
            **({"tuning_flops": cost.tuning(study)[1]} if cost.tuning(study)[0] else {}),
            **_costs(study),
        },
    }


def _claim_name(verdict: Verdict) -> str:
    against = f"-over-{verdict.against}" if verdict.against else ""
    return f"{verdict.kind}-{verdict.agent}{against}"


def claim_numbers(verdict: Verdict) -> dict[str, Any]:
    """Return effect, interval, level, p, margin, detectable effect and headroom of a claim, and its verdict."""
    names = ("effect", "level", "p", "margin", "mde")
    ends = verdict.interval.to_json() if verdict.interval else {}
    return {
        **{name: getattr(verdict, name) for name in names},
        **ends,
        "headroom": verdict.headroom.to_json(),
        "verdict": {verdict.decision.replace(" ", "-"): 1},
    }


def _agent(study: StudyData, agent: str) -> dict[str, Any]:
    summaries = [summary for (label, _), summary in study.summaries.items() if label == agent]
    scores = tables.scores([summary["answer"] for summary in summaries if summary["answer"]], study.measure)
    return {
        **_mean(f"score_{study.measure.name}", scores, study.measure),
        "trials": sum(s["trials"] for s in summaries) if summaries else None,
    }


def _slot(retrained: Mapping[str, Any] | None, measure: Measure) -> dict[str, Any]:
    return _mean(f"test_{measure.name}", tables.tested(retrained, measure), measure) if retrained else {}


def _arm(study: StudyData, arm: Arm) -> dict[str, Any]:
    """Return what an arm reaches beside its measure, at what cost in epochs of plain SGD, and when."""
    target, runs = study.target_level, arm.runs
    late = convergence.middle([run.converged for run in runs]).median
    there = convergence.middle([None if target is None else run.reached(target) for run in runs]).median
    tested = {key: value for name in CLASS_METRICS for key, value in _mean(name, arm.tested(name)).items()}
    return {**tested, **_mean("cost", arm.costs), "converged": late, "target_cost": there}


def _tree(study: StudyData) -> dict[str, Any]:
    references = {reference.title: reference.value for reference in study.loop.references}
    carry = {group.title: group.mean for group in study.loop.carry.groups} if study.loop.carry else {}
    return {
        "regret": {title: value.regret for title, value in references.items()},
        study.measure.name: {title: value.mean for title, value in references.items()},
        "carry": carry,
    }


def _policy(controls: PolicyControls) -> dict[str, Any]:
    nulls = {metric: fmean(values) for metric, values in controls.null_regret.items() if values}
    shares = {
        "planted_share": controls.planted_shares,
        "planted_choices": controls.planted_choices,
        "random_share": controls.random_shares,
    }
    return {"null_regret": nulls, **{name: fmean(values) for name, values in shares.items() if values}}


def _mean(name: str, values: Sequence[float], of: Measure = VALUE) -> dict[str, Any]:
    sd = of.sd(values) if len(values) > 1 else None
    return {name: of.mean(values) if values else None, f"{name}_sd": sd, "n": len(values) or None}


def _control(control: Mapping[str, Any]) -> dict[str, Any]:
    planted = control["planted"] or {}
    nulls = {key: (control[key] or {}).get("collapsed_share") for key in ("null_constant", "null_heteroscedastic")}
    return {
        "noise_sd": control["noise"]["pooled_sd"],
        "collapsed_share": nulls,
        **{key: planted.get(key) for key in ("hit_share", "hit_share_fit")},
    }


def _regret(study: StudyData, agent: str) -> dict[str, Any]:
    finals = {measure.name: regret.final(study, agent, measure) for measure in regret.measures(study)}
    return {name: {key: numbers.get(key) for key in ("mean", "sd")} for name, numbers in finals.items()}


def _gradient(study: StudyData, agent: str) -> dict[str, Any]:
    points = [point for point in gradient.points(study) if point.agent == agent]
    return {f"after-{point.updates}": {"ratio": point.ratio, "clip_bias": point.clip_bias} for point in points}


def _costs(study: StudyData) -> dict[str, Any]:
    values = {agent: asdict(value) for agent, value in cost.by_agent(study).items()}
    # Seconds differ from run to run, so that two equal runs would show a difference.
    return {agent: {key: v for key, v in value.items() if key != "seconds"} for agent, value in values.items()}


def _numbers(value: Any) -> Any:
    """Return nested mappings of finite numbers; everything else, and what is then empty, is left out."""
    if isinstance(value, Mapping):
        children = {str(key): _numbers(child) for key, child in value.items()}
        return {key: child for key, child in children.items() if child is not None} or None
    # A bool is an int in Python, but no number to compare.
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    return None

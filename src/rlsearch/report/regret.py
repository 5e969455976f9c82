"""Regret as the figures and tables want it: curves over the share of the budget, and the numbers at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.evidence.regret import Metric
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData

METRICS: dict[Metric, str] = {"accuracy": "points", "cross_entropy": "nats"}
"""The metrics in which regret is stated, and the unit in which the page shows them."""
FACTORS: dict[Metric, float] = {"accuracy": 100.0, "cross_entropy": 1.0}
"""From a metric to that unit."""


def curves(study: StudyData, metric: str) -> dict[str, Band]:
    """Return each agent's mean regret with its 95 % t band over the share of the budget in per cent."""
    found = {agent: values[metric]["by_budget"] for agent, values in study.regret.items()}
    return {agent: Band(100 * curve.x, curve.mean, curve.low, curve.high) for agent, curve in found.items()}


def final(study: StudyData, agent: str, metric: str) -> Mapping[str, Any]:
    """Return the regret of an agent's answers: `values` (one a search), `reused` and more; empty before they are known.

    `reused` counts answers of which the search had seen every training, so that none was left to judge by alone.
    """
    found: Mapping[str, Any] = study.regret.get(agent, {}).get(metric, {}).get("final", {})
    return found

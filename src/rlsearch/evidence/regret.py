"""Regret: how far the answers of repeated searches lie from the best candidate, at the end and during the search.

Regret is what the best candidate gains over the answer, by what both are really worth in a measure (`worth`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from rlsearch.boundary import just_above
from rlsearch.evidence.results import Results
from rlsearch.evidence.worth import ExactTruth, Truth, final, known_truths, late
from rlsearch.truth.table import Floats

CONFIDENCE = 0.95
SHARES = np.linspace(0.05, 1.0, 20)
"""Shares of the common budget at which agents that spend at different rates are compared."""


@dataclass(frozen=True)
class Curve:
    """Mean regret over all runs of an agent with Student's 95 % interval; all arrays (points,)."""

    x: Floats
    mean: Floats
    low: Floats
    high: Floats


def by_trials(block: Mapping[str, Any], truth: Truth) -> Curve:
    """Return the regret of the best network so far over trials; a search that has ended keeps its last."""
    return _curve(np.array(block["checkpoints"], float), _paths(block, truth))


def by_budget(block: Mapping[str, Any], truth: Truth, shares: Floats = SHARES) -> Curve:
    """Return the same over shares of the common budget, which the re-evaluation of finalists is not yet part of.

    At each share a run counts with the last of its checkpoints that the share pays for (at its first, where the share
    pays for none).
    """
    paths, spent = _paths(block, truth), np.array(block["incumbent_flops"], float)
    # Rounding must not push a checkpoint that costs exactly the share beyond it.
    limits = just_above(shares * block["budget_flops"])
    reached = [np.maximum(np.searchsorted(costs, limits, side="right") - 1, 0) for costs in spent]
    return _curve(shares, np.stack([path[at] for path, at in zip(paths, reached, strict=True)]))


def evaluate(results: Results) -> dict[str, Any]:
    """Return the regret of every agent of a study; none without a table's test part or before any controls have run.

    Returns:
        For each agent `runs`, `trials_used` and `flops` (means), and for each measure `final` (`values`, `mean`, `sd`,
        `interval`, `error` = mean standard error of one run's regret, `reused`), `late` (the first four, of
        what was proposed in the last quarter; None where that was not kept), `by_trials` and `by_budget` (`Curve`).

    Raises:
        RlsearchError: the table's test part is damaged.
    """
    blocks = {agent: block for agent in results.controls if (block := results.block(agent, "repetitions"))}
    truth_of = known_truths(results) if blocks else {}
    return {agent: _agent(block, truth_of) for agent, block in blocks.items() if truth_of}


def _agent(block: Mapping[str, Any], truth_of: Mapping[str, Truth]) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "runs": block["runs"],
        "trials_used": float(np.mean(block["trials_used"])),
        "flops": float(np.mean(block["flops"])),
    }
    for measure, truth in truth_of.items():
        last, sampled = final(block, truth), late(block, truth)
        summary[measure] = {
            "final": {**_summary(last.values), "error": _mean(last.error), "reused": last.reused},
            "late": None if sampled is None else _summary(sampled),
            "by_trials": by_trials(block, truth),
            "by_budget": by_budget(block, truth),
        }
    return summary


def _summary(values: Floats) -> dict[str, Any]:
    finite = values[np.isfinite(values)]
    curve = _curve(np.zeros(1), finite[:, None]) if finite.size else None
    return {
        "values": finite.tolist(),
        "mean": _mean(values),
        "sd": float(finite.std(ddof=1)) if finite.size > 1 else None,
        "interval": None if curve is None else [float(curve.low[0]), float(curve.high[0])],
    }


def _mean(values: Floats) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else None


def _paths(block: Mapping[str, Any], truth: Truth) -> Floats:
    """Return the regret (runs, checkpoints) of each run's best network so far, or of its policy as it then was."""
    if isinstance(truth, ExactTruth) and "incumbent_values" in block:
        return truth.regrets(block["incumbent_values"])
    if "incumbent_rows" in block:
        runs = [[truth.regret_of_schedules(rows)[0] for rows in run] for run in block["incumbent_rows"]]
        return np.asarray(runs)
    regrets = truth.leave_one_out()
    # Where trainings are kept to judge, nothing is left out and there is one column for all.
    columns = np.zeros_like(block["columns"]) if truth.kept else np.array(block["columns"])
    return np.asarray(regrets[np.array(block["incumbents"]), columns])


def _curve(x: Floats, values: Floats) -> Curve:
    runs, mean = len(values), values.mean(axis=0)
    # One run has no spread: a line without a band.
    if runs < 2:
        return Curve(x, mean, mean, mean)
    half = float(scipy.stats.t.ppf(0.5 + CONFIDENCE / 2, runs - 1)) * values.std(axis=0, ddof=1) / math.sqrt(runs)
    return Curve(x, mean, mean - half, mean + half)

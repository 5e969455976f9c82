"""What repeated searches on a truth table are worth: their distance from the best network, on images no search saw.

Regret is what the best network gains over the answer, by their mean test values in a measure: accuracy or loss. The
answer's mean leaves out the trainings that its search saw, whose luck chose it. The best is a maximum over all networks
and so lies somewhat too high, by the same amount for every agent. This is the one place that reads the table's test
part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from rlsearch.boundary import just_above
from rlsearch.errors import RlsearchError
from rlsearch.evidence.results import Results
from rlsearch.measures import Measure
from rlsearch.truth.table import TruthTable

Floats = NDArray[np.float64]
CONFIDENCE = 0.95
SHARES = np.linspace(0.05, 1.0, 20)
"""Shares of the common budget at which agents of different appetite are compared."""


@dataclass(frozen=True)
class Curve:
    """Mean regret over all runs of an agent with Student's 95 % interval; all arrays (points,)."""

    x: Floats
    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Final:
    """Regret of each run's answer and its standard error, both (runs,); NaN where a run has no answer.

    `error` is that of the answer's mean over its unseen trainings (NaN with fewer than two of them). `reused` counts
    the answers of which no training was left unseen, so that all had to serve: they are the `largest` control's.
    """

    values: Floats
    error: Floats
    reused: int


def losses(table: TruthTable, measure: Measure | None = None) -> Floats:
    """Return minus the merits of all trainings after the last epoch, (rows, trainings): of accuracies, minus these.

    A training that diverged counts as the worst that any training reached. `measure`: the table's own by default.
    """
    found = -measure.merit(measure.of(table.values)) if measure else -table.measure.merit(table.levels)
    last = found[:, :, -1]
    return np.where(np.isnan(last), np.nanmax(last), last)


class Truth:
    """The test part of a truth table in one measure, after the last epoch.

    Args:
        table: the test part; measure: the table's own by default.
    """

    def __init__(self, table: TruthTable, measure: Measure | None = None) -> None:
        self._losses = losses(table, measure)
        self._best = float(self._losses.mean(axis=1).min())
        self.columns = table.seeds
        self.kept = bool(table.recipe.judge)  # from all searches: none of these trainings was seen

    @classmethod
    def load(cls, name: str, root: Path = Path(".")) -> Truth:
        """Read the test part of a table, in its own measure.

        Raises:
            RlsearchError: no such table, or its file is missing or damaged.
        """
        return cls(TruthTable.load(name, "test", root))

    def regret(self, row: int, seen: Sequence[int]) -> tuple[float, float, bool]:
        """Return regret and standard error of a network, and whether all its trainings were seen."""
        unseen = np.setdiff1d(np.arange(self.columns), [] if self.kept else seen)
        return (*self._regret(self._losses[row, unseen if unseen.size else slice(None)]), not unseen.size)

    def regret_of_schedules(self, rows: Sequence[int]) -> tuple[float, float, bool]:
        """Return the same of a policy that took another row in each training (one row a column)."""
        return (*self._regret(self._losses[np.asarray(rows), np.arange(self.columns)]), False)

    def _regret(self, values: Floats) -> tuple[float, float]:
        error = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else math.nan
        return float(values.mean()) - self._best, error

    def by_judge(self, block: Mapping[str, Any]) -> Floats:
        """Return the merit (runs, judges) of each run's answer in each training that is kept from all searches."""
        if (played := of_policies(block)) is not None:
            return -np.stack([self._losses[np.asarray(rows), np.arange(self.columns)] for rows in played])
        lost = np.full(self.columns, np.nan)
        return -np.stack([lost if row is None else self._losses[row] for row in block["answers"]])

    def reached(self, block: Mapping[str, Any]) -> Floats:
        """Return the merits of the answers, (runs, judges), or (runs, 1) where no trainings are kept to judge."""
        return self.by_judge(block) if self.kept else (-self._best - final(block, self).values)[:, None]

    def leave_one_out(self) -> Floats:
        """Return the regret (networks, columns) of each network when the search saw that one training of it."""
        loss = self._losses
        if self.kept:
            return np.asarray(loss.mean(axis=1, keepdims=True) - self._best)
        rest = (loss.sum(axis=1, keepdims=True) - loss) / (self.columns - 1)
        return np.asarray(rest - self._best)


def truths(table: TruthTable) -> dict[str, Truth]:
    """Return the truth in each of the table's measures, by its name."""
    return {measure.name: Truth(table, measure) for measure in table.measures}


def of_policies(block: Mapping[str, Any]) -> Sequence[Sequence[int]] | None:
    """Return the rows (runs, columns) that the frozen policies of a `repetitions` block took, None for other agents."""
    return block.get("answer_rows")


def final(block: Mapping[str, Any], truth: Truth) -> Final:
    """Return the regrets of the answers in a `repetitions` block; a policy answers training by training."""
    if (played := of_policies(block)) is not None:
        values, errors, reused = zip(*(truth.regret_of_schedules(rows) for rows in played), strict=True)
        return Final(np.array(values), np.array(errors), sum(reused))
    pairs = list(zip(block["answers"], block["answer_columns"], strict=True))
    found = [(math.nan, math.nan, False) if row is None else truth.regret(row, seen) for row, seen in pairs]
    values, errors, reused = zip(*found, strict=True)
    return Final(np.array(values), np.array(errors), sum(reused))


def by_trials(block: Mapping[str, Any], truth: Truth) -> Curve:
    """Return the regret of the best network so far over trials; a search that has ended keeps its last."""
    return _curve(np.array(block["checkpoints"], float), _paths(block, truth))


def by_budget(block: Mapping[str, Any], truth: Truth, shares: Floats = SHARES) -> Curve:
    """Return the same over shares of the common budget, which the re-evaluation of finalists is not yet part of.

    At each share a run stands at the last of its checkpoints that the share pays for (before the first, at that).
    """
    paths, spent = _paths(block, truth), np.array(block["incumbent_flops"], float)
    limits = just_above(shares * block["budget_flops"])
    reached = [np.maximum(np.searchsorted(costs, limits, side="right") - 1, 0) for costs in spent]
    return _curve(shares, np.stack([path[at] for path, at in zip(paths, reached, strict=True)]))


def evaluate(results: Results) -> dict[str, Any]:
    """Return the regret of every agent of a study; none without a table's test part or before any controls have run.

    Returns:
        For each agent `runs`, `trials_used` and `flops` (means), and for each measure `final` (`values`, `mean`, `sd`,
        `interval`, `error` = mean standard error of one run's regret, `reused`), `by_trials` and `by_budget` (`Curve`).

    Raises:
        RlsearchError: the table's test part is damaged.
    """
    blocks = {agent: block for agent in results.controls if (block := results.block(agent, "repetitions"))}
    if not blocks or not results.has_table("test"):
        return {}
    known = truths(results.table("test"))
    return {agent: _agent(block, known) for agent, block in blocks.items()}


def _agent(block: Mapping[str, Any], known: Mapping[str, Truth]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "runs": block["runs"],
        "trials_used": float(np.mean(block["trials_used"])),
        "flops": float(np.mean(block["flops"])),
    }
    for measure, truth in known.items():
        last = final(block, truth)
        found[measure] = {
            "final": {**_summary(last.values), "error": _mean(last.error), "reused": last.reused},
            "by_trials": by_trials(block, truth),
            "by_budget": by_budget(block, truth),
        }
    return found


def _summary(values: Floats) -> dict[str, Any]:
    known = values[np.isfinite(values)]
    curve = _curve(np.zeros(1), known[:, None]) if known.size else None
    return {
        "values": known.tolist(),
        "mean": _mean(values),
        "sd": float(known.std(ddof=1)) if known.size > 1 else None,
        "interval": None if curve is None else [float(curve.low[0]), float(curve.high[0])],
    }


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def _paths(block: Mapping[str, Any], truth: Truth) -> Floats:
    """Return the regret (runs, checkpoints) of each run's best network so far, or of its policy as it then was."""
    if "incumbent_rows" in block:
        runs = [[truth.regret_of_schedules(rows)[0] for rows in run] for run in block["incumbent_rows"]]
        return np.asarray(runs)
    found = truth.leave_one_out()
    columns = np.zeros_like(block["columns"]) if truth.kept else np.array(block["columns"])
    return np.asarray(found[np.array(block["incumbents"]), columns])


def _curve(x: Floats, values: Floats) -> Curve:
    runs, mean = len(values), values.mean(axis=0)
    if runs < 2:
        return Curve(x, mean, mean, mean)
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, runs - 1)) * values.std(axis=0, ddof=1) / math.sqrt(runs)
    return Curve(x, mean, mean - half, mean + half)


def load_truth(results: Results) -> Truth | str:
    """Return the truth of a study's table, or the reason why it cannot be had."""
    if results.settings.table is None:
        return "the study has no truth table"
    try:
        return Truth(results.table("test"))
    except RlsearchError as error:
        return f"not run yet ({error.what})"

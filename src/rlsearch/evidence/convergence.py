"""How the runs of an arm went: when they converged, when they reached a target, and what they cost.

An arm is a slot whose curves say which optimizer trained each epoch. Cost is counted in epochs of plain SGD on the same
network: an optimizer that passes twice over a batch (SAM) costs two an epoch.

- A run has converged at the first step from which on its validation merit stays within NEAR of the best that it ever
  reaches. Where a run ends early and goes back to its best step, steps after that one do not count.
- Time to a target (after AlgoPerf, Dahl et al. 2023): the cost at the end of the first step that reaches it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rlsearch.boundary import at_most
from rlsearch.config.optimizer_models import passes_of
from rlsearch.evidence.results import Results
from rlsearch.evidence.tables import finite
from rlsearch.measures import Measure

NEAR = 0.005
"""Half a point of accuracy: closer to its best than this, a run counts as converged. Of other measures, in merit."""
SHARE = 0.95
"""The target is this share of the best arm's mean final validation level; a lower one is better over this share."""


@dataclass(frozen=True)
class Run:
    """One retraining run.

    Attributes:
        seed: of the retraining; status: ok or diverged.
        optimizers: label of each epoch.
        ends, levels, spent: of each step the epoch with which it ends, the validation level then, and the cost so far
            in plain epochs.
        cost: of the whole run in plain epochs.
        test: what was measured on the test set, as in an outcome; None where not finite.
        measure: of the levels; kept_best: whether the run went back to its best step.
    """

    seed: int
    status: str
    optimizers: tuple[str, ...]
    ends: tuple[int, ...]
    levels: tuple[float, ...]
    spent: tuple[float, ...]
    cost: float
    test: Mapping[str, float | None]
    measure: Measure
    kept_best: bool = False

    @property
    def final(self) -> float | None:
        """Validation level of the network that the run leaves; None where none was measured."""
        if self.status != "ok" or not self.levels:
            return None
        return self.measure.best_of(self.levels) if self.kept_best else self.levels[-1]

    @property
    def converged(self) -> int | None:
        """The epoch at which the run had converged; None where it diverged or was still falling back at its end."""
        merits = tuple(map(self.measure.merit, self.levels))
        return None if self.final is None else converged(self.ends, merits, kept_best=self.kept_best)

    @property
    def converged_cost(self) -> float | None:
        """The cost in plain epochs at which the run had converged."""
        return None if self.converged is None else self.spent[self.ends.index(self.converged)]

    def reached(self, target: float) -> float | None:
        """Return the cost in plain epochs at which the run first reached a validation level; None where never."""
        steps, least = zip(self.spent, self.levels, strict=True), self.measure.merit(target)
        return next((cost for cost, level in steps if at_most(least, self.measure.merit(level))), None)


@dataclass(frozen=True)
class Arm:
    """A slot with its runs; `plain` is the cost of one epoch of plain SGD on its network in FLOPs."""

    slot: str
    plain: float
    runs: tuple[Run, ...]

    def tested(self, metric: str) -> list[float]:
        """Return a test metric of every run that has it."""
        return finite(run.test.get(metric) for run in self.runs)

    @property
    def costs(self) -> list[float]:
        """Cost of each run in plain epochs."""
        return [run.cost for run in self.runs]


def converged(ends: Sequence[int], merits: Sequence[float], *, kept_best: bool = False) -> int | None:
    """Return the end of the first step from which on the merit stays within NEAR of the run's best.

    >>> converged((1, 2, 3, 4), (0.5, 0.9, 0.8, 0.901))
    4
    >>> converged((1, 2, 3, 4), (0.5, 0.9, 0.897, 0.901))
    2
    >>> converged((1, 2, 3), (0.5, 0.9, 0.7)), converged((1, 2, 3), (0.5, 0.9, 0.7), kept_best=True)
    (None, 2)
    """
    best = max(merits)
    last = merits.index(best) + 1 if kept_best else len(merits)
    epoch = None
    for end, value in zip(reversed(ends[:last]), reversed(merits[:last]), strict=True):
        if not at_most(best - value, NEAR):
            break
        epoch = end
    return epoch


def arms(results: Results) -> dict[str, Arm]:
    """Return the arms of a study by their slots."""
    rows, measure = results.curve_rows, results.settings.target_measure
    built = {slot: arm(slot, metrics, rows.get(slot, ()), measure) for slot, metrics in results.retrained.items()}
    return {slot: candidate for slot, candidate in built.items() if candidate is not None}


def arm(slot: str, metrics: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], measure: Measure) -> Arm | None:
    """Return an arm from its metrics.json and the rows of its curves.csv; None where they name no optimizer.

    Args:
        slot: its name.
        metrics: with spec and runs.
        rows: seed, epoch, optimizer, the validation level (NaN within a step) and cost in FLOPs.
        measure: of the levels.
    """
    trained = [row for row in rows if row.get("optimizer")]
    if not trained:
        return None
    training = metrics["spec"]["training"]
    passes = passes_of(training)
    # Every whole epoch gives the same quotient; the median ignores one that a divergence cut short.
    plain = median(row["cost"] / passes[row["optimizer"]] for row in trained)
    by_run = [(run, [row for row in trained if row["seed"] == run["seed"]]) for run in metrics["runs"]]
    kept_best = training.get("patience") is not None
    return Arm(slot, plain, tuple(_run(run, mine, measure, plain, kept_best) for run, mine in by_run))


def _run(
    run: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], measure: Measure, plain: float, kept_best: bool
) -> Run:
    spent, ends, level = 0.0, [], f"validation_{measure.name}"
    for row in rows:
        spent += row["cost"] / plain
        if math.isfinite(row[level]):
            ends.append((int(row["epoch"]), float(row[level]), spent))
    epochs, levels, costs = zip(*ends, strict=True) if ends else ((), (), ())
    return Run(
        seed=int(run["seed"]),
        status=run["status"],
        optimizers=tuple(str(row["optimizer"]) for row in rows),
        ends=epochs,
        levels=levels,
        spent=costs,
        cost=run["flops"] / plain,
        test={name.removeprefix("test_"): value for name, value in run.items() if name.startswith("test_")},
        measure=measure,
        kept_best=kept_best,
    )


def target(arms: Sequence[Arm], measure: Measure) -> float | None:
    """Return the validation level that counts as reached: SHARE of the best arm's mean final one."""
    finals = [finite(run.final for run in arm.runs) for arm in arms]
    if not any(finals):
        return None
    best = measure.best_of(measure.mean(values) for values in finals if values)
    return SHARE * best if measure.higher_is_better else best / SHARE


@dataclass(frozen=True)
class Middle:
    """Median, smallest and largest of the values of some runs; one that never got there counts as infinitely late.

    `reached` of `runs` got there; a number is None where it is infinite or there are no runs.
    """

    median: float | None
    low: float | None
    high: float | None
    reached: int
    runs: int


def middle(values: Sequence[float | None]) -> Middle:
    """Return the median and the ends.

    >>> middle([3, None, 1])
    Middle(median=3, low=1, high=None, reached=2, runs=3)
    """
    # Leaving out runs that never arrive would make an arm look faster the more of its runs fail.
    late = [math.inf if value is None else value for value in values]
    numbers = (median(late), min(late), max(late)) if late else (math.inf,) * 3
    half, low, high = (number if math.isfinite(number) else None for number in numbers)
    return Middle(half, low, high, len(finite(values)), len(values))


def front(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Tell for each (cost, merit) whether no other is at least as good in both and better in one.

    >>> front([(1.0, 0.9), (2.0, 0.9), (2.0, 0.95), (3.0, 0.95)])
    [True, False, True, False]
    """
    return [
        not any(
            cost <= own_cost and value >= own_value and (cost, value) != (own_cost, own_value) for cost, value in points
        )
        for own_cost, own_value in points
    ]

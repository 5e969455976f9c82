"""What the runs of an arm did on their way: when they converged, when they reached a target, and what they cost.

An arm is a slot whose curves say which optimizer trained each epoch. Cost is counted in epochs of plain SGD on the same
network: an optimizer that passes twice over a batch (SAM) costs two a epoch.

- A run has converged at the first step from which on its validation accuracy stays within NEAR of the best that it ever
  reaches. Where a run ends early and goes back to its best step, steps after that one do not count.
- Time to a target (after AlgoPerf, Dahl et al. 2023): the cost at the end of the first step that reaches it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from rlsearch.boundary import at_most
from rlsearch.config.optimizer_models import passes_of
from rlsearch.evidence.tables import finite

NEAR = 0.005
"""Half a point of accuracy: closer to its best than this, a run counts as converged."""
SHARE = 0.95
"""The target is this share of the best arm's mean final validation accuracy."""


@dataclass(frozen=True)
class Run:
    """One retraining run.

    Attributes:
        seed: of the retraining; status: ok or diverged.
        optimizers: label of each epoch.
        ends, accuracy, spent: of each step the epoch with which it ends, the validation accuracy then (0 to 1), and the
            cost so far in plain epochs.
        cost: of the whole run in plain epochs.
        test: accuracy, loss (nats), macro_f1, macro_precision, macro_recall; None where not finite.
        kept_best: whether the run went back to its best step.
    """

    seed: int
    status: str
    optimizers: tuple[str, ...]
    ends: tuple[int, ...]
    accuracy: tuple[float, ...]
    spent: tuple[float, ...]
    cost: float
    test: Mapping[str, float | None]
    kept_best: bool = False

    @property
    def final(self) -> float | None:
        """Validation accuracy of the network that the run leaves; None where none was measured."""
        if self.status != "ok" or not self.accuracy:
            return None
        return max(self.accuracy) if self.kept_best else self.accuracy[-1]

    @property
    def converged(self) -> int | None:
        """The epoch at which the run had converged; None where it diverged or was still falling back at its end."""
        return None if self.final is None else converged(self.ends, self.accuracy, kept_best=self.kept_best)

    @property
    def converged_cost(self) -> float | None:
        """The cost in plain epochs at which the run had converged."""
        return None if self.converged is None else self.spent[self.ends.index(self.converged)]

    def reached(self, target: float) -> float | None:
        """Return the cost in plain epochs at which the run first reached a validation accuracy; None where never."""
        steps = zip(self.spent, self.accuracy, strict=True)
        return next((cost for cost, value in steps if at_most(target, value)), None)


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


def converged(ends: Sequence[int], accuracy: Sequence[float], *, kept_best: bool = False) -> int | None:
    """Return the end of the first step from which on the accuracy stays within NEAR of the run's best.

    >>> converged((1, 2, 3, 4), (0.5, 0.9, 0.8, 0.901))
    4
    >>> converged((1, 2, 3, 4), (0.5, 0.9, 0.897, 0.901))
    2
    >>> converged((1, 2, 3), (0.5, 0.9, 0.7)), converged((1, 2, 3), (0.5, 0.9, 0.7), kept_best=True)
    (None, 2)
    """
    best = max(accuracy)
    last = accuracy.index(best) + 1 if kept_best else len(accuracy)
    found = None
    for end, value in zip(reversed(ends[:last]), reversed(accuracy[:last]), strict=True):
        if not at_most(best - value, NEAR):
            break
        found = end
    return found


def arm(slot: str, metrics: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Arm | None:
    """Return an arm from its metrics.json and the rows of its curves.csv; None where no optimizer stands in them.

    Args:
        slot: its name.
        metrics: with spec and runs.
        rows: seed, epoch, optimizer, validation_accuracy (NaN within a step) and cost in FLOPs.
    """
    known = [row for row in rows if row.get("optimizer")]
    if not known:
        return None
    training = metrics["spec"]["training"]
    passes = passes_of(training)
    plain = median(row["cost"] / passes[row["optimizer"]] for row in known)
    kept_best = training.get("patience") is not None
    runs = [_run(found, [row for row in known if row["seed"] == found["seed"]], plain) for found in metrics["runs"]]
    return Arm(slot, plain, tuple(Run(**run, kept_best=kept_best) for run in runs))


def _run(found: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], plain: float) -> dict[str, Any]:
    spent, ends = 0.0, []
    for row in rows:
        spent += row["cost"] / plain
        if math.isfinite(row["validation_accuracy"]):
            ends.append((int(row["epoch"]), float(row["validation_accuracy"]), spent))
    epochs, accuracy, costs = zip(*ends, strict=True) if ends else ((), (), ())
    return {
        "seed": int(found["seed"]),
        "status": found["status"],
        "optimizers": tuple(str(row["optimizer"]) for row in rows),
        "ends": epochs,
        "accuracy": accuracy,
        "spent": costs,
        "cost": found["flops"] / plain,
        "test": {name.removeprefix("test_"): value for name, value in found.items() if name.startswith("test_")},
    }


def target(arms: Sequence[Arm]) -> float | None:
    """Return the validation accuracy that counts as reached: SHARE of the best arm's mean final one."""
    finals = [finite(run.final for run in one.runs) for one in arms]
    return SHARE * max(fmean(values) for values in finals if values) if any(finals) else None


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
    late = [math.inf if value is None else value for value in values]
    numbers = (median(late), min(late), max(late)) if late else (math.inf,) * 3
    half, low, high = (one if math.isfinite(one) else None for one in numbers)
    return Middle(half, low, high, len(finite(values)), len(values))


def front(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Tell for each (cost, accuracy) whether no other is at least as good in both and better in one.

    >>> front([(1.0, 0.9), (2.0, 0.9), (2.0, 0.95), (3.0, 0.95)])
    [True, False, True, False]
    """
    return [
        not any(
            cost <= own_cost and value >= own_value and (cost, value) != (own_cost, own_value) for cost, value in points
        )
        for own_cost, own_value in points
    ]

"""What would change if the reward had other weights, or if the optimizer state were reset at every epoch.

Both are worked out exactly from schedule trees, without any search.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rlsearch.evidence.results import Files
from rlsearch.evidence.schedule_truth import ScheduleTruth, Value
from rlsearch.evidence.worth import losses
from rlsearch.statistics import intervals
from rlsearch.training.observation import LOSS_LIMIT, Measured, Weights, merits
from rlsearch.truth.table import Floats, Integers, TruthTable
from rlsearch.units import counted

COST, FINAL, LOSS = (0.0, 0.01, 0.03, 0.1), (0.0, 1.0), (0.0, 0.1, 0.5)
"""Weights that are tried, each with each; that of the gain in the measure stays as it is."""
RECREATED = "-recreated"
"""Suffix of the name of the tree in which the optimizer state is reset at every epoch."""


@dataclass(frozen=True)
class Weighted:
    """The schedule whose expected return is highest under some weights.

    Attributes:
        weights: of the reward; own: whether they are the study's.
        schedule: its row; expected: its mean return over the searches' trainings (validation).
        cost: in steps of plain SGD.
        worth: its test value and the distance from the best schedule's.
    """

    weights: Weights
    own: bool
    schedule: int
    expected: float
    cost: int
    worth: Value


def returns(table: TruthTable, weights: Weights, failure: float) -> Floats:
    """Return the undiscounted return of every schedule in every training, (rows, trainings), on a table's part.

    It is the sum of `Weights.step` over the steps and of `Weights.end`, as the environment gives them; a step that
    diverges earns `failure` and ends the run.
    """
    gain, fall, cost, final, failed = _components(table)
    return np.asarray(
        weights.gain * gain + weights.loss * fall - weights.cost * cost + weights.final * final + failure * failed
    )


def _components(table: TruthTable) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return what the weights multiply: merit gained, loss fallen, cost, final merit, and whether it diverged."""
    space = table.space
    assert hasattr(space, "passes")
    start = Measured.untrained(table.measure, table.outputs)
    merit, loss = merits(table.measure, table.levels), table.values["loss"]
    bounded = np.where(np.isfinite(loss), np.minimum(loss, LOSS_LIMIT), LOSS_LIMIT)
    # After a divergence the run is over: its later entries are no steps.
    alive = np.logical_and.accumulate(np.isfinite(merit), axis=2)
    steps = np.array([[space.passes(action) for action in actions] for actions in table.candidates], float)
    cost = (alive * steps[:, None, :]).sum(axis=2)
    # Gains of single steps sum to last less first, so the last step alive is all that counts; the start is entry 0.
    last = alive.sum(axis=2, keepdims=True)
    lead_merit, lead_loss = _with_start(merit, start.merit), _with_start(bounded, start.bounded_loss)
    gain = np.take_along_axis(lead_merit, last, axis=2)[:, :, 0] - start.merit
    fall = start.bounded_loss - np.take_along_axis(lead_loss, last, axis=2)[:, :, 0]
    whole = alive[:, :, -1]
    return gain, fall, cost, np.where(whole, merit[:, :, -1], 0.0), (~whole).astype(float)


def _with_start(values: Floats, start: float) -> Floats:
    return np.concatenate([np.full((*values.shape[:2], 1), start), values], axis=2)


def weighted(truth: ScheduleTruth, own: Weights, failure: float) -> list[Weighted]:
    """Return for each setting of the weights which schedule a perfect learner would settle on, and its worth."""
    best, tried = [], [Weights(own.gain, *three) for three in itertools.product(LOSS, COST, FINAL)]
    # The study's own weights are shown in any case, and once.
    for weights in tried if own in tried else [own, *tried]:
        expected = returns(truth.validation, weights, failure).mean(axis=1)
        row = int(expected.argmax())
        cost, worth = int(truth.cost[row]), truth.value([row])
        best.append(Weighted(weights, weights == own, row, float(expected[row]), cost, worth))
    return best


@dataclass(frozen=True)
class Paired:
    """Mean of carried less recreated in the test merit of some schedules, with its 95 % t interval over trainings."""

    title: str
    schedules: int
    mean: float
    interval: intervals.Interval | None


@dataclass(frozen=True)
class Carry:
    """The same schedules with state that is carried over a switch, and with optimizer state reset at every epoch.

    Attributes:
        carried, recreated: mean test merit of every schedule over the judging trainings, (rows,).
        switches: of every schedule, (rows,).
        groups: overall, schedules that switch, schedules that do not, then by number of switches.
        best: the best schedule when carried, and when recreated; each in words with both values.
        trainings: how many judge in both trees, which pairs them.
    """

    carried: Floats
    recreated: Floats
    switches: Integers
    groups: tuple[Paired, ...]
    best: tuple[tuple[str, str, float, float], ...]
    trainings: int


def carry(truth: ScheduleTruth, files: Files) -> Carry | None:
    """Compare a tree with the one named like it and `-recreated`, by the trainings that both have.

    None where there is no such tree, or its recipe differs in more than `carry` and the seeds.

    Raises:
        RlsearchError: the other tree is there and damaged.
    """
    name = truth.table.recipe.name + RECREATED
    if not files.has_table(name, "test"):
        return None
    other = files.table(name, "test")
    if not _same_but_carry(truth.table, other):
        return None
    shared = [number for number in _numbers(truth.table) if number in _numbers(other)]
    if not shared:
        return None
    carried, recreated = (
        -losses(table)[:, [_numbers(table).index(number) for number in shared]] for table in (truth.table, other)
    )
    means = carried.mean(axis=1), recreated.mean(axis=1)
    rows = zip(("carried", "reset"), (int(worth.argmax()) for worth in means), strict=True)
    best = tuple((title, str(truth.label(row)), float(means[0][row]), float(means[1][row])) for title, row in rows)
    groups = tuple(_groups(carried - recreated, truth.switches))
    return Carry(*means, truth.switches, groups, best, len(shared))


def _same_but_carry(table: TruthTable, other: TruthTable) -> bool:
    first, second = (part.recipe.model_dump(mode="json") for part in (table, other))
    # Taken out, so that the rest must be equal.
    carried = first["space"].pop("carry"), second["space"].pop("carry")
    same = all(first[key] == second[key] for key in first if key not in ("name", "seeds", "first_seed", "judge"))
    # Rows are in the order of the labels, which equal mappings need not share.
    return (
        carried == (True, False) and same and list(first["space"]["optimizers"]) == list(second["space"]["optimizers"])
    )


def _numbers(table: TruthTable) -> list[int]:
    """Return the number of the seed behind each column of a test part, which is the same training in every tree."""
    end = table.recipe.first_seed + table.recipe.seeds
    return list(range(end - table.seeds, end))


def _groups(differences: Floats, switches: Integers) -> Iterator[Paired]:
    """Yield mean differences; the unit is the training, so schedules are averaged within each first."""
    kinds = [
        ("all schedules", switches >= 0),
        ("schedules that switch", switches > 0),
        *((counted(count, "switch"), switches == count) for count in range(int(switches.max()) + 1)),
    ]
    for title, chosen in kinds:
        # All schedules of one training start from the same weights, so they are no independent values.
        by_training = differences[chosen].mean(axis=0)
        mean = float(by_training.mean()) if chosen.any() else math.nan
        yield Paired(title, int(chosen.sum()), mean, intervals.t_interval(by_training))

"""What a schedule tree says exactly: the best schedule, every optimizer alone, the best single switch, and chance.

All values are means over the trainings that judge (kept from every search, where the recipe keeps some) on the test
images, after the last step. The best of many noisy means is somewhat too high, for each of these maxima. This reads the
table's test part, at the time of the report only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from rlsearch.config import artefacts
from rlsearch.evidence.results import Results
from rlsearch.evidence.worth import losses
from rlsearch.measures import Measure
from rlsearch.spaces.closed_loop import loop_of
from rlsearch.truth.table import Floats, Integers, TruthTable

Kind = Literal["best", "validated", "options", "switch", "optimizer", "random"]


@dataclass(frozen=True)
class Value:
    """A mean over the judging trainings with its standard error, and its regret with the paired one.

    `schedule` is the row that has it, None for a mean over many. Errors are None with fewer than two trainings.
    """

    mean: float
    error: float | None
    regret: float
    regret_error: float | None
    schedule: int | None


@dataclass(frozen=True)
class Reference:
    """A way to choose schedules, and what it is worth in each measure, by name and with the schedule that is its best.

    The table's own measure comes first.
    """

    kind: Kind
    title: str
    values: dict[str, Value]

    @property
    def value(self) -> Value:
        """What it is worth in the table's own measure."""
        return next(iter(self.values.values()))


class ScheduleTruth:
    """The test part of a schedule tree.

    Args:
        test, validation: the table's two parts; of the latter only the trainings that searches see are read.
    """

    def __init__(self, test: TruthTable, validation: TruthTable) -> None:
        self.table, self.space, self.validation = test, loop_of(test.space), validation
        self._losses = {measure: losses(test, measure) for measure in test.measures}

    @classmethod
    def of(cls, results: Results) -> ScheduleTruth | None:
        """Return what a study's table says; None without one, before it is there, or where its rows are not schedules.

        Raises:
            RlsearchError: a part of the table is damaged.
        """
        if not artefacts.closed_loop(results.settings) or not results.has_table("validation", "test"):
            return None
        return cls(results.table("test"), results.table("validation"))

    @property
    def trainings(self) -> int:
        """How many trainings judge."""
        return self.table.seeds

    @cached_property
    def actions(self) -> Integers:
        """The schedules, (rows, steps)."""
        return np.array(self.table.candidates, np.int64)

    @cached_property
    def switches(self) -> Integers:
        """How often each schedule changes its optimizer, (rows,)."""
        return np.asarray((np.diff(self.actions, axis=1) != 0).sum(axis=1))

    @cached_property
    def cost(self) -> Integers:
        """Cost of each schedule in steps of plain SGD, (rows,)."""
        return np.array([self.space.price(actions) for actions in self.table.candidates])

    def label(self, row: int | None) -> str | None:
        """Return a schedule in words, e.g. "sgd x2, sam x2"."""
        return None if row is None else self.space.describe(self.table.specs[row])

    def among(self, options: Sequence[str]) -> Integers:
        """Return the rows of the schedules of these optimizers alone."""
        allowed = [self.space.labels.index(label) for label in options]
        return np.flatnonzero(np.isin(self.actions, allowed).all(axis=1))

    def value(self, rows: Integers | Sequence[int], measure: Measure | None = None, *, mean: bool = False) -> Value:
        """Return what the best of some rows is worth in a measure (the table's own), or with `mean` their mean."""
        measure = measure or self.table.measure
        loss, rows = self._losses[measure], np.asarray(rows)
        best = loss[int(loss.mean(axis=1).argmin())]
        row = None if mean else int(rows[loss[rows].mean(axis=1).argmin()])
        # By training, not on average: the error of a regret is that of the paired differences.
        own = loss[rows].mean(axis=0) if row is None else loss[row]
        level = measure.level_of(-float(own.mean()))
        return Value(level, _error(own), float((own - best).mean()), _error(own - best), row)

    def references(self, options: Sequence[Sequence[str]] = ()) -> list[Reference]:
        """Return all of them, the best first; `options`: sets of optimizers to which some agents are confined."""
        everything, labels = np.arange(self.table.networks), self.space.labels
        confined = {tuple(subset): self.among(subset) for subset in options if set(subset) < set(labels)}
        ways: list[tuple[Kind, str, Integers, bool]] = [
            ("best", "best schedule", everything, False),
            ("validated", "best by the searches' validation values", np.array([self.chosen_by_validation]), False),
            *(("options", f"best of {' and '.join(subset)}", rows, False) for subset, rows in confined.items()),
            ("switch", "best single switch", np.flatnonzero(self.switches <= 1), False),
            *(("optimizer", f"{label} alone", self.among([label]), False) for label in labels),
            ("random", "random switching", everything, True),
        ]
        # An optimizer alone is one schedule, hence one row.
        static = self.value(np.concatenate([self.among([label]) for label in labels])).schedule
        return [
            Reference(
                kind,
                f"{title} (best static)" if kind == "optimizer" and rows[0] == static else title,
                {measure.name: self.value(rows, measure, mean=mean) for measure in self._losses},
            )
            for kind, title, rows, mean in ways
        ]

    @property
    def chosen_by_validation(self) -> int:
        """The row of the best mean validation value over the searches' trainings: what a perfect sweep finds."""
        return int(losses(self.validation).mean(axis=1).argmin())


def _error(values: Floats) -> float | None:
    return float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else None

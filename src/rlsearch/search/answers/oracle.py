"""What an evaluator could answer, for searches that are repeated in memory: all of it as arrays, or a function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlsearch.measures import Measure
from rlsearch.search.budget import Prices
from rlsearch.spaces.base import Space

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class AnyOracle(ABC):
    """Whoever knows what any candidate of a space of choices is worth; candidates go by their row.

    Attributes:
        space: whose candidates they are; measure: what is measured.
        renames: whether the space keeps sequences apart that are one row here.
    """

    space: Space
    measure: Measure
    renames: bool = False

    @abstractmethod
    def rows_of(self, actions: ArrayLike) -> Integers:
        """Return the rows (...) of candidates (..., decisions), equal for sequences that mean the same network.

        Candidates of fewer decisions end in -1.
        """

    @abstractmethod
    def flops_of(self, rows: Integers) -> Integers:
        """Return what one training of these costs, of their shape."""

    @property
    @abstractmethod
    def prices(self) -> Prices:
        """What its trainings cost."""

    @abstractmethod
    def drawn(self, actions: Integers, rng: np.random.Generator) -> Floats:
        """Return the levels (n,) that candidates (n, decisions) reach in one training each, drawn at random."""


@dataclass(frozen=True, eq=False)
class Oracle(AnyOracle):
    """All different candidates of a space, a row for each, and what each reaches in each of its trainings.

    Attributes:
        space, measure: see `AnyOracle`; row_of_each: does the work of `rows_of`.
        levels: (candidates, trainings), of the measure on the validation data; NaN after a divergence.
        flops: (candidates,), what one training costs.
    """

    space: Space
    row_of_each: Callable[[ArrayLike], Integers]
    measure: Measure
    levels: Floats
    flops: Integers
    renames: bool = False

    def rows_of(self, actions: ArrayLike) -> Integers:
        """Return their rows."""
        return self.row_of_each(actions)

    def flops_of(self, rows: Integers) -> Integers:
        """Return what one training of each of these costs."""
        return np.asarray(self.flops[rows])

    def drawn(self, actions: Integers, rng: np.random.Generator) -> Floats:
        """Return the level of one of their trainings each."""
        return np.asarray(self.levels[self.rows_of(actions), rng.integers(self.seeds, size=len(actions))])

    @property
    def candidates(self) -> int:
        """How many there are."""
        return int(self.levels.shape[0])

    @property
    def seeds(self) -> int:
        """Trainings of each."""
        return int(self.levels.shape[1])

    @property
    def prices(self) -> Prices:
        """What its trainings cost."""
        return Prices.of(self.flops.tolist())

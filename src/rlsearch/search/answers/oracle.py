"""Every answer that an evaluator could give, as arrays: what whole searches are repeated on in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlsearch.measures import Measure
from rlsearch.search.budget import Prices
from rlsearch.spaces.base import Space

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Oracle:
    """All different candidates of a space, a row for each, and what each reaches in each of its trainings.

    Attributes:
        space: whose candidates they are; rows_of: returns the rows (...) of candidates (..., decisions), which are
            equal for sequences that mean the same network.
        measure, levels: what is measured, and its levels (candidates, trainings) on the validation data; NaN after a
            divergence.
        flops: (candidates,), what one training costs.
    """

    space: Space
    rows_of: Callable[[ArrayLike], Integers]
    measure: Measure
    levels: Floats
    flops: Integers

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

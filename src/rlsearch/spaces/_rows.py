"""Which row a candidate is, looked up for many candidates at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlsearch import seeds
from rlsearch.spaces.base import Space, representatives

Integers = NDArray[np.int64]

PADDING = -1
MOST_CODES = 2**20
"""Combinations of options, allowed or not, of the largest space whose rows stand in one list."""


class Rows:
    """The rows of a space of choices, one for each key, in the order of `representatives`.

    Sequences that mean the same network have the same row. Each sequence has a code, the sum of its actions with a
    weight for each decision, so that a lookup is one product and one place in a list, or a search in a sorted one
    where there are too many combinations of options.

    >>> from rlsearch.spaces.sgd_sweep import SgdSweep
    >>> Rows(SgdSweep())([[0, 2], [1, 0]]).tolist()
    [2, 3]
    """

    def __init__(self, space: Space) -> None:
        row = {actions: number for number, actions in enumerate(representatives(space))}
        sequences = list(space.enumerate())
        stand_ins = sequences if space.kept_apart else map(space.canonical, sequences)
        rows = np.array([row[actions] for actions in stand_ins], np.int64)
        longest = max(map(len, sequences))
        padded = np.array([[*actions, *[PADDING] * (longest - len(actions))] for actions in sequences], np.int64)
        self._options = padded.max(axis=0) - PADDING + 1  # and the padding
        digits = self._options.tolist()
        self._sorted: Integers | None = None
        if math.prod(digits) <= MOST_CODES:
            self._weights = np.array([math.prod(digits[place + 1 :]) for place in range(longest)], np.int64)
            # -1 stays where a combination of options is no candidate.
            self._rows = np.full(math.prod(digits), -1, np.int64)
            self._rows[self._codes(padded)] = rows
            return
        # Sums wrap around: fingerprints of 64 bits, of which two are equal in one of 10^9 spaces of 100,000 candidates.
        self._weights = seeds.generator("rows").integers(2**63, size=longest)
        self._sorted, first = np.unique(self._codes(padded), return_index=True)
        self._rows = rows[first]
        if len(first) < len(sequences):
            raise ValueError("two candidates have the same fingerprint: draw the weights by another name")

    def __call__(self, actions: ArrayLike) -> Integers:
        """Return the rows (...) of candidates (..., decisions); shorter ones end in -1.

        Raises:
            ValueError: one of them is no candidate of the space.
        """
        sequences = np.asarray(actions, np.int64)
        if not self._within(sequences):
            raise self._unknown()
        codes = self._codes(sequences)
        # Without the last one, so that a place is always inside the list.
        places = codes if self._sorted is None else self._sorted[:-1].searchsorted(codes)
        rows = self._rows.take(places, mode="clip")
        if rows.min(initial=0) < 0 or not (self._sorted is None or np.array_equal(self._sorted[places], codes)):
            raise self._unknown()
        return np.asarray(rows)

    def _within(self, sequences: Integers) -> bool:
        """Tell whether all actions are options somewhere: the code of an action beyond them is that of another one."""
        length = sequences.shape[-1]
        if length > len(self._options):
            return False
        shifted = (sequences - PADDING).astype(np.uint64)  # below the padding: huge
        return bool((shifted < self._options[:length].astype(np.uint64)).all())

    def _unknown(self) -> ValueError:
        return ValueError("there is a sequence that is no candidate of this space")

    def _codes(self, actions: Integers) -> Integers:
        return np.asarray((actions - PADDING) @ self._weights[: actions.shape[-1]])  # padding adds nothing

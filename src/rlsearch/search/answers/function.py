"""A surrogate of a space too large to be listed as an oracle: candidates get a row when they are first met."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rlsearch import seeds
from rlsearch.search.answers.oracle import AnyOracle, Floats, Integers
from rlsearch.search.budget import Prices
from rlsearch.seeds import Purpose, child_seed
from rlsearch.spaces._rows import PADDING
from rlsearch.spaces.base import Actions, Space
from rlsearch.surrogates.base import Surrogate, values_of

END = np.int64(PADDING).tobytes()[:1]
"""The byte of which padding consists; the last one of an action is 0."""


class FunctionOracle(AnyOracle):
    """Values of candidates, each computed once; the noise of a child is the one that a search would meet.

    Rows are numbers without a meaning: which candidate has which depends on who was met first.

    Args:
        space: of choices; surrogate: the function on it; noise: standard deviation of its answers; study: part of every
            child's seed.
    """

    def __init__(self, space: Space, surrogate: Surrogate, noise: float, study: str) -> None:
        self.space, self.measure = space, surrogate.measure
        self.surrogate, self.noise, self.study = surrogate, noise, study
        self.values: Floats = np.empty(0)
        self._rows: dict[bytes, int] = {}
        self._candidates: list[Actions] = []
        self._drawn: dict[tuple[int, Purpose, int, int], float] = {}
        self._keys: dict[int, str] = {}
        self._several = space.has_equal_sequences and not space.kept_apart

    def rows_of(self, actions: ArrayLike) -> Integers:
        """Return their rows; whoever has none yet gets the next one."""
        asked = np.asarray(actions, np.int64)
        listed = np.ascontiguousarray(asked.reshape(-1, asked.shape[-1]))
        names = [row.tobytes().rstrip(END) for row in listed]
        new = {name: place for place, name in enumerate(names) if name not in self._rows}
        if new:
            self._meet(new, listed)
        return np.array([self._rows[name] for name in names], np.int64).reshape(asked.shape[:-1])

    def candidate(self, row: int) -> Actions:
        """Return the sequence that stands for all of a row."""
        return self._candidates[row]

    def flops_of(self, rows: Integers) -> Integers:
        """Return the same cost for each."""
        return np.full(np.shape(rows), self.surrogate.cost, np.int64)

    @property
    def prices(self) -> Prices:
        """The price of an answer."""
        return Prices.of([self.surrogate.cost])

    def levels(self, rows: Integers, seeds_: Integers, purpose: Purpose, replicates: Integers) -> Floats:
        """Return what children reach that train under search seeds for a purpose, all (n,), in their replicates."""
        exact = self.values[rows]
        if self.noise == 0:
            return np.asarray(exact)
        asked = zip(rows.tolist(), seeds_.tolist(), replicates.tolist(), strict=True)
        drawn = np.array([self._noise(row, purpose, seed, replicate) for row, seed, replicate in asked])
        return self._noisy(exact, drawn)

    def drawn(self, actions: Integers, rng: np.random.Generator) -> Floats:
        """Return their values with noise."""
        rows = self.rows_of(actions)  # first, since it may add values
        return self._noisy(self.values[rows], rng.standard_normal(len(actions)))

    def _noisy(self, exact: Floats, drawn: Floats) -> Floats:
        return np.clip(exact + self.noise * drawn, *self.measure.bounds)

    def _noise(self, row: int, purpose: Purpose, seed: int, replicate: int) -> float:
        key = row, purpose, seed, replicate
        if key not in self._drawn:
            if row not in self._keys:
                self._keys[row] = self.space.key(self.space.decode(self._candidates[row]))
            self._drawn[key] = noise_of(child_seed(self.study, purpose, self._keys[row], seed, replicate))
        return self._drawn[key]

    def _meet(self, new: dict[bytes, int], listed: Integers) -> None:
        """Give rows to candidates that were not met yet, by their names and places in a list."""
        first = len(self._candidates)
        for name, place in new.items():
            candidate: Actions = tuple(action for action in listed[place].tolist() if action != PADDING)
            same = self.space.canonical(candidate) if self._several else candidate
            stands_for = np.array(same, np.int64).tobytes() if self._several else name
            if stands_for not in self._rows:
                self._rows[stands_for] = len(self._candidates)
                self._candidates.append(same)
            self._rows[name] = self._rows[stands_for]
        if met := self._candidates[first:]:
            longest = max(map(len, met))
            padded = np.array([[*actions, *[PADDING] * (longest - len(actions))] for actions in met], np.int64)
            self.values = np.concatenate([self.values, values_of(self.surrogate, self.space, padded)])


def noise_of(seed: int) -> float:
    """Return the noise of a child with this seed, in standard deviations: as if it had been trained under it."""
    return float(seeds.generator("surrogate-noise", seed).standard_normal())

"""Candidates that have not been proposed yet, drawn by the uniform policy."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator
from itertools import accumulate, islice

import numpy as np

from rlsearch.agents._q_tree import Tree
from rlsearch.spaces.base import Actions, Choice, Space, following

MOST_LISTED = 100_000
"""Candidates of the largest space that is listed where rejection does not find what is left of it."""
REJECTED, MOST_REJECTED = 1_000, 100_000
"""Known candidates drawn in a row after which a small space is listed, and a larger one counts as used up."""


class Unseen:
    """What is left of a space.

    Args:
        tree: of the space.
        known: tells whether a candidate has been proposed.
    """

    def __init__(self, tree: Tree, known: Callable[[Actions], bool]) -> None:
        self.tree, self.known = tree, known
        self._left: list[tuple[Actions, float]] | None = None

    def draw(self, rng: np.random.Generator) -> Actions | None:
        """Return a candidate, drawn decision by decision until it is none that is known; None where none is left."""
        for rejected in range(MOST_REJECTED):
            if rejected == REJECTED and self._small():
                return self._of_list(rng)
            actions, _ = self.tree.draw(1.0, rng)
            if not self.known(actions):
                return actions
        return None

    def _small(self) -> bool:
        """Tell whether the space can be listed; if so, it is."""
        if self._left is None:
            size = self.tree.space.nominal_size
            listed = islice(weighted(self.tree.space), MOST_LISTED + 1) if (size or 0) <= MOST_LISTED else ()
            self._left = list(listed)
            self._too_large = not 0 < len(self._left) <= MOST_LISTED
        return not self._too_large

    def _of_list(self, rng: np.random.Generator) -> Actions | None:
        """Draw from the list, which forgets for good what has become known: rejection would, in the end."""
        self._left = [(actions, weight) for actions, weight in self._left or [] if not self.known(actions)]
        ends = list(accumulate(weight for _, weight in self._left))
        return self._left[bisect(ends, rng.random() * ends[-1])][0] if ends else None


def weighted(space: Space) -> Iterator[tuple[Actions, float]]:
    """Yield all candidates in the order of `enumerate`, with the probability that the uniform policy gives them."""
    open_prefixes: list[tuple[Actions, float]] = [((), 1.0)]
    while open_prefixes:
        prefix, weight = open_prefixes.pop()
        decision = following(space, prefix)
        if not isinstance(decision, Choice):
            yield prefix, weight
            continue
        allowed = decision.free
        open_prefixes += [((*prefix, option), weight / len(allowed)) for option in reversed(allowed)]

"""Which candidates would be a search's finalists now, and the most that finalists can cost once more have finished."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from statistics import fmean

Place = tuple[float, int, Hashable]
"""Minus the mean reward, number in the order of asking, key: ascending, the best comes first."""


@dataclass
class _Candidate:
    """A distinct candidate; `place` is None until it has trained once."""

    price: int
    number: int
    rewards: list[float] = field(default_factory=list)
    place: Place | None = None


def alike(rewards: Sequence[float]) -> float:
    """Rank all candidates alike, so that the order of asking decides (`answer: first` of an agent)."""
    return 0.0


class Ranking:
    """Distinct candidates in the order in which they become finalists: by mean reward, of equal ones the earlier first.

    >>> ranking = Ranking(2, empty=10)
    >>> for key, price, reward in (("a", 3, 0.5), ("b", 9, 0.7), ("c", 4, 0.6)):
    ...     ranking.add(key, price, reward, trained=True)
    >>> ranking.dearest()  # b and c
    13
    >>> ranking.dearest({"d": 20})  # d may take the place of c
    29

    Args:
        places: finalists of the search; empty: price that is kept for one that there is not yet.
        mean: of the rewards of a candidate's trials: the one by which finalists are chosen, to the last bit;
            `alike` where the earliest become finalists.
    """

    def __init__(self, places: int, empty: int, mean: Callable[[Sequence[float]], float] = fmean) -> None:
        self.places, self.empty, self.mean = places, empty, mean
        self._candidates: dict[Hashable, _Candidate] = {}
        self._order: list[Place] = []

    def add(self, key: Hashable, price: int, reward: float, *, trained: bool) -> None:
        """Take in a finished trial of a candidate that costs `price` to train; `trained`: with status ok."""
        candidate = self._candidates.setdefault(key, _Candidate(price, len(self._candidates)))
        candidate.rewards.append(reward)
        if candidate.place is not None:
            del self._order[bisect_left(self._order, candidate.place)]
        elif not trained:  # what never trained can be no finalist; its rewards count once it has
            return
        candidate.place = (-self.mean(candidate.rewards), candidate.number, key)
        insort(self._order, candidate.place)

    def top(self) -> list[Hashable]:
        """Return the candidates that would be finalists now, the best first."""
        return [key for _, _, key in self._order[: self.places]]

    def dearest(self, out: Mapping[Hashable, int] | None = None) -> int:
        """Return the most that one training of each finalist can cost, however the proposals that are out end.

        A finished candidate's rank can only fall as others finish. So some of the proposals take places, the dearest
        at worst, and the best of the others keep the rest; a finished candidate that was proposed again may fall out of
        its place as well. Places without a candidate are kept at the price `empty`.

        Args:
            out: prices of the proposals that are not finished, by candidate.
        """
        out = out or {}
        entering = sorted(out.values(), reverse=True)[: self.places]
        staying = (self._candidates[key].price for _, _, key in self._order if key not in out)
        entered = list(accumulate(entering, initial=0))
        stayed = list(accumulate(islice(staying, self.places), initial=0))
        sums = []
        for new, price in enumerate(entered):
            old = min(self.places - new, len(stayed) - 1)
            sums.append(price + stayed[old] + (self.places - new - old) * self.empty)
        return max(sums)

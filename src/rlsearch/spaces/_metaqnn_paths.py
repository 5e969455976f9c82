"""All networks of a MetaQNN space at once, by dynamic programming over the places where a sequence can stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from statistics import fmean
from typing import TypeVar

from rlsearch.layer_costs import padding_of
from rlsearch.spaces._metaqnn_effects import effect
from rlsearch.spaces._metaqnn_rules import Place, Rules
from rlsearch.spaces.base import Actions

MOST_PLACES = 20_000
"""Places of the largest space with limits that is gone through: these tell places apart by what they have cost."""

MOST_DRAWN = 10_000
"""Draws in a row that bring no new network, after which a space that is not counted is taken to have no more."""

N = TypeVar("N", bound=Hashable)
T = TypeVar("T")
Rests = Sequence[tuple[int, T]]
"""The options of a place that are followed, each with the value of the place behind it."""


class TooManyError(Exception):
    """A space has too many places to be gone through."""


def fold(
    options: Callable[[N], Iterable[int]],
    after: Callable[[N, int], N],
    end: T,
    join: Callable[[N, Rests[T]], T],
    most: int | None = None,
) -> Callable[[N], T]:
    """Return a function of places: `end` where no option is followed, else what `join` makes of what follows.

    Raises:
        TooManyError: the function, when it has met `most` places.
    """
    known: dict[N, T] = {}

    def value(place: N) -> T:
        if place not in known:
            if most is not None and len(known) >= most:
                raise TooManyError
            rests = [(option, value(after(place, option))) for option in options(place)]
            known[place] = join(place, rests) if rests else end
        return known[place]

    return value


class Paths:
    """What is known of a space's sequences without writing them down."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def allowed(self, place: Place) -> list[int]:
        """Return the options that a place allows: none behind an end."""
        return [] if place.ended else [option for option, allowed in enumerate(self.rules.mask(place)) if allowed]

    def stand_ins(self, place: Place) -> dict[int, int]:
        """Return for each allowed option the first one that makes the same of the maps."""
        first: dict[tuple[object, ...], int] = {}
        return {option: first.setdefault(self._effect(place, option), option) for option in self.allowed(place)}

    def distinct(self, place: Place) -> list[int]:
        """Return the allowed options without those that make the same as an earlier one."""
        return sorted(set(self.stand_ins(place).values()))

    def canonical(self, options: Sequence[int]) -> tuple[int, ...]:
        """Return the first sequence, in lexicographic order, that is the same network."""
        pair, taken = (self.rules.start, self.rules.start), list[int]()
        for option in options:
            taken.append(self._stand_in(pair, option))
            pair = self._after(pair, option)
        return tuple(taken)

    @cached_property
    def _below(self) -> Callable[[Place], int]:
        """Number of sequences that go on from a place."""
        return self._fold(self.allowed, 1, _sum)

    @cached_property
    def size(self) -> int | None:
        """Number of sequences; None where limits make too many places."""
        return self._of_all(self._below)

    @cached_property
    def networks(self) -> int | None:
        """Number of different networks; None where limits make too many places."""
        return self._of_all(self._fold(self.distinct, 1, _sum))

    def encodings(self, wanted: Sequence[tuple[object, ...]]) -> int:
        """Return the number of sequences whose layers have these effects, one after the other."""
        ways = {self.rules.start: 1}
        for does in wanted:
            after = Counter[Place]()
            for place, count in ways.items():
                for option in self.allowed(place):
                    if self._effect(place, option) == does:
                        after[self.rules.taken(place, option)] += count
            ways = after
        return sum(count for place, count in ways.items() if place.ended)

    @cached_property
    def longest(self) -> int:
        """Decisions of the longest sequence, its end included."""
        deepest = self._fold(self.allowed, 0, lambda _, rests: 1 + max(length for _, length in rests))
        return self._of_all(deepest) or self.rules.settings.depth + 1

    def at(self, index: int) -> tuple[int, ...]:
        """Return the sequence at a position of the lexicographic order; for spaces of a known `size`."""
        place, taken = self.rules.start, list[int]()
        while not place.ended:
            for option in self.allowed(place):
                below = self._below(self.rules.taken(place, option))
                if index < below:
                    break
                index -= below
            place, taken = self.rules.taken(place, option), [*taken, option]
        return tuple(taken)

    def best(self, gain: Callable[[Place, int], float]) -> tuple[int, ...] | None:
        """Return the canonical sequence with the highest sum of gains; None where limits make too many places.

        Args:
            gain: of taking an option at a place.
        """

        def join(place: Place, rests: Rests[tuple[float, int]]) -> tuple[float, int]:
            # The first of equal ones.
            return max((gain(place, option) + rest, -option) for option, (rest, _) in rests)

        value = self._fold(self.distinct, (0.0, 0), join)
        if self._of_all(value) is None:
            return None
        return self.followed(lambda place: -value(place)[1])

    def mean(self, gain: Callable[[Place, int], float]) -> float | None:
        """Return the mean sum of gains of the canonical sequences of what is drawn uniformly, decision by decision.

        None where limits make too many places.
        """

        def join(pair: tuple[Place, Place], rests: Rests[float]) -> float:
            return fmean(gain(pair[1], self._stand_in(pair, option)) + rest for option, rest in rests)

        most = MOST_PLACES if self.rules.limited else None
        value = fold(lambda pair: self.allowed(pair[0]), self._after, 0.0, join, most)
        try:
            return value((self.rules.start, self.rules.start))
        except TooManyError:
            return None

    def followed(self, choose: Callable[[Place], int]) -> tuple[int, ...]:
        """Return the sequence of the options that are chosen, from the first place to an end."""
        place, taken = self.rules.start, list[int]()
        while not place.ended:
            option = choose(place)
            place, taken = self.rules.taken(place, option), [*taken, option]
        return tuple(taken)

    def _stand_in(self, pair: tuple[Place, Place], option: int) -> int:
        """Return the first option that does at a canonical place (the second) what an option does at the first."""
        wanted = self._effect(pair[0], option)
        return next(other for other in self.allowed(pair[1]) if self._effect(pair[1], other) == wanted)

    def _after(self, pair: tuple[Place, Place], option: int) -> tuple[Place, Place]:
        return self.rules.taken(pair[0], option), self.rules.taken(pair[1], self._stand_in(pair, option))

    def _effect(self, place: Place, option: int) -> tuple[object, ...]:
        layer, settings = self.rules.options[option], self.rules.settings
        pixels = 1 if place.fc else place.size
        return effect(layer, (pixels, pixels), padding_of(place.depth, layer, settings.first, settings.pools))

    def _fold(
        self, options: Callable[[Place], Iterable[int]], end: T, join: Callable[[Place, Rests[T]], T]
    ) -> Callable[[Place], T]:
        # Without limits there are few places, however large the space.
        return fold(options, self.rules.taken, end, join, MOST_PLACES if self.rules.limited else None)

    def _of_all(self, value: Callable[[Place], T]) -> T | None:
        try:
            return value(self.rules.start)
        except TooManyError:
            return None


def _sum(place: Place, rests: Rests[int]) -> int:
    return sum(count for _, count in rests)


def spread(
    paths: Paths,
    count: int,
    draw: Callable[[], Actions],
    canonical: Callable[[Actions], Actions],
) -> list[Actions]:
    """Return `count` different networks at equal distances in their order; fewer where there are no more.

    Args:
        draw: gives the networks in their place where sequences are not counted.
        canonical: equal for sequences that mean one network.
    """
    size, found = paths.size, dict[Actions, Actions]()
    for index in range(count):
        start = 0 if size is None else index * (size - 1) // max(count - 1, 1)
        # The same network in another spelling: the next one.
        for further in range(MOST_DRAWN if size is None else size):
            chosen = draw() if size is None else paths.at((start + further) % size)
            if canonical(chosen) not in found:
                found[canonical(chosen)] = chosen
                break
        else:
            break
    return list(found.values())

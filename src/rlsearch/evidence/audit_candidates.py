"""Candidates as a space audit sees them: with the decisions that they answer, and the network that they mean."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import product

import numpy as np

from rlsearch.spaces.base import Action, Actions, Choice, Continuous, Decision, Space, decisions, following

MOST_COUNTED = 100_000
"""Sequences of the largest space all of whose candidates are looked at."""
MOST_TRIED = 16
"""Values of a continuous decision that are tried in the place of one, where rounding keeps more apart."""


@dataclass(frozen=True)
class Candidate:
    """A complete sequence of actions, and the decisions that it answers."""

    actions: Actions
    asked: tuple[Decision, ...]

    @property
    def rarity(self) -> int:
        """One over the probability with which choices are drawn decision by decision; levels count as options."""
        return math.prod(map(options, self.asked))

    @property
    def probability(self) -> float:
        """How likely `Space.sample` draws it."""
        return math.prod(map(_share, self.asked, self.actions))

    def changed(self, place: int, action: Action) -> Actions:
        """Return the actions with another one at a place."""
        return (*self.actions[:place], action, *self.actions[place + 1 :])

    def others(self, place: int) -> list[Action]:
        """Return the actions that could stand at a place instead; of a continuous decision up to `MOST_TRIED`."""
        return [action for action in values(self.asked[place], MOST_TRIED) if action != self.actions[place]]


def values(decision: Decision, most: int | None = None) -> list[Action]:
    """Return the actions that a decision allows; of a continuous one its levels, at most `most` at equal distances."""
    if isinstance(decision, Choice):
        return list(decision.free)
    count, span = min(decision.levels, most or decision.levels), decision.high - decision.low
    return [decision.clip(decision.low + span * number / (count - 1)) for number in range(count)]


def options(decision: Decision) -> int:
    """Return how many actions a decision allows: options of a choice, values that rounding keeps apart of a range."""
    return sum(decision.mask) if isinstance(decision, Choice) else decision.levels


def everything(space: Space) -> list[Candidate] | None:
    """Return all candidates of a space in the order of `enumerate`; None where there are more than `MOST_COUNTED`."""
    if (space.nominal_size or 0) > MOST_COUNTED:
        return None
    if space.fixed:
        asked = drawn(space, np.random.default_rng(0)).asked  # whichever is drawn
        if math.prod(map(options, asked)) > MOST_COUNTED:
            return None
        return [Candidate(actions, asked) for actions in product(*map(values, asked))]
    found: list[Candidate] = []
    begun: list[tuple[Actions, tuple[Decision, ...]]] = [((), ())]
    while begun:
        prefix, asked = begun.pop()
        decision = following(space, prefix)
        if decision is None:
            found.append(Candidate(prefix, asked))
        elif options(decision) > MOST_COUNTED:
            return None
        else:
            begun += [((*prefix, action), (*asked, decision)) for action in reversed(values(decision))]
        if len(found) + len(begun) > MOST_COUNTED:  # each prefix that waits leads to a candidate of its own
            return None
    return found


def drawn(space: Space, rng: np.random.Generator) -> Candidate:
    """Draw one candidate uniformly, decision by decision."""
    actions = space.sample(rng)
    return Candidate(actions, tuple(decisions(space, actions)))


class Meaning:
    """Tells which network a sequence means, as far as the space tells: by its key.

    Where a space keeps equal networks apart (`Space.kept_apart`), by the canonical sequence.

    Args:
        whole: all candidates, where they are known: other sequences are then none of the space's.
    """

    def __init__(self, space: Space, whole: list[Candidate] | None) -> None:
        self._space = space
        self._canonical = bool(space.kept_apart) and space.has_equal_sequences
        self._known: dict[Actions, Hashable] = {}
        self._closed = False
        for candidate in whole or ():
            self(candidate.actions, valid=True)
        self._closed = whole is not None

    def __call__(self, actions: Actions, *, valid: bool = False) -> Hashable:
        """Return what stands for the network; None for a sequence that is no candidate.

        Args:
            valid: whether it is known to be one.
        """
        if actions not in self._known and not self._closed:
            self._known[actions] = self._asked(actions) if valid or self._allowed(actions) else None
        return self._known.get(actions)

    def _asked(self, actions: Actions) -> Hashable:
        return self._space.canonical(actions) if self._canonical else self._space.key(self._space.decode(actions))

    def _allowed(self, actions: Actions) -> bool:
        # Candidates of a fixed space answer the same questions, and nothing is forbidden.
        if self._space.fixed:
            return True
        try:
            decisions(self._space, actions)
        except ValueError:
            return False
        return True


def _share(decision: Decision, action: Action) -> float:
    if isinstance(decision, Choice):
        return 1 / options(decision)
    # Rounding gives both ends half the share of the values between them.
    end = isinstance(decision, Continuous) and action in (decision.low, decision.high)
    return (0.5 if end else 1.0) / (decision.levels - 1)

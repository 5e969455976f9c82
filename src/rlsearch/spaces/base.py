"""What can be chosen: a candidate is a short sequence of decisions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from rlsearch.errors import SettingsError
from rlsearch.files import digest
from rlsearch.plain import plain
from rlsearch.spaces._decisions import Action as Action
from rlsearch.spaces._decisions import Actions as Actions
from rlsearch.spaces._decisions import Choice as Choice
from rlsearch.spaces._decisions import Continuous as Continuous
from rlsearch.spaces._decisions import Decision as Decision
from rlsearch.spaces._decisions import allowed as allowed
from rlsearch.spaces._decisions import uniform as uniform

Spec = Mapping[str, Any]

LAST_TRIAL = 10**12
"""A trial that no search reaches: `space.at(LAST_TRIAL)` is the space at its last stage."""
MOST_DECISIONS = 10_000
"""Decisions of the longest candidate that anything follows."""


class Space(ABC):
    """A set of candidates, described decision by decision.

    An action is the value of a `Continuous` decision or the index of a `Choice`'s option.

    Attributes:
        fixed: whether all candidates (of one stage) answer the same questions, whatever the answers, and no option is
            ever forbidden. Many searches can then be simulated side by side.
        matchable: the baselines that `matched` can build after a found network.
        stepwise: whether candidates say how one network is trained, step by step (`spaces.closed_loop.Stepwise`).
        closed_loop: whether a child answers every decision, so that the next one can look at what the last one did
            (`spaces.closed_loop.ClosedLoop`). Agents of Gymnasium environments then learn a policy.
        networks: those whose options its specs name; empty: its specs are for any network.
        question: what a search of this space asks, in plain words, for the first screen of a report.
    """

    fixed: ClassVar[bool] = False
    stepwise: ClassVar[bool] = False
    closed_loop: ClassVar[bool] = False
    matchable: ClassVar[frozenset[str]] = frozenset()
    networks: ClassVar[tuple[str, ...]] = ()
    question: ClassVar[str] = "Which candidate of this space is best?"

    @abstractmethod
    def next(self, prefix: Actions) -> Decision | None:
        """Return the decision that follows `prefix`, or None when the candidate is complete."""

    @abstractmethod
    def decode(self, actions: Actions) -> Spec:
        """Return the JSON-able description of a complete candidate, which a task builds and trains."""

    def key(self, spec: Spec) -> str:
        """Return the canonical key: equal networks have equal keys, whatever path led to them."""
        return digest(plain(spec, "spec"))

    @property
    def nominal_size(self) -> int | None:
        """Number of distinct candidates, or None where there is no bound worth naming."""
        return None

    def baselines(self) -> Mapping[str, Spec]:
        """Return the fixed specs that a search has to beat, by name."""
        return {}

    @abstractmethod
    def spread(self, count: int) -> list[Actions]:
        """Return `count` fixed candidates that cover the space evenly (for controls and grids)."""

    @abstractmethod
    def planted(self, actions: Actions) -> float:
        """Return a known reward with one optimum, for power controls and conformance tests."""

    def at(self, trial: int) -> Space:
        """Return the space as it stands when trial `trial` (from 0) is proposed: some grow during a search."""
        return self

    def extent(self) -> tuple[int, int] | None:
        """Return (decisions of the longest candidate, options of the widest choice) at the last stage.

        None: whoever needs it walks through the space, which takes long where there are many candidates.
        """
        return None

    def enumerate(self) -> Iterator[Actions]:
        """Yield every candidate of a space of choices in lexicographic order; only for spaces that are small enough."""
        yield from _complete(self)

    def largest(self) -> Actions | None:
        """Return the candidate with the most of everything, or None where that means nothing."""
        return None

    def rule_of_thumb(self, rng: np.random.Generator) -> Actions | None:
        """Draw a candidate by the simplest rule known to predict the reward, or None where there is none."""
        return None

    def matched(self, name: str, spec: Spec, shape: tuple[int, ...] = (3, 32, 32), outputs: int = 10) -> Spec | None:
        """Return the baseline `name` built after a found spec, or None where there is no such baseline.

        Args:
            shape, outputs: of the data that the networks are for (`data.kinds.base.Form`).
        """
        return None

    def sample(self, rng: np.random.Generator) -> Actions:
        """Draw one candidate uniformly, decision by decision."""
        prefix: Actions = ()
        while (decision := following(self, prefix)) is not None:
            prefix = (*prefix, uniform(decision, rng))
        return prefix

    def describe(self, spec: Spec) -> str:
        """Return a short label of a candidate for tables and logs."""
        return self.key(spec)[:8]


def following(space: Space, prefix: Actions) -> Decision | None:
    """Return `space.next(prefix)` to whoever follows a candidate to its end.

    Raises:
        SettingsError: the space goes on after 10,000 decisions, or returns something else than a decision.
    """
    decision = space.next(prefix)
    if decision is not None and not isinstance(decision, Choice | Continuous):
        raise SettingsError(
            f"{type(space).__name__}.next({list(prefix)}) returned {decision!r}",
            allowed="a Choice, a Continuous, or None when the candidate is complete",
        )
    if decision is not None and len(prefix) >= MOST_DECISIONS:
        raise SettingsError(
            f"a candidate of {type(space).__name__} is not complete after {MOST_DECISIONS:,} decisions",
            where=f"decision {decision.name!r}",
            remedy="let next() return None at the end of every candidate",
        )
    return decision


def _complete(space: Space) -> Iterator[Actions]:
    open_prefixes: list[Actions] = [()]
    while open_prefixes:
        prefix = open_prefixes.pop()
        decision = following(space, prefix)
        if decision is None:
            yield prefix
            continue
        if isinstance(decision, Continuous):
            raise TypeError(f"decision {decision.name!r} is continuous: the space cannot be enumerated")
        allowed_options = np.flatnonzero(np.asarray(decision.mask)).tolist()
        open_prefixes += [(*prefix, option) for option in reversed(allowed_options)]


def planted_by_choice(space: Space, actions: Actions) -> float:
    """Return a reward with one optimum and mean 0 under uniform sampling, for spaces of choices.

    Decision t has one good option, (3 t + 1) mod n of its n; a good choice earns 1, and what chance would earn is
    taken off. The sum is divided by the number of decisions. For spaces whose masks allow every option.
    """
    taken = [decision for decision in decisions(space, actions) if isinstance(decision, Choice)]
    hits = [
        (action == planted_option(index, decision)) - 1 / len(decision.options)
        for index, (action, decision) in enumerate(zip(actions, taken, strict=True))
    ]
    return float(sum(hits) / len(hits))


def planted_option(index: int, decision: Choice) -> int:
    """Return the good option of the decision at a position under `planted_by_choice`."""
    return (3 * index + 1) % len(decision.options)


def decisions(space: Space, actions: Sequence[Action]) -> list[Decision]:
    """Return the decisions that a complete candidate answers.

    Raises:
        ValueError: the sequence is too short, too long, or takes a forbidden action.
    """
    taken: list[Decision] = []
    for index, action in enumerate(actions):
        decision = space.next(tuple(actions[:index]))
        if decision is None:
            raise ValueError(f"the candidate ends after {index} decisions, got {len(actions)} actions")
        if not allowed(decision, action):
            raise ValueError(f"action {action!r} is not allowed for decision {decision.name!r}")
        taken.append(decision)
    if space.next(tuple(actions)) is not None:
        raise ValueError(f"the candidate needs more than {len(actions)} actions")
    return taken

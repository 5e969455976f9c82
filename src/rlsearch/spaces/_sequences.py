"""Candidates as sequences of decisions: which follows which, which sequences there are, and which mean the same."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

import numpy as np

from rlsearch.errors import SettingsError
from rlsearch.files import digest
from rlsearch.plain import plain
from rlsearch.spaces._decisions import Action, Actions, Choice, Continuous, Decision, allowed, uniform

Spec = Mapping[str, Any]

MOST_DECISIONS, MOST_WALKED = 10_000, 20_000
"""No candidate is followed beyond this number of decisions; sequences of which the longest is looked for."""


class ContinuousError(TypeError):
    """A decision is continuous, so that there is no list of all sequences."""


class Sequences(ABC):
    """The part of a space that deals with sequences of actions; `spaces.base.Space` is the whole contract.

    Attributes:
        fixed: whether all candidates (of one stage) answer the same questions, whatever the answers, and no option is
            ever forbidden. Many searches can then be simulated side by side.
    """

    fixed: ClassVar[bool] = False

    @abstractmethod
    def next(self, prefix: Actions) -> Decision | None:
        """Return the decision that follows `prefix`, or None when the candidate is complete."""

    @abstractmethod
    def decode(self, actions: Actions) -> Spec:
        """Return the JSON-able description of a complete candidate, which a task builds and trains."""

    def literal(self, actions: Actions) -> Spec:
        """Return the spec of a candidate word for word, where `decode` returns one form for all that mean the same.

        Both have the same key. Nobody trains it: the space audit builds it, to see whether the two are one network.
        """
        return self.decode(actions)

    def key(self, spec: Spec) -> str:
        """Return the canonical key: equal networks have equal keys, whatever path led to them (see `kept_apart`)."""
        return digest(plain(spec, "spec"))

    def canonical(self, actions: Actions) -> Actions:
        """Return the sequence that stands for all that mean the same network: one of them, the same for each.

        By default no two sequences do.
        """
        return actions

    def state(self, prefix: Actions) -> Hashable:
        """Return what a table of values may treat as equal: prefixes of one state are told apart no further.

        By default the prefix itself, so that every prefix has a value of its own. Two prefixes of one state may allow
        different options.
        """
        return prefix

    @property
    def has_equal_sequences(self) -> bool:
        """Tell whether several sequences may mean one network."""
        return type(self).canonical is not Sequences.canonical

    @property
    def kept_apart(self) -> str:
        """Why sequences that mean one network have keys of their own ("the source's encoding"); "": they share one."""
        return ""

    def extent(self) -> tuple[int, int] | None:
        """Return (decisions of the longest candidate, options of the widest choice) at the last stage.

        None: code that needs it walks through the space, which takes long where there are many candidates.
        """
        return None

    @cached_property
    def longest(self) -> int:
        """Number of decisions of the longest candidate, as far as `extent` or the first 20,000 sequences tell."""
        if self.fixed:
            return len(self.sample(np.random.default_rng(0)))  # whichever is drawn
        extent = self.extent()
        return max(map(len, islice(self.enumerate(), MOST_WALKED))) if extent is None else extent[0]

    @property
    def nominal_size(self) -> int | None:
        """Number of sequences of decisions, or None where there is no bound worth naming."""
        return None

    def enumerate(self) -> Iterator[Actions]:
        """Yield every sequence of a space of choices in lexicographic order; only for spaces that are small enough.

        Raises:
            ContinuousError: a decision is continuous.
        """
        open_prefixes: list[Actions] = [()]
        while open_prefixes:
            prefix = open_prefixes.pop()
            decision = following(self, prefix)
            if decision is None:
                yield prefix
                continue
            if isinstance(decision, Continuous):
                raise ContinuousError(f"decision {decision.name!r} is continuous: the space cannot be enumerated")
            allowed_options = np.flatnonzero(np.asarray(decision.mask)).tolist()
            open_prefixes += [(*prefix, option) for option in reversed(allowed_options)]

    def sample(self, rng: np.random.Generator) -> Actions:
        """Draw one candidate uniformly, decision by decision."""
        prefix: Actions = ()
        while (decision := following(self, prefix)) is not None:
            prefix = (*prefix, uniform(decision, rng))
        return prefix


def following(space: Sequences, prefix: Actions) -> Decision | None:
    """Return `space.next(prefix)`, for code that follows a candidate to its end.

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


def decisions(space: Sequences, actions: Sequence[Action]) -> list[Decision]:
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

"""The words of a space of choices: one token for every option of every kind of decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rlsearch import seeds
from rlsearch.spaces.base import LAST_TRIAL, Actions, Choice, Decision, Space, following, uniform

SAMPLES = 64


class Words(Protocol):
    """Which outputs of a policy mean the options of a decision."""

    @property
    def size(self) -> int:
        """Number of outputs."""
        ...

    @property
    def anchors(self) -> bool:
        """Whether some decision asks what feeds what, which is answered in a way of its own."""
        ...

    def begin(self, decision: Choice) -> int:
        """Return the output of a decision's option 0."""
        ...


@dataclass(frozen=True)
class Vocabulary:
    """Where the tokens of each kind begin, and how many there are; `anchors`: some decision asks what feeds what.

    Decisions of one kind share tokens, and so the weights of a policy: "filters 48" means the same in every layer.
    """

    first: dict[str, int]
    sizes: dict[str, int]
    anchors: bool

    @property
    def size(self) -> int:
        """Number of tokens."""
        return sum(self.sizes.values())

    def begin(self, decision: Choice) -> int:
        """Return the token of a decision's option 0.

        Raises:
            ValueError: a kind of decision that no sampled candidate held.
        """
        kind = kind_of(decision)
        if kind not in self.first or len(decision.options) > self.sizes[kind]:
            raise ValueError(f"decision {decision.name!r} is of a kind that exploring the space did not show")
        return self.first[kind]


@dataclass(frozen=True)
class OneHead:
    """The outputs of a policy that answers all decisions by one softmax: option i of any of them is output i."""

    size: int
    anchors: bool = False

    def begin(self, decision: Choice) -> int:
        """Return the output of a decision's option 0.

        Raises:
            ValueError: a decision of more options than a sampled candidate, or the space's `extent`, has shown.
        """
        if len(decision.options) > self.size:
            raise ValueError(
                f"decision {decision.name!r} has {len(decision.options)} options, more than the {self.size} that "
                "exploring the space did show: let the space say how many there are (`extent`)"
            )
        return 0


def one_head(space: Space) -> OneHead:
    """Return as many outputs as the widest choice of a space has options at its last stage."""
    extent = space.at(LAST_TRIAL).extent()
    return OneHead(max(vocabulary(space).sizes.values()) if extent is None else extent[1])


def kind_of(decision: Choice) -> str:
    """Return the kind of a decision; its name where it has no kind."""
    return decision.kind or decision.name


def vocabulary(space: Space) -> Vocabulary:
    """Explore a space at its last stage and return its tokens: the first candidate and 64 drawn by name.

    Raises:
        TypeError: a decision is continuous.
    """
    last, sizes, anchors = space.at(LAST_TRIAL), dict[str, int](), False
    rng = seeds.generator("vocabulary")
    # In a `fixed` space one candidate shows every kind of decision.
    for number in range(1 if last.fixed else 1 + SAMPLES):
        for decision in walk(last, rng if number else None):
            sizes[kind_of(decision)] = max(sizes.get(kind_of(decision), 0), len(decision.options))
            anchors = anchors or decision.source is not None
    starts = np.cumsum([0, *sizes.values()]).tolist()
    return Vocabulary(dict(zip(sizes, starts, strict=False)), sizes, anchors)


def walk(space: Space, rng: np.random.Generator | None = None) -> list[Choice]:
    """Return the decisions of one candidate: of one that is drawn, or without `rng` of the first."""
    choices: list[Choice] = []
    prefix: Actions = ()
    while (decision := following(space, prefix)) is not None:
        choices.append(choice(decision))
        prefix = (*prefix, choices[-1].mask.index(True) if rng is None else uniform(decision, rng))
    return choices


def choice(decision: Decision) -> Choice:
    """Return the decision if it is a choice.

    Raises:
        TypeError: it is continuous.
    """
    if not isinstance(decision, Choice):
        raise TypeError(f"a controller chooses among options; {decision.name!r} is continuous")
    return decision

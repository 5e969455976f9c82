"""The decisions that make a candidate: a number from a range, or one of several options."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rlsearch.errors import SettingsError
from rlsearch.plain import finite, whole
from rlsearch.spaces._rounding import range_fault

Action = float | int
Actions = tuple[Action, ...]


@dataclass(frozen=True)
class Continuous:
    """A real decision in [low, high], rounded to `digits` decimal places wherever it is used.

    Raises:
        SettingsError: an end of the range is not such a value itself, or the range holds no two values.
    """

    name: str
    low: float
    high: float
    digits: int

    def __post_init__(self) -> None:
        low, high = finite(self.low), finite(self.high)
        if low is None or high is None:
            raise SettingsError(
                f"the range of {self.name!r} is {self.low!r} to {self.high!r}", allowed="finite numbers"
            )
        # As Python's numbers: those of NumPy would reach the journal by way of `clip`.
        for name, value in (("low", low), ("high", high), ("digits", whole(self.digits, f"{self.name}.digits"))):
            object.__setattr__(self, name, value)
        if fault := range_fault(low, high, self.digits):
            raise SettingsError(f"the range of {self.name!r} cannot be used: {fault}")

    @property
    def levels(self) -> int:
        """Number of values that rounding keeps apart."""
        # `round`, since the difference of two decimals is seldom whole in binary.
        return round((self.high - self.low) * 10.0**self.digits) + 1

    def clip(self, value: float) -> float:
        """Return the value inside the range, rounded: the action that is recorded and trained."""
        # + 0.0 makes 0.0 of -0.0, which is equal but prints, and so is hashed, as another number.
        return round(float(min(max(value, self.low), self.high)), self.digits) + 0.0


@dataclass(frozen=True)
class Choice:
    """A categorical decision among `options`; `mask[i]` False forbids option i in the present state.

    Attributes:
        kind: decisions of one kind mean the same wherever they stand, so a policy may share their weights; "" = the
            name is the kind.
        place: the part of the candidate (layer, node) that the decision shapes.
        source: for the question "is `place` fed by the part `source`?": that earlier part, else None.
        groups: what each option is ("conv", "pool", ...), for figures of what is chosen by group; () = no groups.

    Raises:
        SettingsError: a mask of another length, or one that allows nothing; groups for fewer or more options.
    """

    name: str
    options: tuple[Any, ...]
    mask: tuple[bool, ...]
    kind: str = ""
    place: int = 0
    source: int | None = None
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.mask, tuple):  # an array: it has no one truth value, and JSON does not hold it
            object.__setattr__(self, "mask", tuple(map(bool, self.mask)))
        if len(self.mask) != len(self.options) or not any(self.mask):
            raise SettingsError(
                f"decision {self.name!r} has {len(self.options)} options and the mask {list(self.mask)}",
                allowed="true or false for each option, and true at least once",
            )
        if self.groups and len(self.groups) != len(self.options):
            raise SettingsError(
                f"decision {self.name!r} has {len(self.options)} options and the groups {list(self.groups)}",
                allowed="one group for each option, or none",
            )

    @cached_property
    def free(self) -> tuple[int, ...]:
        """The options that the mask allows; kept, since fixed spaces ask the same decision for every candidate."""
        return tuple(option for option, possible in enumerate(self.mask) if possible)

    @property
    def words(self) -> tuple[str, ...]:
        """The options as texts: a number says nothing alone, other options have names.

        >>> Choice("kernel 1", (1, 3), (True, True), kind="kernel").words
        ('kernel 1', 'kernel 3')
        """
        kind = self.kind or self.name
        return tuple(f"{kind} {option}" if isinstance(option, int | float) else str(option) for option in self.options)


Decision = Continuous | Choice


def uniform(decision: Decision, rng: np.random.Generator) -> Action:
    """Draw one allowed action of a decision uniformly."""
    if isinstance(decision, Continuous):
        # Rounding gives both ends half the share of the values between them.
        return decision.clip(rng.uniform(decision.low, decision.high))
    # The number that `rng.choice` would draw, in a fifth of its time: an array is not worth making for a dozen options.
    return decision.free[rng.integers(len(decision.free))]


def allowed(decision: Decision, action: Action) -> bool:
    """Tell whether an action can be taken."""
    if isinstance(decision, Continuous):
        return decision.low <= action <= decision.high
    return isinstance(action, int) and 0 <= action < len(decision.options) and decision.mask[action]

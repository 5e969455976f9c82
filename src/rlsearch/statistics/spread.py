"""How much a claim's effect varies, from which its precision with another number of seeds can be predicted."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import variance

Parts = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Spread:
    """Variances of an effect: those that fall with the number of seeds, and those that do not.

    Attributes:
        each: variance of one value in each arm, or of one difference where values are pairs.
        fixed: (variance, degrees of freedom) of what more seeds do not lower: judges and null runs, whose number stays.
    """

    each: tuple[float, ...]
    fixed: Parts = ()

    @classmethod
    def of(cls, *arms: Sequence[float], fixed: Parts = ()) -> Spread | None:
        """Return the spread of arms of at least two values each; None where nothing varies or there are fewer."""
        if any(len(arm) < 2 for arm in arms):
            return None
        spread = cls(tuple(variance(arm) for arm in arms), fixed)
        return spread if spread.error(2) > 0 else None

    @classmethod
    def between(cls, first: Sequence[float], second: Sequence[float], fixed: Parts = ()) -> Spread | None:
        """Return the spread of a difference of means; a second arm of another size does not grow with the seeds."""
        if len(first) == len(second) or len(second) < 2:
            return cls.of(first, second, fixed=fixed)
        return cls.of(first, fixed=((variance(second) / len(second), len(second) - 1.0), *fixed))

    def to_text(self) -> str:
        """Return it as it stands in a cell of a table.

        >>> Spread.from_text(Spread((0.25, 1.0), ((0.5, 3.0),)).to_text())
        Spread(each=(0.25, 1.0), fixed=((0.5, 3.0),))
        """
        return json.dumps({"each": self.each, "fixed": self.fixed})

    @classmethod
    def from_text(cls, text: str) -> Spread:
        """Return what `to_text` wrote."""
        stored = json.loads(text)
        return cls(tuple(stored["each"]), tuple((variance, df) for variance, df in stored["fixed"]))

    def error(self, seeds: int) -> float:
        """Return the standard error of the effect with so many seeds in each arm."""
        return math.sqrt(sum(self.each) / seeds + sum(part for part, _ in self.fixed))

    def df(self, seeds: int) -> float:
        """Return the degrees of freedom of that error (Satterthwaite 1946; Welch 1947); 0 where there are none."""
        parts = [(variance_of_one / seeds, seeds - 1.0) for variance_of_one in self.each] + list(self.fixed)
        below = sum(part**2 / df for part, df in parts if part > 0 and df > 0)
        return sum(part for part, _ in parts) ** 2 / below if seeds > 1 and below > 0 else 0.0

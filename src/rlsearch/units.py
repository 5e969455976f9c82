"""The units in which differences are given: of a measure, of a decision, of a ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", float, NDArray[np.float64])


def counted(number: int, noun: str) -> str:
    """Return a number of things in words.

    >>> counted(1, "fresh seed"), counted(2, "search"), counted(0, "trial")
    ('1 fresh seed', '2 searches', '0 trials')
    """
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}{'es' if noun.endswith(('ch', 's', 'x')) else 's'}"


@dataclass(frozen=True)
class Unit:
    """A scale of differences. Differences are of merits: values of which more is better.

    Attributes:
        name: as artefacts have it: the name of a measure, "log ratio" or the name of a decision.
    """

    name: str

    @property
    def noted(self) -> str:
        """The unit as the head of a column or the label of an axis."""
        return self.name

    def scaled(self, difference: Value) -> Value:
        """Return a difference of merits in its unit."""
        return difference

    def number(self, difference: float, *, sign: bool = True) -> str:
        """Return a difference of merits in its unit, as a number without it; an infinite one is "no bound"."""
        return "no bound" if math.isinf(difference) else self._rounded(difference, sign)

    def amount(self, difference: float, *, sign: bool = True) -> str:
        """Return a difference of merits with its unit.

        >>> Unit("scale").amount(0.116), Unit("scale").amount(math.inf)
        ('+0.116 (scale)', 'no bound')
        """
        number = self.number(difference, sign=sign)
        return number if math.isinf(difference) else self._named(number)

    def _rounded(self, difference: float, sign: bool) -> str:
        return rounded(self.scaled(difference), 3, sign)

    def _named(self, number: str) -> str:
        return f"{number} ({self.name})"

    def size(self, difference: float) -> str:
        """Return how large a difference is, whatever its sign."""
        return self.amount(abs(difference), sign=False)

    def told(self, difference: float) -> str:
        """Return size and direction in a few words."""
        return self.amount(difference)

    def span(self, low: float, high: float) -> str:
        """Return both ends of an interval, with the unit at its end.

        >>> Unit("scale").span(-0.246, -0.025)
        '-0.246 to -0.025 (scale)'
        """
        return f"{self.number(low)} to {self.amount(high)}"

    def show_merit(self, merit: float) -> str:
        """Return the level that has this merit; a spread, which counts as negative, without its sign."""
        return f"{abs(merit):.3f}"


class LogRatio(Unit):
    """The natural logarithm of a ratio, given as the ratio: by how many times the first of two is smaller."""

    def size(self, difference: float) -> str:
        """Return the ratio of the larger to the smaller.

        >>> LOG_RATIO.size(-math.log(2))
        'a factor of 2'
        """
        return f"a factor of {math.exp(abs(difference)):.3g}"

    def told(self, difference: float) -> str:
        """Return whether the first is less or more, and by which factor."""
        return f"{'less' if difference > 0 else 'more'} by {self.size(difference)}"


def rounded(value: float, digits: int, sign: bool) -> str:
    """Return a number with `digits` decimals, with a sign before it, and with no minus before a zero."""
    # -0.0 + 0.0 is 0.0.
    return f"{round(value, digits) + 0.0:{'+' if sign else ''}.{digits}f}"


LOG_RATIO = LogRatio("log ratio")

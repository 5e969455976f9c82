"""Comparisons at a boundary, where one digit of rounding must not decide.

1.25 - 1.15 is 0.10000000000000009 and 0.07 * 100 is 7.000000000000001: whether such a number passes a `<=`, or what it
is rounded up to, is an accident. Values that differ by less than 1e-9 of their size count as equal here.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

SLACK = 1e-9
"""Share of the limit by which a value may pass it: far above rounding (1e-16), far below anything measured."""

Value = TypeVar("Value", float, NDArray[np.float64])


def at_most(value: float, limit: float) -> bool:
    """Tell whether a value is at most a limit, to within rounding.

    >>> 1.25 - 1.15 <= 0.1, at_most(1.25 - 1.15, 0.1), at_most(0.11, 0.1)
    (False, True, False)
    """
    return value <= limit + SLACK * abs(limit)


def just_above(limit: Value) -> Value:
    """Return a limit with its slack, for array code that counts the values up to it."""
    return limit + SLACK * abs(limit)


def share_of(share: float, count: int) -> Fraction:
    """Return a share of a whole number as the decimal that the settings have, without binary rounding.

    >>> share_of(0.07, 100) == 7, 0.07 * 100 == 7
    (True, False)
    """
    # repr is the shortest decimal that reads back as this float, hence the one in the file.
    return Fraction(repr(float(share))) * count


def rounded_up(share: float, count: int) -> int:
    """Return a share of a whole number, rounded up to whole things.

    >>> rounded_up(0.07, 100), math.ceil(0.07 * 100), rounded_up(0.2, 1797)
    (7, 8, 360)
    """
    return math.ceil(share_of(share, count))

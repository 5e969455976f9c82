"""Differences as people read them: a sign, a number and its unit."""

from __future__ import annotations

import math

from rlsearch.statistics.intervals import Interval


def amount(value: float, unit: str, *, sign: bool = True) -> str:
    """Return a difference with its unit: accuracies in percentage points, all else as it is.

    >>> amount(-0.0136, "accuracy"), amount(0.116, "scale"), amount(0.005, "accuracy", sign=False)
    ('-1.36 points', '+0.116 (scale)', '0.50 points')
    """
    if math.isinf(value):
        return "no bound"
    return f"{number(value, unit, sign)} points" if unit == "accuracy" else f"{number(value, unit, sign)} ({unit})"


def span(interval: Interval, unit: str) -> str:
    """Return both ends of an interval, with the unit at its end.

    >>> span(Interval(-0.0246, -0.0025, 0.95), "accuracy")
    '-2.46 to -0.25 points'
    """
    low = "no bound" if math.isinf(interval.low) else number(interval.low, unit, True)
    return f"{low} to {amount(interval.high, unit)}"


def number(value: float, unit: str, sign: bool) -> str:
    """Return a difference without its unit: accuracies in percentage points."""
    scaled, digits = (100 * value, 2) if unit == "accuracy" else (value, 3)
    return f"{round(scaled, digits) + 0.0:{'+' if sign else ''}.{digits}f}"  # + 0.0: no minus before a zero

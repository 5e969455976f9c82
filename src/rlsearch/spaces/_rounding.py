"""Ranges whose values are rounded: both ends must be values that rounding keeps."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

MOST_DIGITS = 6
"""Decimals to which a setting may ask a continuous value to be rounded."""


def range_fault(low: float, high: float, digits: int) -> str | None:
    """Return what is wrong with a range of rounded values; None where rounding stays inside it.

    >>> range_fault(0.304, 1.7, 2)
    'low 0.304 is not a value of 2 decimals: give 0.3, 0.31, or 3 digits'
    """
    if not low < high:
        return f"low {low} must be below high {high}: one value leaves nothing to choose"
    for name, end in (("low", float(low)), ("high", float(high))):
        # Exact: a decimal of that many places is read as the same double again.
        if round(end, digits) != end:
            return f"{name} {end} is not a value of {digits} decimals: give {_instead(end, digits)}"
    return None


def _instead(end: float, digits: int) -> str:
    """Return the nearest values that rounding keeps (but for 0, which few ranges take), and the digits it takes."""
    # `repr` gives the shortest decimal that is read as this double: what the settings said.
    exact, unit = Decimal(repr(end)), Decimal(1).scaleb(-digits)
    near = [float(exact.quantize(unit, rounding)) for rounding in (ROUND_FLOOR, ROUND_CEILING)]
    needed = -int(exact.as_tuple().exponent)
    more = [f"or {needed} digits"] if needed <= MOST_DIGITS else []
    return ", ".join([*(str(value) for value in near if value), *more])

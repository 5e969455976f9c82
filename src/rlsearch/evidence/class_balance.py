"""On a test set with equally many images of each class, macro recall is the accuracy: a check of printed numbers.

Recall of a class is its share of hits; the mean of these shares over classes of equal size is the share of hits over
all images. Rounding aside, a row in which the two differ cannot come from one confusion matrix of such a test set.
"""

from __future__ import annotations

DIGITS = 4
"""Decimals to which numbers are printed; each may be off by half a unit of the last."""


def breaks(hits: float | None, recall: float | None, digits: int | None = DIGITS) -> bool:
    """Tell whether share of hits and macro recall (0 to 1) differ by more than rounding explains; None is not rounded.

    >>> breaks(0.8261, 0.8444), breaks(0.8532, 0.8532), breaks(0.8115, 0.8114)
    (True, False, False)
    """
    if hits is None or recall is None:
        return False
    # Two numbers, each off by half a unit of its last digit: together one unit.
    rounding = 0.0 if digits is None else 10.0**-digits
    return abs(hits - recall) > rounding + 1e-9

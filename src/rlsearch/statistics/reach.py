"""What a test can reach with so many values: which one decides, and the smallest p that it can give."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from math import comb

from rlsearch.boundary import at_most

SIGN_FLIP_PAIRS = 8
"""From so many pairs on, differences are tested by flipping their signs; fewer have too few flips: a t test decides."""
FEWEST = 5
"""Fewer trainings or pairs than this give a t test too few degrees of freedom to be worth having."""


def smallest_p(n: int, m: int) -> float:
    """Return the smallest two-sided p that an exact unpaired permutation test of n against m values can reach.

    All C(n + m, n) ways to divide the values are equally likely under the null hypothesis (Ernst 2004, Statistical
    Science 19(4), section 2). Complete separation is one of them, and a two-sided test doubles it: 0.10 for 3 against
    3.

    >>> round(smallest_p(5, 5), 4)
    0.0079
    """
    return min(1.0, 2 / comb(n + m, n))


def smallest_paired_p(n: int) -> float:
    """Return the smallest two-sided p that an exact sign-flip test of n pairs can reach: 2 of its 2^n flips.

    >>> smallest_paired_p(6)
    0.03125
    """
    return min(1.0, 2.0 ** (1 - n))


def samples_decide(n: int, level: float) -> bool:
    """Tell whether the permutation test of n against n values can reach this level."""
    return at_most(smallest_p(n, n), level)


def pairs_decide(n: int, level: float) -> bool:
    """Tell whether n pairs can: by their flips or, where these are too few, by a t test, which has no smallest p."""
    return at_most(smallest_paired_p(n), level) if n >= SIGN_FLIP_PAIRS else n >= FEWEST


def fewest(now: int, decide: Callable[[int], bool]) -> int:
    """Return the fewest seeds from `now` on that can decide.

    >>> fewest(8, lambda n: pairs_decide(n, 0.05 / 7)), fewest(3, lambda n: samples_decide(n, 0.05))
    (9, 4)
    """
    return next(n for n in count(now) if decide(n))

"""Holm's levels: how strictly each of several claims is tested."""

from __future__ import annotations

from collections.abc import Sequence

from rlsearch.boundary import at_most


def holm(p_values: Sequence[float | None], alpha: float) -> list[float]:
    """Return for each claim the level at which it is decided (Holm 1979, Scandinavian Journal of Statistics 6).

    The i-th smallest p of m is compared with alpha / (m - i + 1). Once one is above, it and all later ones keep the
    level at which it failed. A claim without a p counts as p = 1: an unfinished run does not shrink the family.
    """
    # Equal p values keep the order of the claims.
    ordered = sorted(range(len(p_values)), key=lambda i: (_or_one(p_values[i]), i))
    levels, failed = [alpha] * len(p_values), False
    level = alpha / max(1, len(p_values))
    for place, index in enumerate(ordered):
        if not failed:
            level = alpha / (len(p_values) - place)
            failed = not at_most(_or_one(p_values[index]), level)
        levels[index] = level
    return levels


def _or_one(p: float | None) -> float:
    return 1.0 if p is None else p

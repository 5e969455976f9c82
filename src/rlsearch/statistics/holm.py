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
    known = [1.0 if p is None else p for p in p_values]
    levels = [alpha] * len(known)
    failed: float | None = None
    for place, index in enumerate(sorted(range(len(known)), key=known.__getitem__)):
        levels[index] = failed or alpha / (len(known) - place)
        if not at_most(known[index], levels[index]):
            failed = levels[index]
    return levels

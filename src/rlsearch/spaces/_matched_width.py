"""The width at which a network has as many parameters as another one."""

from __future__ import annotations

from collections.abc import Callable


def nearest_width(size: Callable[[int], int], wanted: int) -> int:
    """Return the width (at least 1) whose size comes nearest to the wanted one; of two equally near, the smaller.

    Args:
        size: parameters at a width, which rise with it, or are the same at all widths.
    """
    above = 1
    # Bisection: `below` is too narrow (0 at first), `above` is wide enough.
    while size(above) < wanted:
        if size(2 * above) == size(above):  # no layer has a width
            return 1
        above *= 2
    below = above // 2
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if size(middle) < wanted else (below, middle)
    return below if below and wanted - size(below) <= size(above) - wanted else above

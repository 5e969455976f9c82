"""Marks for the stages of a search that explores less and less: where epsilon changes, and what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from rlsearch.report.plotting import style

POINTS = 3.9
"""Width of a letter of a label, in points: of three, one is a point, which is narrow."""


def mark(axes: Axes, epsilons: Sequence[float], starts: NDArray[np.float64], inches: float, end: float) -> None:
    """Draw a hair line where a stage begins and write its epsilon above the panel, as far as there is room.

    Args:
        starts: trial at which each begins, then the one after the last. inches: width of the panel, about.
        end: trial at which the axis ends, which panels may share.
    """
    axes.set_xlim(starts[0] - 0.5, end - 0.5)
    points = 72 * inches / max(end - starts[0], 1)
    free = -1e9
    for epsilon, start, stop in zip(epsilons, starts, starts[1:], strict=False):
        if start > starts[0]:
            axes.axvline(start - 0.5, color=style.RULE, linewidth=0.8, zorder=0)
        text, middle = f"{epsilon:g}", (start + stop) / 2 - 0.5
        half = POINTS * len(text) / 2
        if points * middle - half < free:
            continue
        free = points * middle + half + 1
        place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "xytext": (0, 2), "textcoords": "offset points"}
        axes.annotate(text, (middle, 1.0), ha="center", va="bottom", color=style.MUTED, fontsize=7, **place)

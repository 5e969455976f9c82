"""The look that all figures share: sizes, fonts, and colours that a colour-blind reader can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, MUTED, RULE, PAPER = "#1c2126", "#5d666f", "#d5d9dd", "#fefefd"
"""Text, secondary marks, hair lines, background: the page replaces these four by its own colours, light or dark."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's palette (2008) without black and yellow, which vanish on one of the two backgrounds."""

MARKERS = ("o", "s", "^", "D", "v", "P")

RC: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "figure.labelsize": 9.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": PAPER,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    # A label is text, never a formula: a "$" in a user's class name must not start TeX.
    "text.parse_math": False,
    "axes.formatter.use_mathtext": False,
    "axes.unicode_minus": True,
    "svg.fonttype": "none",
}


@dataclass(frozen=True)
class Layout:
    """One width at which a figure is drawn: `width` in inches, `columns` the most panels in a row."""

    name: str
    width: float
    columns: int


WIDE = Layout("wide", 9.0, 4)
NARROW = Layout("narrow", 4.0, 2)


def panels(
    layout: Layout,
    count: int,
    *,
    height: float,
    columns: int | None = None,
    rows_each: int = 1,
    **options: Any,
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure of `count` panels (each a stack of `rows_each` axes) and, for each panel, its axes.

    Args:
        layout: the width; panels wrap after `layout.columns`, or after `columns` where that is fewer.
        count: number of panels; cells left over stay empty.
        height: inches of one axes.
        columns: the most panels in a row on any layout.
        rows_each: axes above one another in one panel.
        options: passed on to `Figure.subplots`, e.g. sharey="row".
    """
    across = max(1, min(count, layout.columns, columns or layout.columns))
    down = -(-count // across)
    figure = Figure(figsize=(layout.width, height * down * rows_each + 0.35), layout="constrained")
    grid = figure.subplots(down * rows_each, across, squeeze=False, **options)
    for index in range(count, down * across):
        for row in range(rows_each):
            grid[(index // across) * rows_each + row][index % across].set_axis_off()
    cells = [(index // across, index % across) for index in range(count)]
    return figure, [[grid[down_ * rows_each + row][across_] for row in range(rows_each)] for down_, across_ in cells]


def colour(index: int) -> str:
    """Return the colour of the i-th series of a study; the same series has the same colour in every figure."""
    return COLOURS[index % len(COLOURS)]


def marker(index: int) -> str:
    """Return the marker that doubles the colour, for readers who see few of them."""
    return MARKERS[index % len(MARKERS)]


def integer_ticks(axes: Axes, axis: str = "x", count: int = 5) -> None:
    """Put ticks at whole numbers only: trials and epochs have no halves."""
    axes.locator_params(axis=axis, nbins=count, integer=True)


def reference(axes: Axes, values: Sequence[tuple[str, float]], *, vertical: bool = True) -> None:
    """Draw named reference values as dashed lines, labelled at the upper end."""
    for number, (name, value) in enumerate(values):
        style: dict[str, Any] = {"color": MUTED, "linewidth": 1.0, "linestyle": ("--", ":", "-.")[number % 3]}
        if vertical:
            axes.axvline(value, **style)
            axes.annotate(
                name, (value, 1.0), xycoords=("data", "axes fraction"), xytext=(3, -2), textcoords="offset points",
                rotation=90, va="top", ha="left", color=MUTED, fontsize=7.5,
            )  # fmt: skip
        else:
            axes.axhline(value, **style)

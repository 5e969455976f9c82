"""The look that all figures share: sizes, fonts, and colours that a colour-blind reader can tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray

from rlsearch.report.places import AGAIN, HUES

INK, MUTED, RULE, PAPER = "#1c2126", "#5d666f", "#d5d9dd", "#fefefd"
"""Text, secondary marks, hair lines, background: the page replaces these four by its own colours, light or dark."""

COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7b5fc0", "#8a6a3b",
    "#6b747d", "#98a1a9", "#6b747d", "#98a1a9",
)  # fmt: skip
"""Eight hues: Okabe and Ito's palette (2008) without black and yellow, which vanish on one of the two backgrounds, a
violet and a brown. Then greys, for agents that ignore rewards. Files of figures have these; the page has its own
values, `--series-N` in templates/style.css: the same on a light page and on paper, lighter ones on a dark page."""

MARKERS: tuple[Any, ...] = (
    "o", "s", "^", "D", "v", "P", "X", "<", ">", "h", "*", "d",
    "p", "8", *((points, 1, 0) for points in (3, 4, 6, 8)), (3, 1, 180), (4, 1, 45),
)  # fmt: skip
"""A filled shape for each place of `places`; (points, 1, degrees) is a star."""
WIDE_RANGE = 500
"""From this ratio on, labels at every 1, 2 and 5 of a log axis would run into each other."""
LINES: tuple[Any, ...] = (
    *["-"] * HUES, (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1.5, 1.5)), (0, (9, 2)),
    *[(0, (6, 1.5, 1.5, 1.5))] * HUES,
)  # fmt: skip
"""A line style for each place: dashes tell the greys apart, and hues from the same hues once more."""

RC: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    # On the panel's edge: looking for ticks and offsets to avoid takes a tenth of all drawing (drawing.lay_out).
    "axes.titley": 1.0,
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
    # Figures name their layout; a user's matplotlibrc adds none.
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
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
    # Text stays text: the page's reader can search it, and files are much smaller than with outlines.
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
    layout: Layout, count: int, *, height: float, columns: int | None = None, **options: Any
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its `count` panels.

    Args:
        layout: the width, and after how many panels they wrap.
        count: number of panels; cells left over stay empty.
        height: inches of one panel.
        columns: the most panels in a row, in place of the layout's.
        options: passed on to `Figure.subplots`, e.g. sharey=True.
    """
    across = max(1, min(count, columns or layout.columns))
    # Rounded up.
    down = -(-count // across)
    figure = Figure(figsize=(layout.width, height * down + 0.35), layout="constrained")
    cells: list[Axes] = list(figure.subplots(down, across, squeeze=False, **options).flat)
    for index in range(count, down * across):
        cells[index].set_axis_off()
        # With shared axes only the last row has tick labels, and here that row has a gap.
        cells[index - across].tick_params(labelbottom=True)
    return figure, cells[:count]


def colour(index: int) -> str:
    """Return the colour of a place in the palette; an agent has the same place in every figure and study."""
    index %= AGAIN.stop
    return COLOURS[index - AGAIN.start if index in AGAIN else index]


def marker(index: int) -> Any:
    """Return the marker that doubles the colour, for readers who see few of them."""
    return MARKERS[index % len(MARKERS)]


def line(index: int) -> Any:
    """Return the line style that goes with the colour."""
    return LINES[index % len(LINES)]


def integer_ticks(axes: Axes, axis: Literal["x", "y"] = "x", count: int = 5) -> None:
    """Put ticks at whole numbers only: trials and epochs have no halves."""
    axes.locator_params(axis=axis, nbins=count, integer=True)


def reference(axes: Axes, values: Sequence[tuple[str, float]], *, vertical: bool = True) -> None:
    """Draw named reference values as dashed lines; vertical ones carry their names above the panel."""
    ordered = sorted(values, key=lambda pair: pair[1])
    for number, (name, value) in enumerate(ordered):
        look: dict[str, Any] = {"color": MUTED, "linewidth": 1.0, "linestyle": ("--", ":", "-.")[number % 3]}
        if not vertical:
            axes.axhline(value, **look)
            continue
        axes.axvline(value, **look)
        # Names to the left and to the right of neighbouring lines do not run into each other.
        side = "right" if number == 0 and len(ordered) > 1 else "left"
        shift = (-2 if side == "right" else 2, 2)
        place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "xytext": shift, "textcoords": "offset points"}
        axes.annotate(name, (value, 1.0), ha=side, va="bottom", color=MUTED, fontsize=8, **place)


def behind(axes: Axes, lines: Iterable[tuple[NDArray[Any], NDArray[Any]]], **look: Any) -> None:
    """Draw lines (x and y of each) faintly, to compare with: as one with gaps, since a line of its own costs as much.

    With a panel for each of n lines there are n (n - 1) of them.
    """
    gap = np.array([np.nan])
    parts = [(np.append(x, gap), np.append(y, gap)) for x, y in lines]
    if parts:
        x, y = (np.concatenate(values) for values in zip(*parts, strict=True))
        axes.plot(x, y, color=RULE, **look)


def numbers(axis: Axis) -> None:
    """Label a log axis with plain numbers at 1, 2 and 5 times the powers of ten; over a wide range, at the powers."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1.0,) if high > WIDE_RANGE * low > 0 else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())

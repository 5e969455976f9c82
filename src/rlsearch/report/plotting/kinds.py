"""Lines of the kinds of options (conv, pool, ...), one panel an agent: what the figures of values have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.repetitions import Band

Panels = Mapping[str, Mapping[str, Band]]
"""The lines of each agent's panel, by kind."""
ROOM = 0.4
"""Above and below the lines, as a share of what they span."""


def draw(layout: Layout, bands: Panels, kinds: Sequence[str], x: str, y: str) -> Figure:
    """Return one panel per agent: a line with its band for each kind; a kind looks the same in all of them."""
    height = 2.1 if layout is style.WIDE else 1.9
    # Values of agents that are paid in another way lie elsewhere: each panel has an axis of its own.
    columns = 3 if layout is style.WIDE else 2
    figure, panels = style.panels(layout, len(bands), height=height, columns=columns, sharex=True)
    for (agent, lines), axes in zip(bands.items(), panels, strict=True):
        for name, band in lines.items():
            _line(axes, band, kinds.index(name))
        axes.set_title(agent)
        axes.set_ylim(*_view(lines.values()))
        style.integer_ticks(axes, count=5)
        axes.locator_params(axis="y", nbins=5)
    figure.supxlabel(x)
    figure.supylabel(y)
    legend(figure, kinds, layout)
    return figure


def _view(lines: Iterable[Band]) -> tuple[float, float]:
    """Return the axis: the lines with some room; of two searches the bands alone could fill a panel many times."""
    means = np.concatenate([line.mean[np.isfinite(line.mean)] for line in lines])
    room = ROOM * float(means.max() - means.min()) or 0.1
    return float(means.min()) - room, float(means.max()) + room


def _line(axes: Axes, band: Band, place: int) -> None:
    colour, known = style.colour(place), np.isfinite(band.mean)
    x = band.x[known]
    axes.fill_between(x, band.low[known], band.high[known], color=colour, alpha=0.13, linewidth=0)
    axes.plot(x, band.mean[known], color=colour, marker=style.marker(place), markersize=4, linewidth=1.4)


def legend(figure: Figure, kinds: Sequence[str], layout: Layout) -> None:
    """Name the kinds above the panels: below, the legend would lie on the label of the axis that all share."""
    axes = figure.axes[0]
    handles = [
        axes.plot([], [], color=style.colour(place), marker=style.marker(place), markersize=4, label=name)[0]
        for place, name in enumerate(kinds)
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=len(kinds) if layout is style.WIDE else 3)

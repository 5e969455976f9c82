"""Lines with bands, one for each agent, and the legend that names them: what the figures of the repetitions share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.config.twins import is_twin
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData

LONG = 26
"""Letters of a name that does not fit beside another one on a phone."""
TWINS = "dashed: never updated"
MARKS = 6
"""Marks on a line, so that lines of similar colours can be distinguished."""


def draw(
    axes: Axes, study: StudyData, bands: Mapping[str, Band], *,
    factor: float = 1.0, alpha: float = 0.13, marks: bool = True,
) -> None:  # fmt: skip
    """Draw the lines of some agents in their colours; `factor` turns levels into what is shown, such as per cent.

    `marks`: whether lines have some marks, which they need where there are several in a panel.
    A never-updated twin is a thin dashed line in its agent's colour; all of them share one name in the legend.
    """
    for agent, band in bands.items():
        if is_twin(agent):
            look: dict[str, Any] = {"linestyle": (0, (4, 2)), "linewidth": 1.0, "label": TWINS}
            axes.plot(band.x, factor * band.mean, color=style.colour(study.place(agent)), **look)
            continue
        index = study.place(agent)
        colour = style.colour(index)
        low, high = factor * band.low, factor * band.high
        axes.fill_between(band.x, low, high, color=colour, alpha=alpha, linewidth=0)
        axes.plot(
            band.x, factor * band.mean, color=colour, linestyle=style.line(index), linewidth=1.5, label=agent,
            marker=style.marker(index) if marks else "", markersize=4, markevery=max(1, len(band.x) // MARKS),
        )  # fmt: skip


def legend(figure: Figure, panels: Sequence[Axes], layout: Layout) -> None:
    """Name the agents, and what else has a name, below the panels; each name once."""
    handles = {name: handle for axes in panels for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    narrow = 1 if any(len(name) > LONG for name in handles) else 2
    columns = 4 if layout is style.WIDE and narrow > 1 else 3 if layout is style.WIDE else narrow
    figure.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=columns)

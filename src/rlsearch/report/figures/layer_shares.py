"""Of which kinds of layers candidates are made, as exploration falls."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.report import exploration, schedules, words
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Kinds of layers as exploration falls"
SECTION = "exploration"
ORDER = 19


def applies(study: StudyData) -> bool:
    """Tell whether agents explore by a schedule in a space whose options have groups."""
    return bool(_agents(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent: a bar for each epsilon, divided by the shares of the groups."""
    agents, names = _agents(study), study.grouped.names
    columns = 3 if layout is style.WIDE else 2
    height = 1.9 if layout is style.WIDE else 1.8
    figure, panels = style.panels(layout, len(agents), height=height, columns=columns, sharey=True)
    for agent, axes in zip(agents, panels, strict=True):
        _bars(axes, shares(study, agent).reindex(schedules.epsilons(study, agent)))
        axes.set_title(agent)
    figure.supxlabel("\N{GREEK SMALL LETTER EPSILON}")
    figure.supylabel("share of the layers (%)")
    handles = [
        axes.bar(0, 0, color=style.colour(place), label=name) for axes in panels[:1] for place, name in enumerate(names)
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=len(names) if layout is style.WIDE else 3)
    return figure


def _agents(study: StudyData) -> list[str]:
    return [agent for agent in exploration.agents(study) if agent in study.exploring and study.grouped.groups]


def shares(study: StudyData, agent: str) -> pd.DataFrame:
    """Return the mean share over an agent's searches: a row for each epsilon, a column for each group."""
    counts = study.grouped.counts
    own = counts[counts["agent"] == agent].pivot_table(
        index=["seed", "epsilon"], columns="group", values="options", aggfunc="sum", fill_value=0
    )
    by_search = own.div(own.sum(axis=1), axis=0)
    table = by_search.groupby("epsilon").mean().sort_index(ascending=False)
    return table.reindex(columns=study.grouped.names, fill_value=0.0)


def _bars(axes: Axes, table: pd.DataFrame) -> None:
    places, bottom = np.arange(len(table)), np.zeros(len(table))
    for place, name in enumerate(table):
        heights = 100 * table[name].to_numpy()
        axes.bar(places, heights, bottom=bottom, color=style.colour(place), width=0.82, linewidth=0)
        bottom = bottom + heights
    axes.set_xticks(places, [f"{epsilon:g}" for epsilon in table.index])
    axes.set_ylim(0, 100)
    axes.grid(visible=False)


def caption(study: StudyData) -> str:
    """Return n, and what a share is of."""
    return (
        f"{exploration.searched(study)}. Of all layers of the candidates that were proposed at an epsilon, ends among "
        "them, the share of each group; mean over the searches. At epsilon 1 every layer that is allowed is drawn "
        "alike, so that the first bar shows what the rules of the space give (less candidates that an agent knows "
        f"already and does not propose again).{schedules.cut_short(study)}"
    )


def alt(study: StudyData) -> str:
    """Return of each agent the share of every group at the first and at the last epsilon."""
    parts = []
    for agent in _agents(study):
        table = shares(study, agent)
        moved = [f"{name} {_ends(table[name])}" for name in table]
        parts.append(f"{agent}: {', '.join(moved)}")
    return f"Shares of the layers from the first to the last epsilon. {'; '.join(parts)}."


def _ends(share: pd.Series[float]) -> str:
    return f"{words.percent(float(share.iloc[0]), 0)} to {words.percent(float(share.iloc[-1]), 0)}"

"""A quantity over the trials of a search, agents side by side: what three figures share."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.report.figures import style
from rlsearch.report.figures.style import Layout
from rlsearch.report.study import StudyData

WINDOW = 9
"""Trials in the centred running mean of the strong line: single trials are too noisy to follow by eye."""


def agents_with(study: StudyData, column: str) -> list[str]:
    """Return the agents that have values in a column of the trials."""
    known = study.trials.dropna(subset=[column])["agent"].unique()
    return [agent for agent in study.agents if agent in set(known)]


def table(study: StudyData, agent: str, column: str) -> pd.DataFrame:
    """Return a column of one agent's trials: a row per trial, a column per search seed."""
    rows = study.trials[study.trials["agent"] == agent]
    return rows.pivot(index="index", columns="seed", values=column)


def draw(study: StudyData, layout: Layout, column: str, label: str) -> tuple[Figure, list[Axes]]:
    """Return the figure and its panels, one for each agent that has values in `column`."""
    agents = agents_with(study, column)
    height = 2.1 if layout is style.WIDE else 1.7
    figure, cells = style.panels(layout, len(agents), height=height, sharex=True, sharey=True)
    axes = [cell[0] for cell in cells]
    for panel, agent in zip(axes, agents, strict=True):
        _lines(panel, study, agent, column)
        panel.set_title(agent)
        style.integer_ticks(panel, count=4)
    figure.supylabel(label)
    figure.supxlabel("trial")
    return figure, axes


def _lines(axes: Axes, study: StudyData, agent: str, column: str) -> None:
    colour = style.colour(study.agents.index(agent))
    rows = study.trials[(study.trials["agent"] == agent) & (study.trials["status"] == "ok")]
    axes.plot(rows["index"] + 1, rows[column], "o", color=colour, alpha=0.3, markersize=2.6, markeredgewidth=0)
    mean = table(study, agent, column).mean(axis=1)
    if not _fixed(study, agent):
        mean = mean.rolling(WINDOW, center=True, min_periods=1).mean()
    axes.plot(mean.index + 1, mean, color=colour, linewidth=2.0)


def _fixed(study: StudyData, agent: str) -> bool:
    """Tell whether all searches of an agent propose the same, so that neighbouring trials must not be mixed."""
    actions = table(study, agent, "action")
    return actions.shape[1] > 1 and bool((actions.nunique(axis=1) <= 1).all())


def caption(study: StudyData, column: str) -> str:
    """Return n and what the lines are."""
    agents = agents_with(study, column)
    searches = study.trials[study.trials["agent"].isin(agents)].groupby("agent")["seed"].nunique()
    low, high = int(searches.min()), int(searches.max())
    count = f"{low}" if low == high else f"{low} to {high}"
    mixed = [agent for agent in agents if not _fixed(study, agent)]
    window = f", averaged over {WINDOW} trials" if mixed else ""
    window += f" (not for {', '.join(a for a in agents if a not in mixed)})" if 0 < len(mixed) < len(agents) else ""
    return f"Dots: every trial of the {count} searches of each agent. Line: the mean of the searches{window}."


def last_quarter(study: StudyData, column: str) -> dict[str, pd.Series[float]]:
    """Return the values in the last quarter of each agent's trials, all searches together."""
    found = {}
    for agent in agents_with(study, column):
        values = table(study, agent, column)
        found[agent] = values.iloc[-max(1, len(values) // 4) :].stack().dropna()
    return found

"""A quantity over the trials of a search, agents side by side: what three figures share."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.controls.signs import quarter
from rlsearch.report import words
from rlsearch.report.plotting import lengths, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

WINDOW = 9
"""Trials in the centred running mean of the line: single trials are too noisy to follow by eye."""
SHORT = 3 * WINDOW
"""A search of fewer trials is drawn without it."""


def agents_with(study: StudyData, column: str) -> list[str]:
    """Return the agents that have values in a column of the trials, or report them under that name."""
    reporting = set(study.trials_with(column).dropna(subset=[column])["agent"])
    return [agent for agent in study.agents if agent in reporting]


def table(study: StudyData, agent: str, column: str) -> pd.DataFrame:
    """Return a column of one agent's trials: a row per trial, a column per search seed."""
    rows = study.trials[study.trials["agent"] == agent]
    return rows.pivot(index="index", columns="seed", values=column)


def mean(study: StudyData, agent: str, column: str) -> pd.Series[float]:
    """Return the mean over an agent's searches by trial, smoothed where that makes sense."""
    values = table(study, agent, column).mean(axis=1)
    return values.rolling(WINDOW, center=True, min_periods=1).mean() if _smooth(study, agent) else values


def walks_the_same(study: StudyData, agent: str) -> bool:
    """Tell whether all searches of an agent propose the same, so that neighbouring trials must not be mixed."""
    rows = study.trials[study.trials["agent"] == agent]
    return rows["seed"].nunique() > 1 and bool((rows.groupby("index")["key"].nunique() == 1).all())


def _smooth(study: StudyData, agent: str) -> bool:
    return _longest(study, agent) >= SHORT and not walks_the_same(study, agent)


def _longest(study: StudyData, agent: str) -> int:
    """Return the trials of an agent's longest search."""
    return int(study.trials.loc[study.trials["agent"] == agent, "index"].nunique())


def draw(study: StudyData, layout: Layout, column: str, label: str) -> tuple[Figure, dict[str, Axes]]:
    """Return the figure and a panel for each agent that has values in `column`."""
    agents = agents_with(study, column)
    height = 2.1 if layout is style.WIDE else 1.7
    shared = not lengths.longer(_lengths(study, agents))
    figure, panels = style.panels(layout, len(agents), height=height, sharex=shared, sharey=True)
    axes_of = dict(zip(agents, panels, strict=True))
    for agent, axes in axes_of.items():
        colour = style.colour(study.place(agent))
        # The reward of a failed child is a constant of the settings, no measurement.
        rows = study.trials[(study.trials["agent"] == agent) & (study.trials["status"] == "ok")]
        axes.plot(rows["index"] + 1, rows[column], "o", color=colour, alpha=0.3, markersize=2.6, markeredgewidth=0)
        line = mean(study, agent, column)
        axes.plot(line.index + 1, line, color=colour, linewidth=2.0 if _smooth(study, agent) else 1.0)
        axes.set_title(agent)
        style.integer_ticks(axes, count=4)
    lengths.share(panels, _lengths(study, agents))
    figure.supylabel(label)
    figure.supxlabel("trial")
    return figure, axes_of


def caption(study: StudyData, column: str) -> str:
    """Return n and what the marks are."""
    agents = agents_with(study, column)
    searches = study.trials[study.trials["agent"].isin(agents)].groupby("agent")["seed"].nunique()
    rough = [agent for agent in agents if not _smooth(study, agent)]
    window = f", averaged over {WINDOW} trials" if len(rough) < len(agents) else ""
    window += f" (not for {', '.join(rough)})" if window and rough else ""
    count = words.between_counts([int(n) for n in searches], "search", "searches")
    text = f"Dots: every trial of {count} of each agent. Line: the mean of the searches{window}."
    return text + lengths.told(_lengths(study, agents))


def _lengths(study: StudyData, agents: Sequence[str]) -> dict[str, int]:
    """Return the trials of each agent's longest search."""
    return {agent: _longest(study, agent) for agent in agents}


def ends(study: StudyData, agents: Sequence[str]) -> list[int]:
    """Return the trials of every finished search of these agents."""
    return [int(search["trials"]) for agent in agents for search in study.signs[agent]["searches"]]


def cut(study: StudyData, agents: Sequence[str], prefix: int) -> str:
    """Say where null runs of `prefix` trials are cut, and where the real searches end if that is elsewhere."""
    found = ends(study, agents)
    if set(found) == {prefix}:
        return f"cut at the real searches' {prefix} trials"
    real = f" (the real searches end after {words.between_counts(found, 'trial', 'trials')})" if found else ""
    return f"cut at {prefix} trials{real}"


def last_quarter(study: StudyData, column: str) -> dict[str, pd.Series[float]]:
    """Return the values in the last quarter of each agent's trials, all searches together."""
    late_values = {}
    for agent in agents_with(study, column):
        values = table(study, agent, column)
        late = values.iloc[-quarter(len(values)) :].to_numpy().ravel()
        late_values[agent] = pd.Series(late, dtype="float64").dropna()
    return late_values

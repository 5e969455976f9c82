"""How the values of the first decision's options move during a search."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.report import exploration, words
from rlsearch.report.plotting import kinds, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData
from rlsearch.spaces.base import Choice

TITLE = "Values of the first decision over the trials"
SECTION = "exploration"
ORDER = 18
NAME = "first_q_"
"""Agents tell the value of an option of the first decision by this name and the option's number."""


def applies(study: StudyData) -> bool:
    """Tell whether an agent tells the values of its first decision."""
    return bool(_agents(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent: a thin line for each option, a thick one for the mean of each group."""
    agents, names = _agents(study), _names(study)
    columns = 3 if layout is style.WIDE else 2
    height = 2.1 if layout is style.WIDE else 1.9
    figure, panels = style.panels(layout, len(agents), height=height, columns=columns, sharex=True)
    for agent, axes in zip(agents, panels, strict=True):
        _draw(axes, _values(study, agent), _groups(study), names)
        axes.set_title(agent)
        style.integer_ticks(axes, count=4)
        axes.locator_params(axis="y", nbins=5)
    figure.supxlabel("trial")
    figure.supylabel("Q (in units of the reward)")
    if names:
        kinds.legend(figure, names, layout)
    return figure


def _agents(study: StudyData) -> list[str]:
    return [agent for agent in study.agents if _values(study, agent)]


def _values(study: StudyData, agent: str) -> dict[int, pd.Series[float]]:
    """Return the mean value of each option over an agent's searches, by trial (see `exploration.by_trial`)."""
    columns = [str(name) for name in study.trials if str(name).startswith(NAME)]
    rows = study.trials[study.trials["agent"] == agent]
    means = exploration.by_trial(rows, columns).dropna(axis=1, how="all").dropna(how="all")
    values = {int(name.removeprefix(NAME)): means[name] for name in columns if name in means}
    return dict(sorted(values.items()))


def _groups(study: StudyData) -> Mapping[int, str]:
    """Return the group of each option of the first decision by its number; empty without groups."""
    first = study.space.next(())
    return dict(enumerate(first.groups)) if isinstance(first, Choice) else {}


def _names(study: StudyData) -> list[str]:
    """Return the groups whose options have values at the first decision."""
    options = {option for agent in _agents(study) for option in _values(study, agent)}
    return list(dict.fromkeys(group for option, group in _groups(study).items() if option in options))


def _draw(axes: Axes, values: Mapping[int, pd.Series[float]], groups: Mapping[int, str], names: list[str]) -> None:
    for option, line in values.items():
        colour = style.colour(names.index(groups[option])) if groups else style.MUTED
        axes.plot(line.index, line, color=colour, linewidth=0.7, alpha=0.55)
    for place, name in enumerate(names):
        own = [line for option, line in values.items() if groups[option] == name]
        if len(own) > 1:
            mean = sum(own[1:], own[0]) / len(own)
            axes.plot(mean.index, mean, color=style.colour(place), linewidth=2.2)


def caption(study: StudyData) -> str:
    """Return n, and what the lines are."""
    rows = study.trials[study.trials["agent"].isin(_agents(study))]
    counts = [int(count) for count in rows.groupby("agent")["seed"].nunique()]
    thick = " Thick: the mean of a group of several." if _names(study) else ""
    cut = (
        " Searches differ in length, as their candidates do in cost: lines end where fewer than half of them go on."
        if max(counts) > 1
        else ""
    )
    return (
        f"Thin lines: Q of every option of the first decision after each trial, mean over "
        f"{words.between_counts(counts, 'search', 'searches')} of each agent.{thick}{cut} All begin at the value "
        "that the settings give; with a small learning rate and a value that bootstraps from the next decision, the "
        "first decision is the last to learn. Each panel has a scale of its own."
    )


def alt(study: StudyData) -> str:
    """Return each agent's highest and lowest option at the end."""
    first = study.space.next(())
    assert isinstance(first, Choice)
    parts = []
    for agent in _agents(study):
        last = {option: float(line.iloc[-1]) for option, line in _values(study, agent).items()}
        ends = [min(last, key=last.__getitem__), max(last, key=last.__getitem__)]
        told = [f"{first.words[end]} {words.number(last[end])}" for end in ends]
        parts.append(f"{agent} from {' to '.join(told)}")
    return f"Values at the end, lowest to highest: {'; '.join(parts)}."

"""Which options agents chose as their searches went on, part by part: operations, cell by cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from rlsearch.report import words
from rlsearch.report.chosen import Chosen
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "What is chosen as searches go on"
SECTION = "search"
ORDER = 21
FAINTEST = 0.25
"""Opacity of the last option of a group, whose options share a hue."""


def applies(study: StudyData) -> bool:
    """Tell whether searches chose among options that have groups."""
    return bool(_panels(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a panel for each agent and part: the shares of the options, one upon the other, over the trials."""
    chosen, shown = study.chosen, _panels(study)
    per_agent = len(chosen.parts)
    columns = max(per_agent, (4 if layout is style.WIDE else 2) // per_agent * per_agent)
    height = 1.75 if layout is style.WIDE else 1.45
    figure, panels = style.panels(layout, len(shown), height=height, columns=columns, sharex=True, sharey=True)
    for (agent, part), axes in zip(shown, panels, strict=True):
        _areas(axes, chosen, agent, part)
        axes.set_title(_title(agent, part))
        style.integer_ticks(axes, count=4)
    figure.supxlabel("trial")
    figure.supylabel("share of what was chosen (%)")
    handles = [Patch(**_look(chosen, option), label=option) for option in chosen.options]
    figure.legend(handles=handles, loc="outside upper left", ncols=6 if layout is style.WIDE else 2)
    return figure


def _panels(study: StudyData) -> list[tuple[str, str]]:
    chosen = study.chosen
    return [(agent, part) for agent in study.agents for part in chosen.parts if (agent, part) in chosen.counts]


def _title(agent: str, part: str) -> str:
    return f"{agent}, {part}" if part else agent


def _areas(axes: Axes, chosen: Chosen, agent: str, part: str) -> None:
    # Steps: the last value is drawn once more, to the end of its stretch.
    shares = 100 * chosen.shares(agent, part)
    upper = np.cumsum(np.vstack([shares, shares[-1]]), axis=1)
    lower = np.zeros(len(upper))
    edges = np.array(chosen.edges, float) + 1
    for place, option in enumerate(chosen.options):
        axes.fill_between(edges, lower, upper[:, place], step="post", **_look(chosen, option))
        lower = upper[:, place]
    axes.set_ylim(0, 100)
    axes.set_xlim(edges[0], edges[-1])
    axes.grid(visible=False)


def _look(chosen: Chosen, option: str) -> dict[str, Any]:
    """Return the look of an option: the hue is its group's, fainter from one option of the group to the next."""
    group = chosen.groups[option]
    alike = [other for other in chosen.options if chosen.groups[other] == group]
    hue = list(dict.fromkeys(chosen.groups[other] for other in chosen.options)).index(group)
    faint = (1 - FAINTEST) * alike.index(option) / max(1, len(alike) - 1)
    return {"facecolor": style.colour(hue), "alpha": 1 - faint, "edgecolor": style.PAPER, "linewidth": 0.4}


def caption(study: StudyData) -> str:
    """Return n, and what a share is of."""
    chosen = study.chosen
    counts = [chosen.searches[agent] for agent in dict.fromkeys(agent for agent, _ in _panels(study))]
    parts = f" of the {words.listed(list(chosen.parts))} part of a {study.noun}" if len(chosen.parts) > 1 else ""
    return (
        f"{words.between_counts(counts, 'search', 'searches')} of each agent, {words.count(chosen.edges[-1])} trials "
        f"at the most in {len(chosen.edges) - 1} stretches. Of all such decisions{parts} in a stretch, the share that "
        f"took each option; one that is drawn alike takes each of {len(chosen.options)} in "
        f"{words.percent(1 / len(chosen.options), 1)}. One hue for options of a kind."
    )


def alt(study: StudyData) -> str:
    """Return of each panel the share of every group in the first and in the last stretch, and what is taken most."""
    return f"Shares from the first to the last stretch. {'; '.join(_told(study, *panel) for panel in _panels(study))}."


def _told(study: StudyData, agent: str, part: str) -> str:
    chosen = study.chosen
    shares = chosen.shares(agent, part)
    shares = shares[~np.isnan(shares).any(axis=1)]
    moved = []
    for group in dict.fromkeys(chosen.groups[option] for option in chosen.options):
        mine = [place for place, option in enumerate(chosen.options) if chosen.groups[option] == group]
        ends = (words.percent(float(row[mine].sum()), 0) for row in (shares[0], shares[-1]))
        moved.append(f"{group} {' to '.join(ends)}")
    most = int(np.argmax(shares[-1]))
    top = f"most often {chosen.options[most]} ({words.percent(float(shares[-1][most]), 0)})"
    return f"{_title(agent, part)}: {', '.join(moved)}, at last {top}"

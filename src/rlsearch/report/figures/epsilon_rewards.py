"""The mean reward at each epsilon, and its rolling mean over the trials (Baker et al. 2017, figure 3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.config.twins import twin_of
from rlsearch.report import exploration, words
from rlsearch.report.exploration import Stages
from rlsearch.report.plotting import stages, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Reward as exploration falls"
SECTION = "exploration"
ORDER = 14
COLUMNS = {"wide": 3, "narrow": 1}
"""Panels in a row: a stage of a few trials has to have room for its epsilon."""


def applies(study: StudyData) -> bool:
    """Tell whether an agent explores by a schedule."""
    return bool(_shown(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent: a step for each epsilon with its band, the rolling mean, and the twin's steps."""
    shown, columns = _shown(study), COLUMNS[layout.name]
    figure, panels = style.panels(layout, len(shown), height=2.0, columns=columns, sharex=True, sharey=True)
    inches = layout.width / min(columns, len(shown)) - 0.75
    end = max(float(found.starts[-1]) for found in shown.values())
    for (agent, found), axes in zip(shown.items(), panels, strict=True):
        colour = style.colour(study.place(agent))
        _steps(axes, found, colour)
        axes.plot(found.rolling.index, found.rolling, color=colour, linewidth=1.1, alpha=0.75)
        if (twin := exploration.stages(study, twin_of(study.settings, agent))) is not None:
            ends = np.repeat(twin.starts - 0.5, 2)[1:-1]
            look: dict[str, Any] = {"color": style.MUTED, "linestyle": (0, (4, 2)), "linewidth": 1.1}
            axes.plot(ends, np.repeat(twin.rewards.mean, 2), **look)
        stages.mark(axes, found.epsilons, found.starts, inches, end)
        axes.set_title(f"{agent}   \N{GREEK SMALL LETTER EPSILON}:", pad=13)
        style.integer_ticks(axes, count=4)
    figure.supxlabel("trial")
    figure.supylabel("mean reward")
    return figure


def _shown(study: StudyData) -> dict[str, Stages]:
    found = {agent: exploration.stages(study, agent) for agent in exploration.agents(study)}
    return {agent: stages for agent, stages in found.items() if stages is not None}


def _steps(axes: Axes, found: Stages, colour: str) -> None:
    spans = zip(found.starts - 0.5, found.starts[1:] - 0.5, strict=False)
    for (start, end), mean, low, high in zip(
        spans, found.rewards.mean, found.rewards.low, found.rewards.high, strict=True
    ):
        if high > low:
            axes.fill_between([start, end], low, high, color=colour, alpha=0.22, linewidth=0)
        axes.plot([start, end], [mean, mean], color=colour, linewidth=2.4, solid_capstyle="butt")


def caption(study: StudyData) -> str:
    """Return n, and what the steps, bands and lines are."""
    one = all(found.searches == 1 for found in _shown(study).values())
    band = (
        "With one search there is no interval. "
        if one
        else "Band: 95 % t interval over the searches, of their means at that epsilon. "
    )
    return (
        f"{exploration.whose(study)}. Steps: the mean reward of what was proposed at each epsilon, the probability "
        "with which a decision was drawn at random; it stands above the panel where there is room. "
        f"{band}Thin line: the mean reward over the trials, averaged over {exploration.WINDOW} of them. Searches "
        "differ in length, as their candidates do in cost: steps and line end where fewer than half of them go on. "
        "Dashed: the agent's never-updated twin, which proposes by the same epsilon and learns nothing. A mean above "
        "the twin's says that the agent has learnt to propose better candidates; a mean that rises may have other "
        "reasons, since candidates that are known already are not proposed again. What the answers are worth is "
        "another question."
    )


def alt(study: StudyData) -> str:
    """Return each agent's mean reward at the first and at the last epsilon."""
    parts = [
        f"{agent} {words.number(float(found.rewards.mean[0]))} at epsilon {found.epsilons[0]:g} and "
        f"{words.number(float(found.rewards.mean[-1]))} at {found.epsilons[-1]:g}"
        for agent, found in _shown(study).items()
    ]
    return f"Mean reward: {'; '.join(parts)}."

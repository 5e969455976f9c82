"""What every candidate reached, by the epsilon at which it was proposed, and which answer one class alone.

Salvucci (2025) and Baker et al. (2017, appendix) show such pictures: of two heaps, one is of networks that learned
nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from rlsearch.measures import ONE_CLASS
from rlsearch.report import exploration, schedules, words
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "What candidates reached at each epsilon"
SECTION = "exploration"
ORDER = 15
SPREAD = 0.62
"""Width over which the dots of an epsilon are spread, so that equal ones do not hide each other."""


def applies(study: StudyData) -> bool:
    """Tell whether an agent's own searches explore by a schedule."""
    return bool(_shown(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent: a column of dots for each epsilon, crosses for those that answer one class alone."""
    shown, measure = _shown(study), study.measure
    columns = 3 if layout is style.WIDE else 1
    figure, panels = style.panels(layout, len(shown), height=2.1, columns=columns, sharey=True)
    for agent, axes in zip(shown, panels, strict=True):
        rows = exploration.trials(study, agent)
        epsilons = schedules.epsilons(study, agent)
        for place, epsilon in enumerate(epsilons):
            _column(axes, rows[rows["epsilon"] == epsilon], place, measure.factor, style.colour(study.place(agent)))
        axes.set_xticks(range(len(epsilons)), [_named(rows, epsilon) for epsilon in epsilons])
        axes.set_xlim(-0.6, len(epsilons) - 0.4)
        axes.grid(axis="x", visible=False)
        axes.set_title(agent)
    below = f", below it the {ONE_CLASS.label}" if _recorded(study) else ""
    figure.supxlabel(f"\N{GREEK SMALL LETTER EPSILON}{below}")
    figure.supylabel(study.on_split(measure.axis))
    return figure


def _shown(study: StudyData) -> list[str]:
    return [agent for agent in exploration.agents(study) if not exploration.trials(study, agent).empty]


def _column(axes: Axes, rows: pd.DataFrame, place: int, factor: float, colour: str) -> None:
    """Draw the candidates of an epsilon in the order of their trials, from left to right."""
    x = place + SPREAD * (np.linspace(-0.5, 0.5, len(rows)) if len(rows) > 1 else np.zeros(len(rows)))
    y, one = factor * rows["level"].to_numpy(), _one_class(rows)
    axes.plot(x[~one], y[~one], "o", color=colour, alpha=0.45, markersize=3.2, markeredgewidth=0)
    axes.plot(x[one], y[one], "x", color=style.INK, markersize=3.8, markeredgewidth=1.0)
    if np.isfinite(y).any():
        mean = float(np.nanmean(y))
        axes.plot([place - 0.36, place + 0.36], [mean, mean], color=style.INK, linewidth=1.3)


def _one_class(rows: pd.DataFrame) -> NDArray[np.bool_]:
    if ONE_CLASS.metric not in rows:
        return np.zeros(len(rows), bool)
    return np.asarray(rows[ONE_CLASS.metric] == 1.0)


def _named(rows: pd.DataFrame, epsilon: float) -> str:
    share = exploration.one_class(rows[rows["epsilon"] == epsilon])
    return f"{epsilon:g}" if share is None else f"{epsilon:g}\n{100 * share:.0f} %"


def _recorded(study: StudyData) -> bool:
    return any(exploration.one_class(exploration.trials(study, agent)) is not None for agent in _shown(study))


def caption(study: StudyData) -> str:
    """Return n, what the marks are, and whether the share of one-class predictors is known."""
    unknown = int(sum(exploration.trials(study, agent)["level"].isna().sum() for agent in _shown(study)))
    crosses = (
        "Crosses: networks that answer one class whatever they are shown; their share stands below each epsilon. "
        if _recorded(study)
        else "Which networks answer one class alone was not recorded (`record` of the proxy task). "
    )
    missing = f" {unknown} candidates without a level (training failed) are not drawn." if unknown else ""
    return (
        f"{exploration.searched(study)}. A dot is a candidate, from left to right in the order of the trials; the line "
        f"is their mean. {crosses}Two heaps mean that a mean over both says little about either."
        f"{schedules.cut_short(study)}{missing}"
    )


def alt(study: StudyData) -> str:
    """Return of each agent the mean, and the share of one-class predictors, at the first and at the last epsilon."""
    parts = []
    for agent in _shown(study):
        rows = exploration.trials(study, agent)
        ends = [rows["epsilon"].max(), rows["epsilon"].min()]
        told = [_told(study, rows[rows["epsilon"] == end], float(end)) for end in ends]
        parts.append(f"{agent} {', '.join(dict.fromkeys(told))}")
    return f"Mean {study.measure.label}: {'; '.join(parts)}."


def _told(study: StudyData, rows: pd.DataFrame, epsilon: float) -> str:
    share, levels = exploration.one_class(rows), rows["level"].dropna().tolist()
    mean = words.level(study.measure.mean(levels) if levels else None, study.measure)
    heap = "" if share is None else f" ({words.percent(share, 0)} one-class predictors)"
    return f"{mean} at epsilon {epsilon:g}{heap}"

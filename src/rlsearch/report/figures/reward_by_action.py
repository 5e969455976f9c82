"""Reward against the value of a single continuous decision: is there anything to find, and where?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.controls import fit
from rlsearch.evidence import fidelity
from rlsearch.report import words
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData
from rlsearch.statistics import intervals

TITLE = "Reward against the sampled value"
SECTION = "landscape"
ORDER = 20
TOP = 0.25
"""The second panel leaves out the lowest quarter of the trials, so that differences near the top can be seen."""


def applies(study: StudyData) -> bool:
    """Tell whether children of one continuous decision trained."""
    return study.decision is not None and len(_trained(study)) > 2


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return all trials and, beside them, the upper end: quadratic fit, grid means, and the known values."""
    assert study.decision is not None
    wide = layout is style.WIDE
    figure, panels = style.panels(layout, 2, height=3.3 if wide else 2.7, columns=2 if wide else 1)
    trained = _trained(study)
    for axes in panels:
        _trials(axes, study, trained)
        _fit(axes, study)
        _grid(axes, study, trained)
        _reference(axes, study)
        axes.set_xlabel(study.decision.name)
    panels[0].set_ylabel("reward")
    panels[1].set_ylabel("reward, upper end")
    high, low = float(trained["reward"].max()), float(trained["reward"].quantile(TOP))
    # `or 1.0`: equal rewards would leave the axis without height.
    panels[1].set_ylim(low, high + 0.06 * (high - low or 1.0))
    handles = panels[0].get_legend_handles_labels()[0]
    figure.legend(handles=handles, loc="outside lower center", ncols=6 if wide else 2, markerscale=1.5)
    return figure


def _trained(study: StudyData) -> pd.DataFrame:
    return study.trials[(study.trials["status"] == "ok") & study.trials["action"].notna()]


def _trials(axes: Axes, study: StudyData, trained: pd.DataFrame) -> None:
    for agent in study.agents:
        number, rows = study.place(agent), trained[trained["agent"] == agent]
        look: dict[str, Any] = {"color": style.colour(number), "markersize": 3.2, "markeredgewidth": 0, "alpha": 0.45}
        axes.plot(rows["action"], rows["reward"], style.marker(number), label=agent, **look)


def _curve(study: StudyData) -> fit.Quadratic | None:
    assert study.decision is not None
    learned = study.trials[study.learned()]
    return fit.quadratic(learned["action"], learned["reward"], study.decision.low, study.decision.high)


def _fit(axes: Axes, study: StudyData) -> None:
    learned, curve = study.trials[study.learned()], _curve(study)
    if curve is not None:
        # Over the values that were fitted, not over the whole range: beyond them the parabola would be a guess.
        x = np.linspace(learned["action"].min(), learned["action"].max(), 120)
        axes.plot(x, curve.predict(x), color=style.INK, linewidth=1.4, label="quadratic fit")


def _points(study: StudyData, trained: pd.DataFrame) -> list[tuple[float, pd.Series[float]]]:
    """Return the rewards at each point of the fidelity grid over all its passes and search seeds."""
    settings = study.settings.fidelity
    rows = trained[trained["agent"] == settings.agent] if settings and settings.agent else trained.iloc[:0]
    return [(float(str(value)), group) for value, group in rows.groupby("action")["reward"]]


def _grid(axes: Axes, study: StudyData, trained: pd.DataFrame) -> None:
    for number, (value, rewards) in enumerate(_points(study, trained)):
        interval = intervals.t_interval(rewards.tolist())
        if interval is not None:
            axes.plot([value, value], [interval.low, interval.high], color=style.INK, linewidth=1.2, zorder=4)
        label = "grid mean" if number == 0 else None
        look: dict[str, Any] = {"color": style.PAPER, "markeredgecolor": style.INK, "markersize": 5, "zorder": 5}
        axes.plot(value, rewards.mean(), "o", label=label, **look)


def _reference(axes: Axes, study: StudyData) -> None:
    specs = study.space.baselines()
    baselines = [(name, study.value(specs.get(name))) for name in study.settings.baselines]
    style.reference(axes, [(f"{name} {value:g}", value) for name, value in baselines if value is not None])


def caption(study: StudyData) -> str:
    """Return n and what the marks are."""
    trained = _trained(study)
    points, left = _points(study, trained), len(trained) - int(study.learned().sum())
    text = f"{len(trained)} of {len(study.trials)} trials: those that trained, all agents and search seeds together."
    text += " Second panel: the same without the lowest quarter."
    if left and _curve(study) is not None:
        out = words.between_counts([left], "trial", "trials")
        text += f" The fit leaves out {out} less than {fidelity.TRAINED:g} times better than chance."
    if not points:
        return text
    trials = words.between_counts([len(rewards) for _, rewards in points], "trial", "trials")
    return f"{text} Rings: mean at each grid point with its 95 % t interval ({trials} each)."


def alt(study: StudyData) -> str:
    """Return where the grid's mean reward is highest, and its value at the ends."""
    points = [(value, rewards.mean()) for value, rewards in _points(study, _trained(study))]
    if not points:
        return "A cloud of trials with a quadratic fit."
    best = max(points, key=lambda point: point[1])
    ends = f"{points[0][1]:.2f} at {points[0][0]:g} and {points[-1][1]:.2f} at {points[-1][0]:g}"
    return f"The grid's mean reward is highest at {best[0]:g} ({best[1]:.2f}), against {ends}."

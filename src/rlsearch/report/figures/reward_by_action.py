"""Reward against the value of a single continuous decision: is there anything to find, and where?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.evidence import fidelity, fit, statistics
from rlsearch.report.figures import style
from rlsearch.report.figures.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Reward against the sampled value"
SECTION = "landscape"
ORDER = 20


def applies(study: StudyData) -> bool:
    """Tell whether children of one continuous decision trained."""
    return study.decision is not None and len(_trained(study)) > 2


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel: all trials, the quadratic fit, grid means with intervals, and the known values."""
    assert study.decision is not None
    figure, [[axes]] = style.panels(layout, 1, height=3.9 if layout is style.WIDE else 3.2)
    trained = _trained(study)
    for number, agent in enumerate(study.agents):
        rows = trained[trained["agent"] == agent]
        axes.plot(
            rows["action"], rows["reward"], style.marker(number), color=style.colour(number), markersize=3.2,
            markeredgewidth=0, alpha=0.45, label=agent,
        )  # fmt: skip
    _fit(axes, study, trained)
    _grid(axes, study, trained)
    _reference(axes, study)
    axes.set_ylim(*_view(trained))
    axes.set_xlabel(study.decision.name)
    axes.set_ylabel("reward")
    legend = axes.legend(loc="lower right" if layout is style.WIDE else "upper left", markerscale=1.8, ncols=1)
    if layout is style.NARROW:
        legend.remove()
        figure.legend(handles=legend.legend_handles, loc="outside lower center", ncols=2)
    return figure


def _trained(study: StudyData) -> pd.DataFrame:
    return study.trials[(study.trials["status"] == "ok") & study.trials["action"].notna()]


def _view(trained: pd.DataFrame) -> tuple[float, float]:
    room = 0.06 * float(np.ptp(trained["reward"])) or 0.1
    return float(trained["reward"].min()) - room, float(trained["reward"].max()) + room


def _fit(axes: Axes, study: StudyData, trained: pd.DataFrame) -> None:
    assert study.decision is not None
    fitted = _above_chance(study, trained)
    curve = fit.quadratic(fitted["action"], fitted["reward"], study.decision.low, study.decision.high)
    if curve is None:
        return
    x = np.linspace(fitted["action"].min(), fitted["action"].max(), 120)
    axes.plot(x, curve.predict(x), color=style.INK, linewidth=1.4, label="quadratic fit")


def _above_chance(study: StudyData, trained: pd.DataFrame) -> pd.DataFrame:
    """Return the trials that learned anything: children at chance level would pull a parabola away."""
    chance = study.fidelity["chance"]
    return trained if chance is None else trained[trained["accuracy"] > fidelity.TRAINED * chance]


def _points(study: StudyData, trained: pd.DataFrame) -> list[tuple[float, pd.Series[float]]]:
    """Return the rewards at each point of the fidelity grid over all its passes and search seeds."""
    fidelity = study.settings.fidelity
    rows = trained[trained["agent"] == fidelity.agent] if fidelity else trained.iloc[:0]
    return [(float(str(value)), group) for value, group in rows.groupby("action")["reward"]]


def _grid(axes: Axes, study: StudyData, trained: pd.DataFrame) -> None:
    points = _points(study, trained)
    for number, (value, rewards) in enumerate(points):
        interval = statistics.t_interval(rewards.to_numpy())
        if interval is not None:
            axes.plot([value, value], [interval.low, interval.high], color=style.INK, linewidth=1.2, zorder=4)
        axes.plot(
            value, rewards.mean(), "o", markersize=5, color=style.PAPER, markeredgecolor=style.INK, zorder=5,
            label="grid mean" if number == 0 else None,
        )  # fmt: skip


def _reference(axes: Axes, study: StudyData) -> None:
    specs = study.space.baselines()
    known = [(name, study.value(specs.get(name))) for name in study.settings.baselines]
    style.reference(axes, [(f"{name} {value:g}", value) for name, value in known if value is not None])


def caption(study: StudyData) -> str:
    """Return n and what the marks are."""
    trained = _trained(study)
    fitted, points = _above_chance(study, trained), _points(study, trained)
    text = f"{len(trained)} of {len(study.trials)} trials: those that trained, all agents and search seeds together."
    if len(fitted) < len(trained):
        left = len(trained) - len(fitted)
        text += f" The fit leaves out {left} trials below {fidelity.TRAINED:g} times chance accuracy."
    if not points:
        return text
    low, high = (pick(len(rewards) for _, rewards in points) for pick in (min, max))
    each = f"{low}" if low == high else f"{low} to {high}"
    return f"{text} Rings: mean at each grid point with its 95 % t interval (n = {each} trials each)."


def alt(study: StudyData) -> str:
    """Return where the grid's mean reward is highest, and its value at the ends."""
    points = [(value, rewards.mean()) for value, rewards in _points(study, _trained(study))]
    if not points:
        return "A cloud of trials with a quadratic fit."
    best = max(points, key=lambda point: point[1])
    ends = f"{points[0][1]:.2f} at {points[0][0]:g} and {points[-1][1]:.2f} at {points[-1][0]:g}"
    return f"The grid's mean reward is highest at {best[0]:g} ({best[1]:.2f}), against {ends}."

"""How good what agents propose at the end of a search is, beside how good their answers are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.report import regret, repetitions, words
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "What agents propose and what they answer"
SECTION = "table"
ORDER = 25
ROWS = {"late": (-0.16, "proposed in the last quarter"), "final": (0.16, "the answers")}
"""For each regret: its place in an agent's row, and its name."""


def applies(study: StudyData) -> bool:
    """Tell whether an agent's repeated searches kept what they proposed in the last quarter."""
    return bool(_agents(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a row per agent: the mean regret of its late proposals (hollow) and of its answers (filled)."""
    agents, measure = _agents(study), study.measure
    figure, [axes] = style.panels(layout, 1, height=0.34 * len(agents) + 0.9)
    for row, agent in enumerate(agents):
        colour = style.colour(study.place(agent))
        for key, (offset, _) in ROWS.items():
            face = colour if key == "final" else style.PAPER
            _point(axes, row + offset, study.regret[agent][measure.name][key], measure.scaled, colour, face)
    for face, (_, name) in zip((style.PAPER, style.INK), ROWS.values(), strict=True):
        axes.plot([], [], "o", color=face, markeredgecolor=style.INK, markersize=6, label=name)
    axes.set_yticks(range(len(agents)), agents)
    axes.set_ylim(len(agents) - 0.5, -0.5)
    axes.set_xlim(left=min(-0.02 * axes.dataLim.x1, axes.dataLim.x0))
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"mean regret ({measure.unit})")
    figure.legend(loc="outside upper left", ncols=2 if layout is style.WIDE else 1)
    return figure


def _agents(study: StudyData) -> list[str]:
    known = [agent for agent in study.agents if agent in study.regret]
    return [agent for agent in known if study.regret[agent][study.measure.name]["late"]]


def _point(axes: Axes, row: float, block: Mapping[str, Any], scaled: Any, colour: str, face: str) -> None:
    if block["interval"] is not None:
        axes.plot([scaled(end) for end in block["interval"]], [row, row], color=colour, linewidth=1.8)
    if block["mean"] is not None:
        axes.plot(scaled(block["mean"]), row, "o", color=face, markeredgecolor=colour, markersize=6)


def caption(study: StudyData) -> str:
    """Return what the two are, n, and what the bars are."""
    left_out = [agent for agent in repetitions.agents(study) if agent in study.agents and agent not in _agents(study)]
    missing = f" Not kept by the controls of: {', '.join(left_out)}." if left_out else ""
    return (
        f"{repetitions.runs(study)} repeated searches of each agent. Hollow: the mean regret of all that a search "
        f"proposed in its last quarter{regret.of_trainings(study, ', over all their trainings')}. "
        "Filled: the regret of its answer: "
        f"{regret.meaning(study, 'the answer')}. Bars: 95 % t intervals of the mean. "
        "An agent may come to propose far better candidates, and answer no better than one that never learns: the best "
        f"of many draws is good in any case.{missing}"
    )


def alt(study: StudyData) -> str:
    """Return both regrets of each agent."""
    measure = study.measure
    parts = []
    for agent in _agents(study):
        means = [study.regret[agent][measure.name][key]["mean"] for key in ROWS]
        shown = [words.effect(mean, measure, sign=False) for mean in means]
        parts.append(f"{agent} {shown[0]} proposed, {shown[1]} answered")
    return f"Mean regret in {measure.label}: {'; '.join(parts)}."

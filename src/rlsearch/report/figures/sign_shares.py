"""How often real searches and null searches show each sign of learning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.report import words
from rlsearch.report.plotting import progress, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "How often each sign of learning appears"
SECTION = "controls"
ORDER = 49
ARMS = (
    ("real", "real searches", -0.22),
    ("null_constant", "null: constant noise", 0.0),
    ("null_heteroscedastic", "null: noise depends on the action", 0.22),
)


def applies(study: StudyData) -> bool:
    """Tell whether null searches of an agent that learns are there to compare with."""
    return bool(_agents(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a panel per sign and a row per agent: the share of searches that show it."""
    agents = _agents(study)
    signs = study.signs[agents[0]]["signs"]
    columns = len(signs) if layout is style.WIDE else 1
    height = 0.55 * len(agents) + 0.75
    figure, panels = style.panels(layout, len(signs), height=height, columns=columns, sharey=True, sharex=True)
    for number, (sign, axes) in enumerate(zip(signs, panels, strict=True)):
        for row, agent in enumerate(agents):
            _row(axes, row, study.signs[agent]["signs"][number], style.colour(study.place(agent)))
        axes.set_title(_TITLES.get(sign["name"], sign["name"]))
        axes.set_yticks(range(len(agents)), agents)
        axes.set_ylim(len(agents) - 0.5, -0.5)
        axes.set_xlim(-3, 103)
        axes.grid(axis="y", visible=False)
    for arm, label, _ in ARMS:
        panels[0].plot([], [], **_look(arm, style.INK), label=label)
    figure.legend(loc="outside upper left", ncols=3 if layout is style.WIDE else 1)
    figure.supxlabel("searches that show it (%)")
    return figure


_TITLES = {"settled": "settled", "reward-rose": "reward rose", "in-band": "ended in the source's band"}


def _agents(study: StudyData) -> list[str]:
    learning = [agent for agent in study.agents if study.controls.get(agent, {}).get("learns")]
    return [agent for agent in learning if any(sign["null_constant"] for sign in study.signs[agent]["signs"])]


def _row(axes: Axes, row: int, sign: Mapping[str, Any], colour: str) -> None:
    for arm, _, offset in ARMS:
        share = sign[arm]
        if share is None:
            continue
        look = _look(arm, colour)
        ends = [100 * share["interval"]["low"], 100 * share["interval"]["high"]]
        axes.plot(ends, [row + offset] * 2, color=look["markeredgecolor"], linewidth=1.5)
        axes.plot(100 * share["share"], row + offset, **look)


def _look(arm: str, colour: str) -> dict[str, Any]:
    edge = colour if arm == "real" else style.MUTED
    face = style.PAPER if arm == "null_heteroscedastic" else edge
    shape = "o" if arm == "real" else "s"
    return {"marker": shape, "linestyle": "none", "color": face, "markeredgecolor": edge, "markersize": 5.5}


def caption(study: StudyData) -> str:
    """Return n, and each sign in words."""
    agents = _agents(study)
    signs = study.signs[agents[0]]
    real = words.between_counts(
        [len(study.signs[agent]["searches"]) for agent in agents], "real search", "real searches"
    )
    texts = "; ".join(f"{_TITLES.get(s['name'], s['name'])} = {s['text']}" for s in signs["signs"])
    runs = study.controls[agents[0]]["runs"]
    cut = progress.cut(study, agents, signs["prefix"])
    return (
        f"{real} and {runs} null searches of each kind, {cut}. Bars: exact 95 % intervals. "
        f"{texts[:1].upper()}{texts[1:]}. Where real and null overlap, the sign says nothing."
    )


def alt(study: StudyData) -> str:
    """Return every share of the real and of the first kind of null searches."""
    parts = []
    for agent in _agents(study):
        for sign in study.signs[agent]["signs"]:
            arms = (sign["real"], sign["null_constant"])
            real, null = (f"{100 * arm['share']:.0f} %" if arm else "unknown" for arm in arms)
            parts.append(f"{agent}, {_TITLES.get(sign['name'], sign['name'])}: real {real}, null {null}")
    return f"{'; '.join(parts)}."

"""Power: how often each agent finds an optimum that is known to be there, at the noise that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData
from rlsearch.statistics import intervals

TITLE = "Finding an optimum that is there"
SECTION = "controls"
ORDER = 52
ROUNDING = 1e-9
"""Planted rewards that differ by less are equal: sums of shares, whose last digits mean nothing."""


def applies(study: StudyData) -> bool:
    """Tell whether an agent was tried on the planted optimum."""
    return bool(_agents(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one row per agent: share of runs that land near the optimum, by its answer and by a quadratic fit."""
    agents = _agents(study)
    figure, [axes] = style.panels(layout, 1, height=0.42 * len(agents) + 0.9)
    for row, agent in enumerate(agents):
        control = study.controls[agent]
        colour = style.colour(study.place(agent))
        # One above the other, so that equal shares do not hide each other.
        for offset, key, face in ((-0.13, "hit_share", colour), (0.13, "hit_share_fit", style.PAPER)):
            share = control["planted"][key]
            if share is None:
                continue
            # The artefact holds the share; the exact interval needs the count back.
            interval = intervals.proportion_interval(round(share * control["runs"]), control["runs"])
            if interval is not None:
                ends = [100 * interval.low, 100 * interval.high]
                axes.plot(ends, [row + offset] * 2, color=colour, linewidth=1.6)
            axes.plot(100 * share, row + offset, "o", color=face, markeredgecolor=colour, markersize=6)
    axes.plot([], [], "o", color=style.INK, label="the agent's answer")
    if study.decision is not None:
        axes.plot([], [], "o", color=style.PAPER, markeredgecolor=style.INK, label="quadratic fit to its trials")
    chance = 100 * study.controls[agents[0]]["planted"]["chance"]
    axes.axvline(chance, color=style.MUTED, linestyle="--", linewidth=1.0, zorder=1, label="chance")
    axes.set_yticks(range(len(agents)), agents)
    axes.set_ylim(len(agents) - 0.5, -0.5)
    axes.set_xlim(-2, 102)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("runs that land near the optimum (%)")
    figure.legend(loc="outside upper left", ncols=3 if layout is style.WIDE else 1)
    return figure


def _agents(study: StudyData) -> list[str]:
    return [agent for agent in study.agents if study.controls.get(agent, {}).get("planted")]


def caption(study: StudyData) -> str:
    """Return n, what counts as a hit, and what the bars are."""
    control = study.controls[_agents(study)[0]]
    planted = control["planted"]
    return (
        f"{control['runs']} simulated searches of {control['prefix']} trials with one optimum planted"
        f"{_hit(study, planted)}. Bars: exact 95 % intervals. "
        f"Dashed: the share that random answers would hit ({100 * planted['chance']:.1f} %)."
    )


def _hit(study: StudyData, planted: Mapping[str, Any]) -> str:
    """Return what counts as a hit: a distance on a scale, or a reward where the space has none."""
    if study.decision is not None:
        return f" at {planted['optimum']:.3g}; a hit lies within {planted['within']:g} of it"
    if abs(planted["within"]) < ROUNDING:
        return f"; a hit is an answer whose planted reward is the optimum's, {planted['optimum']:.3g}"
    return (
        f"; a hit is an answer whose planted reward lies within {planted['within']:.3g} of the optimum's, "
        f"{planted['optimum']:.3g}"
    )


def alt(study: StudyData) -> str:
    """Return every share."""
    shares = [(agent, study.controls[agent]["planted"]) for agent in _agents(study)]
    parts = [f"{agent} {100 * p['hit_share']:.0f} %{_fit(p['hit_share_fit'])}" for agent, p in shares]
    return f"Share of runs that land near the planted optimum: {'; '.join(parts)}."


def _fit(share: float | None) -> str:
    return "" if share is None else f" (fit {100 * share:.0f} %)"

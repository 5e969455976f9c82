"""What policies reach on the schedule tree, beside policies whose episodes said nothing about their choices."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.report import words
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData
from rlsearch.statistics import intervals

TITLE = "Regret of policies, and of policies with nothing to learn"
SECTION = "controls"
ORDER = 53
RANDOM, STATIC = "random switching", "best static"


def applies(study: StudyData) -> bool:
    """Tell whether policies and null runs on the tree are known."""
    return bool(study.loop.policies)


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return two rows per agent, real and null: every run, the mean and its interval, in the unit of the measure."""
    found, measure = study.loop.policies, study.measure
    figure, [axes] = style.panels(layout, 1, height=0.62 * len(found) + 0.75)
    for row, (agent, one) in enumerate(found.items()):
        colour = style.colour(study.place(agent))
        _row(axes, row - 0.2, list(map(measure.scaled, one.regret[measure.name])), colour, "o")
        _row(axes, row + 0.2, list(map(measure.scaled, one.null_regret[measure.name])), style.MUTED, "s")
    axes.set_yticks(range(len(found)), list(found))
    axes.set_ylim(len(found) - 0.5, -0.6)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"regret ({measure.unit} of {measure.label})")
    style.reference(axes, list(_levels(study).items()))
    axes.plot([], [], "o", color=style.INK, label="real runs")
    axes.plot([], [], "s", color=style.MUTED, label="nothing to learn")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _row(axes: Axes, place: float, shown: Sequence[float], colour: str, marker: str) -> None:
    axes.plot(shown, [place + 0.1] * len(shown), "o", color=colour, alpha=0.3, markersize=2.8, markeredgewidth=0)
    interval = intervals.t_interval(shown)
    if interval is not None:
        axes.plot([interval.low, interval.high], [place, place], color=colour, linewidth=1.8, solid_capstyle="butt")
    axes.plot(fmean(shown), place, marker, color=colour, markersize=6)


def _levels(study: StudyData) -> dict[str, float]:
    """Return the regret of random switching and of the best static choice, in their unit."""
    found = {one.kind: one for one in study.loop.references if one.kind == "random"}
    statics = [one.value.regret for one in study.loop.references if one.kind == "optimizer"]
    levels = {RANDOM: found["random"].value.regret} if found else {}
    known = {**levels, STATIC: min(statics)} if statics else levels
    return {name: study.measure.scaled(value) for name, value in known.items()}


def caption(study: StudyData) -> str:
    """Return n, what a null run is, and how much of a planted return is reached."""
    found, name = study.loop.policies, study.measure.name
    real = words.between_counts([len(one.regret[name]) for one in found.values()], "run", "runs")
    null = words.between_counts([len(one.null_regret[name]) for one in found.values()], "null run", "null runs")
    planted = ", ".join(
        f"{agent} {words.percent(fmean(one.planted_choices), 0)} (chance {words.percent(one.planted_chance, 0)})"
        for agent, one in found.items()
        if one.planted_choices
    )
    return (
        f"Regret of the frozen policy in the trainings that no search saw, 0 being the best schedule: {real} and "
        f"{null} of each agent, means and 95 % t intervals. In a null run every episode shows the progress of a "
        "schedule drawn at random. A policy has learned something only where its real runs lie to the left of its null "
        "runs. Dashed and dotted: exact values of the tree."
        + (f" Best choices on a planted problem with the tree's noise: {planted}." if planted else "")
    )


def alt(study: StudyData) -> str:
    """Return every mean."""
    measure = study.measure
    means = {
        agent: [fmean(found[measure.name]) for found in (one.regret, one.null_regret)]
        for agent, one in study.loop.policies.items()
    }
    shown = {agent: [measure.number(mean, sign=False) for mean in pair] for agent, pair in means.items()}
    parts = [f"{agent}: real {real}, null {null}" for agent, (real, null) in shown.items()]
    return f"Mean regret in {measure.unit}. {'; '.join(parts)}."

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
    policies, measure = study.loop.policies, study.measure
    figure, [axes] = style.panels(layout, 1, height=0.62 * len(policies) + 0.75)
    for row, (agent, controls) in enumerate(policies.items()):
        colour = style.colour(study.place(agent))
        _row(axes, row - 0.2, list(map(measure.scaled, controls.regret[measure.name])), colour, "o")
        _row(axes, row + 0.2, list(map(measure.scaled, controls.null_regret[measure.name])), style.MUTED, "s")
    axes.set_yticks(range(len(policies)), list(policies))
    axes.set_ylim(len(policies) - 0.5, -0.6)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"regret ({measure.unit} of {measure.label})")
    style.reference(axes, list(_levels(study).items()))
    # Empty lines, for the legend alone: its marks must not have the colour of one agent.
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
    references = study.loop.references
    random = [reference.value.regret for reference in references if reference.kind == "random"]
    statics = [reference.value.regret for reference in references if reference.kind == "optimizer"]
    levels = {RANDOM: random[-1]} if random else {}
    if statics:
        levels[STATIC] = min(statics)
    return {name: study.measure.scaled(value) for name, value in levels.items()}


def caption(study: StudyData) -> str:
    """Return n, what a null run is, and how much of a planted return is reached."""
    policies, name = study.loop.policies, study.measure.name
    real = words.between_counts([len(controls.regret[name]) for controls in policies.values()], "run", "runs")
    null = words.between_counts(
        [len(controls.null_regret[name]) for controls in policies.values()], "null run", "null runs"
    )
    planted = ", ".join(
        f"{agent} {words.percent(fmean(controls.planted_choices), 0)} "
        f"(chance {words.percent(controls.planted_chance, 0)})"
        for agent, controls in policies.items()
        if controls.planted_choices
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
        agent: [fmean(regret[measure.name]) for regret in (controls.regret, controls.null_regret)]
        for agent, controls in study.loop.policies.items()
    }
    shown = {agent: [measure.number(mean, sign=False) for mean in pair] for agent, pair in means.items()}
    parts = [f"{agent}: real {real}, null {null}" for agent, (real, null) in shown.items()]
    return f"Mean regret in {measure.unit}. {'; '.join(parts)}."

"""How far from the best candidate of the space each agent's choice is, over the share of the budget it has spent."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.measures import Measure
from rlsearch.report import regret, repetitions, words
from rlsearch.report.plotting import apart, lines, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Regret over the budget"
SECTION = "table"
ORDER = 22
DASHES: tuple[Any, ...] = ("--", ":", "-.", (0, (8, 2)), (0, (1, 3)), (0, (5, 1, 1, 1, 1, 1)), (0, (2, 4)))
FAR = 1.6
"""A reference whose regret is more than this many times the agents' largest is left off the axis."""


def applies(study: StudyData) -> bool:
    """Tell whether the regret of repeated searches is known."""
    return bool(study.regret)


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a panel for the measure and one for the loss, a line per agent; 0 is the best candidate.

    On a schedule tree grey lines are the exact values of reference schedules.
    """
    wide, measures = layout is style.WIDE, regret.measures(study)
    if _apart(study):
        return _panels(study, layout)
    figure, panels = style.panels(layout, len(measures), height=_height(study, wide), columns=2 if wide else 1)
    for measure, axes in zip(measures, panels, strict=True):
        lines.draw(axes, study, regret.curves(study, measure))
        _references(axes, study, measure)
        axes.set_title(f"in {measure.label}")
        axes.set_ylabel(f"regret ({measure.unit})")
        axes.set_xlabel("share of the budget (%)")
        low, high = _view(study, measure)
        axes.set_ylim(low, high)
    lines.legend(figure, panels, layout)
    return figure


def _apart(study: StudyData) -> bool:
    """Tell whether each agent has a panel; references, which all are compared with, are drawn in one panel only."""
    return apart.many(study.regret) and not study.loop.references


def _panels(study: StudyData, layout: Layout) -> Figure:
    figure, _ = apart.draw(study, layout, [regret.curves(study, study.measure)], from_zero=True)
    figure.supxlabel("share of the budget (%)")
    figure.supylabel(f"regret in {study.measure.label} ({study.measure.unit})")
    return figure


def _height(study: StudyData, wide: bool) -> float:
    """Return inches of a panel, with its share of the legend's rows."""
    return 3.0 if wide else 2.5 + 0.05 * len(study.loop.references)


def _view(study: StudyData, measure: Measure) -> tuple[float, float]:
    """Return the axis: 0 and the agents' bands, and the references that are not far above them.

    A policy may be better than the best schedule, since it can take another one in every training.
    """
    bands = regret.curves(study, measure).values()
    top = max(float(band.high.max()) for band in bands)
    low = min(0.0, *(float(band.low.min()) for band in bands))
    near = [value for _, value in _levels(study, measure) if value <= FAR * top]
    # Never 0 alone: matplotlib warns of an axis without height, and warnings are errors in tests.
    return low, 1.05 * max(top, *near, 1e-9)


def _levels(study: StudyData, measure: Measure) -> list[tuple[str, float]]:
    shown = [reference for reference in study.loop.references if reference.kind not in ("best", "validated")]
    return [(reference.title, measure.scaled(reference.values[measure.name].regret)) for reference in shown]


def _references(axes: Axes, study: StudyData, measure: Measure) -> None:
    for number, (title, value) in enumerate(_levels(study, measure)):
        if value <= _view(study, measure)[1]:
            look: dict[str, Any] = {"color": style.MUTED, "linewidth": 1.0, "zorder": 1}
            axes.axhline(value, linestyle=DASHES[number % len(DASHES)], label=title, **look)


def caption(study: StudyData) -> str:
    """Return what regret is, n, and what the bands are."""
    return (
        f"Regret: {regret.meaning(study, f'the {study.noun} that the search considered the best so far')}. "
        "Lines and bands: mean and 95 % t "
        f"interval of {repetitions.runs(study)} searches of each agent at the same budget of FLOPs. The curve stops "
        "before the finalists are trained again; for what the answers are worth after that, see the table."
        f"{repetitions.about_cap(study)}{_about_panels(study)}"
        f"{words.about_twins(repetitions.agents(study))}{_about_policies(study)}"
    )


def _about_panels(study: StudyData) -> str:
    """Return what lies behind the lines where each agent has a panel, whose axes differ, and what is only told."""
    if not _apart(study):
        return ""
    alone = apart.far(regret.curves(study, study.measure))
    rest = [measure.label for measure in regret.measures(study)[1:]]
    return (
        " Grey: the means of the other agents"
        + (f", without {', '.join(alone)}, far above, with an axis of its own" if alone else "")
        + ". Dashed: the agent's never-updated twin."
        + (f" Regret in {', '.join(rest)}: see the table." if rest else "")
    )


def _about_policies(study: StudyData) -> str:
    """Return how policies are judged, and which references lie off the axes."""
    if not study.loop.references:
        return ""
    far = [
        f"{title} ({words.number(value)} {measure.unit})"
        for measure in regret.measures(study)
        for title, value in _levels(study, measure)
        if value > _view(study, measure)[1]
    ]
    return (
        " A policy is judged by what it does when frozen as it then is, so it may fall below 0. Grey lines: exact "
        "values of the tree." + (f" Off the axis: {', '.join(far)}." if far else "")
    )


def alt(study: StudyData) -> str:
    """Return each agent's regret at the end of the budget."""
    measure = study.measure
    ends = {agent: values[measure.name]["by_budget"].mean[-1] for agent, values in study.regret.items()}
    parts = [f"{agent} {words.effect(float(end), measure, sign=False)}" for agent, end in ends.items()]
    return f"Mean regret in {measure.label} when the budget is spent: {'; '.join(parts)}."

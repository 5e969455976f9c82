"""Test level against what a run costs, with the arms that nothing beats in both."""

from __future__ import annotations

from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.config.artefacts import Slot
from rlsearch.evidence import convergence, tables
from rlsearch.report import words
from rlsearch.report.plotting import looks, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData
from rlsearch.report.table import level_interval
from rlsearch.statistics import intervals

TITLE = "Test results against the cost of training"
SECTION = "target"
ORDER = 32


def applies(study: StudyData) -> bool:
    """Tell whether two arms can be compared."""
    return len(_points(study)) > 1


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one mark per slot with the intervals of both means; a line joins the marks on the Pareto front."""
    points, wide = _points(study), layout is style.WIDE
    columns = 4 if wide else 2
    # The second term is room for the rows of the legend.
    figure, [axes] = style.panels(layout, 1, height=2.9 + 0.17 * -(-len(points) // columns))
    edge = sorted((cost, value) for _, cost, value, on_front in points if on_front)
    # Steps, not slopes: between two marks of the front no slot was measured, and the cheaper one holds until the next.
    axes.step(*zip(*edge, strict=True), where="post", color=style.MUTED, linewidth=1.0, linestyle="--", zorder=1)
    for slot, cost, value, on_front in points:
        _bars(axes, study, slot, cost, value)
        look = looks.mark(study, slot)
        axes.plot(cost, value, linestyle="none", markersize=6.5, zorder=3, label=slot.name, **look)
        if on_front:
            axes.plot(cost, value, "o", color="none", markeredgecolor=style.MUTED, markersize=12, zorder=2)
    axes.set_xlabel("cost of a run (epochs of plain SGD)")
    axes.set_ylabel(f"test {study.target_measure.axis}")
    axes.margins(x=0.08, y=0.1)
    handles = axes.get_legend_handles_labels()[0]
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)
    return figure


def _points(study: StudyData) -> list[tuple[Slot, float, float, bool]]:
    """Return slot, mean cost, mean level as it is shown, and whether it is on the front."""
    measure, arms = study.target_measure, study.trained
    slots = [slot for slot in study.compared if slot.name in arms and _tested(study, slot)]
    costs = [fmean(arms[slot.name].costs) for slot in slots]
    means = [measure.mean(_tested(study, slot)) for slot in slots]
    # Merits, of which more is better: a loss is then ranked the right way round too.
    front = convergence.front(list(zip(costs, map(measure.merit, means), strict=True)))
    return [
        (slot, cost, measure.factor * mean, on_front)
        for slot, cost, mean, on_front in zip(slots, costs, means, front, strict=True)
    ]


def _tested(study: StudyData, slot: Slot) -> list[float]:
    return tables.levels(study.trained[slot.name].tested(study.target_measure.metric), study.target_measure)


def _bars(axes: Axes, study: StudyData, slot: Slot, cost: float, value: float) -> None:
    arm = study.trained[slot.name]
    colour = looks.colour(study, slot)
    factor, up = study.target_measure.factor, level_interval(_tested(study, slot), study.target_measure)
    across = intervals.t_interval(arm.costs, bounds=intervals.POSITIVE)
    if up is not None:
        axes.plot([cost, cost], [factor * up.low, factor * up.high], color=colour, linewidth=1.0, alpha=0.6)
    if across is not None:
        axes.plot([across.low, across.high], [value, value], color=colour, linewidth=1.0, alpha=0.6)


def front(study: StudyData) -> list[str]:
    """Return the names of the slots on the Pareto front."""
    return [slot.name for slot, _, _, on_front in _points(study) if on_front]


def caption(study: StudyData) -> str:
    """Return n, the unit of cost, what the front is, and what the cost leaves out."""
    counts = [len(study.trained[slot.name].runs) for slot, *_ in _points(study)]
    runs = words.between_counts(counts, "retraining run", "retraining runs")
    return (
        f"Means of {runs} with 95 % t intervals in both directions, cut where no value can lie. Cost: FLOPs of the run "
        "divided by those of an epoch of plain SGD on this network; SAM passes twice over each batch and costs two. "
        "Ringed and joined: the Pareto front, slots for which no other is at least as good in both and better in one; "
        "means alone decide, so a ring is no verdict. The cost of the search is not included; it is in the table."
    )


def alt(study: StudyData) -> str:
    """Return every mark."""
    measure = study.target_measure
    parts = [
        f"{slot.name} {measure.show(value / measure.factor)} at {cost:.3g}{' (front)' if on_front else ''}"
        for slot, cost, value, on_front in _points(study)
    ]
    return f"Mean test {measure.label} at mean cost in epochs of plain SGD: {'; '.join(parts)}."

"""Does it matter that optimizers keep their state while others train? Every schedule, with and without."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.evidence.sensitivity import Carry
from rlsearch.measures import Measure
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData
from rlsearch.units import counted

TITLE = "Optimizer state carried over or reset"
SECTION = "sensitivity"
ORDER = 45


def applies(study: StudyData) -> bool:
    """Tell whether the tree is accompanied by one in which the optimizer state is reset."""
    return study.loop.carry is not None


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return every schedule's test level in both trees, and the mean difference by number of switches."""
    assert study.loop.carry is not None
    wide = layout is style.WIDE
    figure, [left, right] = style.panels(layout, 2, height=3.1 if wide else 2.7, columns=2 if wide else 1)
    _schedules(left, study.loop.carry, study.measure)
    _differences(right, study.loop.carry, study.measure)
    return figure


def _schedules(axes: Axes, carry: Carry, measure: Measure) -> None:
    x, y = (measure.factor * measure.level_of(merits) for merits in (carry.recreated, carry.carried))
    ends = [min(x.min(), y.min()), max(x.max(), y.max())]
    # Both axes show the same measure: on the diagonal the two trees agree.
    axes.plot(ends, ends, color=style.MUTED, linestyle="--", linewidth=1.0)
    for switches in sorted(set(carry.switches.tolist())):
        rows = carry.switches == switches
        look: dict[str, Any] = {"color": style.colour(switches), "markersize": 4.5, "markeredgewidth": 0}
        name = counted(switches, "switch")
        axes.plot(x[rows], y[rows], style.marker(switches), linestyle="none", label=name, **look)
    axes.set_xlabel(f"reset: test {measure.axis}")
    axes.set_ylabel(f"carried: test {measure.axis}")
    axes.set_title("Every schedule")
    axes.legend(loc="upper left", handletextpad=0.2)


def _differences(axes: Axes, carry: Carry, measure: Measure) -> None:
    for row, group in enumerate(carry.groups):
        if group.interval is not None:
            ends = [measure.scaled(group.interval.low), measure.scaled(group.interval.high)]
            axes.plot(ends, [row, row], color=style.INK, linewidth=1.8)
        axes.plot(measure.scaled(group.mean), row, "o", color=style.INK, markersize=5.5)
    axes.axvline(0.0, color=style.MUTED, linestyle="--", linewidth=1.0, zorder=1)
    axes.set_yticks(range(len(carry.groups)), [group.title for group in carry.groups])
    axes.set_ylim(len(carry.groups) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"carried less reset ({measure.unit})")
    axes.set_title("Mean difference")


def caption(study: StudyData) -> str:
    """Return n, what the bars are and which schedule is best in each tree."""
    carry = study.loop.carry
    assert carry is not None
    shown = study.measure.show_merit
    best = "; ".join(
        f"best when {title}: {label} ({shown(carried)} carried, {shown(recreated)} reset)"
        for title, label, carried, recreated in carry.best
    )
    return (
        f"{len(carry.carried)} schedules, each the mean of the same {carry.trainings} trainings in both trees; above "
        "the dashed line carrying is better. Bars: 95 % t intervals over the trainings, schedules averaged within "
        f"each. Reset means at every epoch, as in the source's code, so schedules without a switch lose their "
        f"momentum as well. {best[:1].upper()}{best[1:]}."
    )


def alt(study: StudyData) -> str:
    """Return the mean differences."""
    carry = study.loop.carry
    assert carry is not None
    parts = [f"{group.title} {study.measure.number(group.mean)}" for group in carry.groups]
    what = f"test {study.measure.label}, carried less reset, in {study.measure.unit}"
    return f"Mean difference in {what}: {'; '.join(parts)}."

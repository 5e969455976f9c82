"""Final test level of every retrained candidate: each run, the mean, and its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.config.artefacts import Slot
from rlsearch.evidence import tables
from rlsearch.report import words
from rlsearch.report.plotting import looks, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData
from rlsearch.report.table import level_interval

TITLE = "Test results on the target network"
SECTION = "target"
ORDER = 31
ROOM = 0.25
"""Beyond the runs on each side, as a share of what they span."""


def applies(study: StudyData) -> bool:
    """Tell whether a best candidate or a baseline has a test level."""
    return bool(_shown(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one row per candidate; the first baseline's mean runs through as a dashed line."""
    shown, measure = _shown(study), study.target_measure
    figure, [axes] = style.panels(layout, 1, height=0.34 * len(shown) + 0.55)
    view = _view(study)
    for row, (slot, values) in enumerate(shown):
        colour, mark = looks.colour(study, slot), looks.mark(study, slot)
        mark = {**mark, "marker": "o"} if slot.role == "reference" else mark
        points = [measure.factor * value for value in values]
        axes.plot(points, [row + 0.2] * len(points), "o", color=colour, alpha=0.45, markersize=3.2, markeredgewidth=0)
        interval = level_interval(values, measure)
        if interval is not None:
            ends = [measure.factor * interval.low, measure.factor * interval.high]
            axes.plot(np.clip(ends, *view), [row, row], color=colour, linewidth=1.8, solid_capstyle="butt")
            _cut(axes, row, ends, view, colour)
        axes.plot(measure.factor * measure.mean(values), row, markersize=6, linestyle="none", **mark)
    axes.set_yticks(range(len(shown)), [_name(study, slot, layout) for slot, _ in shown])
    axes.set_ylim(len(shown) - 0.5, -0.6)
    axes.set_xlim(*view)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"test {measure.axis}")
    baseline = next(((slot, values) for slot, values in shown if slot.role == "reference"), None)
    if baseline is not None:
        mean = measure.factor * measure.mean(baseline[1])
        axes.axvline(mean, color=style.MUTED, linestyle="--", linewidth=1.0, zorder=1)
    return figure


def _view(study: StudyData) -> tuple[float, float]:
    """Return the axis: all runs, and a quarter of what they span to either side, or the intervals where they need less.

    The interval of two or three runs may hold all levels that there are, and would squeeze everything else.
    """
    measure = study.target_measure
    runs = [measure.factor * value for _, values in _shown(study) for value in values]
    intervals = [interval for _, values in _shown(study) if (interval := level_interval(values, measure))]
    room = ROOM * (max(runs) - min(runs)) or 1.0
    low = min([min(runs), *(measure.factor * interval.low for interval in intervals)])
    high = max([max(runs), *(measure.factor * interval.high for interval in intervals)])
    edge = 0.02 * (high - low) or 1.0
    return max(low - edge, min(runs) - room), min(high + edge, max(runs) + room)


def _cut(axes: Axes, row: int, ends: Sequence[float], view: tuple[float, float], colour: str) -> None:
    """Mark the ends of an interval that lie beyond the axis."""
    for end, edge, marker in zip(ends, view, ("<", ">"), strict=True):
        if (end < edge) if marker == "<" else (end > edge):
            axes.plot(edge, row, marker, color=colour, markersize=6, clip_on=False, zorder=4)


def _name(study: StudyData, slot: Slot, layout: Layout) -> str:
    """Return the name at the axis; a schedule would take half the width of a phone."""
    return slot.name if study.closed_loop and layout is not style.WIDE else study.short_title(slot)


def _shown(study: StudyData) -> list[tuple[Slot, list[float]]]:
    measure = study.target_measure
    levels = [(slot, tables.tested(study.retrained.get(slot.name, {}), measure)) for slot in study.compared]
    return [(slot, values) for slot, values in levels if values]


def caption(study: StudyData) -> str:
    """Return n and what the bars are."""
    n = words.between_counts([len(values) for _, values in _shown(study)], "retraining run", "retraining runs")
    first = next((slot.name for slot, _ in _shown(study) if slot.role == "reference"), None)
    line = f" Dashed: the mean of {first}." if first else ""
    hollow = (
        " Hollow: a schedule that a policy chose, followed without observing the run."
        if study.of_role("replay")
        else ""
    )
    low, high = (end / study.target_measure.factor for end in _view(study))
    intervals = [level_interval(values, study.target_measure) for _, values in _shown(study)]
    wide = any(interval and not low <= interval.low <= interval.high <= high for interval in intervals)
    cut = " Arrowheads: an interval that goes on beyond the axis; its ends stand in the table." if wide else ""
    return (
        f"Small dots: {n} each, each measured once. Bars: 95 % t interval of the mean (from two runs on).{cut}{line}"
        f"{hollow}"
    )


def alt(study: StudyData) -> str:
    """Return every mean."""
    measure = study.target_measure
    parts = [f"{slot.name} {measure.show(measure.mean(values))}" for slot, values in _shown(study)]
    return f"Mean test {measure.label}: {'; '.join(parts)}."

"""The variance of each agent's policy-gradient estimate, beside the estimate without a baseline."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from rlsearch.report import gradient, words
from rlsearch.report.gradient import Point
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Variance of the policy-gradient estimate"
SECTION = "gradient"
ORDER = 26


def applies(study: StudyData) -> bool:
    """Tell whether an agent's gradient was measured beside the plain one."""
    return bool(_points(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a row for every agent and frozen policy: variance as a share of the plain estimator's, on a log axis."""
    points = _points(study)
    figure, [axes] = style.panels(layout, 1, height=0.27 * len(points) + 0.75)
    for row, point in enumerate(points):
        _row(axes, row, point, study.place(point.agent))
    axes.axvline(1.0, color=style.MUTED, linestyle="--", linewidth=1.0, zorder=1)
    axes.set_yticks(range(len(points)), [f"{point.agent}, {_when(point)}" for point in points])
    axes.set_ylim(len(points) - 0.5, -0.6)
    axes.grid(axis="y", visible=False)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("variance / variance without a baseline")
    return figure


def _points(study: StudyData) -> list[Point]:
    return [point for point in gradient.points(study) if point.ratio is not None]


def _when(point: Point) -> str:
    return f"after {words.between_counts([point.updates], 'update', 'updates')}" if point.updates else "at the start"


def _row(axes: Axes, row: int, point: Point, index: int) -> None:
    colour = style.colour(index)
    if point.interval is not None:
        # On a log axis an end far below would take most of the room.
        axes.plot([max(point.interval.low, 1e-4), point.interval.high], [row, row], color=colour, linewidth=1.8)
    axes.plot(point.ratio or 1.0, row, style.marker(index), color=colour, markersize=5.5)


def caption(study: StudyData) -> str:
    """Return n and how the ratio is read."""
    return (
        f"Trace of the covariance of the gradient estimate over {gradient.batches(study)} batches at frozen policies "
        "of each agent, divided by that of the estimator without a baseline on the same batches, without clipping; "
        f"geometric mean over {gradient.searches(study)} searches. Bars: 95 % t intervals over searches. "
        "Dashed: equal variance; to its left the agent's estimate is the quieter one."
    )


def alt(study: StudyData) -> str:
    """Return every ratio."""
    parts = [f"{point.agent} {_when(point)} {words.number(point.ratio)}" for point in _points(study)]
    return f"Variance relative to the estimate without a baseline: {'; '.join(parts)}."

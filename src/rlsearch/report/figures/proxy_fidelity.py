"""Does the cheap proxy rank candidates as the target does? Each grid point or sampled network on both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import rankdata

from rlsearch.evidence import tables
from rlsearch.report import words
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import SHORT_LABEL, StudyData
from rlsearch.report.table import level_interval
from rlsearch.statistics.intervals import Interval

TITLE = "Proxy against target"
SECTION = "fidelity"
ORDER = 40

Point = Mapping[str, Any]


def applies(study: StudyData) -> bool:
    """Tell whether a grid point or sampled network was measured on both networks."""
    return bool(study.fidelity["points"])


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return levels, ranks and, for one continuous decision, both levels along it."""
    panels: list[Callable[[Axes, StudyData], None]] = [_levels, _ranks]
    if study.decision is not None:
        panels.append(_profile)
    columns, height = (3, 2.9) if layout is style.WIDE else (1, 2.6)
    figure, axes = style.panels(layout, len(panels), height=height, columns=columns)
    for panel, draw_panel in zip(axes, panels, strict=True):
        draw_panel(panel, study)
    return figure


def _levels(axes: Axes, study: StudyData) -> None:
    measure, factor = study.measure, study.measure.factor
    for point in study.fidelity["points"]:
        x, y = factor * point["proxy"], factor * point["target"]
        across, up = proxy_interval(study, point), target_interval(study, point)
        if across is not None:
            axes.plot([factor * across.low, factor * across.high], [y, y], color=style.MUTED, linewidth=0.9)
        if up is not None:
            axes.plot([x, x], [factor * up.low, factor * up.high], color=style.MUTED, linewidth=0.9)
        _dot(axes, x, y, point)
    axes.set_xlabel(f"proxy: {study.split} {measure.axis}")
    axes.set_ylabel(f"target: test {measure.axis}")
    axes.set_title("Both networks")


def _dot(axes: Axes, x: float, y: float, point: Point) -> None:
    face = style.PAPER if point["trained"] is False else style.COLOURS[0]
    axes.plot(x, y, "o", color=face, markeredgecolor=style.COLOURS[0], markersize=5, zorder=3)


def _ranks(axes: Axes, study: StudyData) -> None:
    points = study.fidelity["points"]
    # `rankdata` gives rank 1 to the smallest, and 1 is to be the best; ties share the mean of their ranks.
    proxy, target = (rankdata([-study.measure.merit(point[key]) for point in points]) for key in ("proxy", "target"))
    axes.plot([1, len(points)], [1, len(points)], color=style.MUTED, linestyle="--", linewidth=1.0)
    for x, y, point in zip(proxy, target, points, strict=True):
        _dot(axes, float(x), float(y), point)
        axes.annotate(_short(study, point), (x, y), xytext=(5, 2), textcoords="offset points", fontsize=7.5)
    axes.set_xlabel("rank on the proxy (1 = best)")
    axes.set_ylabel("rank on the target")
    axes.set_title(words.tau(study.fidelity["all"], brief=True))
    axes.set_xlim(0.4, len(points) + 1.2)
    axes.set_ylim(0.4, len(points) + 0.9)
    style.integer_ticks(axes, "x", count=6)
    style.integer_ticks(axes, "y", count=6)


def _short(study: StudyData, point: Point) -> str:
    value = study.value(study.selected[point["slot"]]["spec"])
    if value is not None:
        return f"{value:g}"
    # Of a long one the number of its slot: names would cover each other.
    return str(point["label"] if len(point["label"]) <= SHORT_LABEL else point["slot"].rpartition("-")[2])


def _profile(axes: Axes, study: StudyData) -> None:
    assert study.decision is not None
    points, factor = study.along(study.fidelity["points"]), study.measure.factor
    x = [study.value(study.selected[point["slot"]]["spec"]) or 0.0 for point in points]
    series = (("proxy", study.split, proxy_interval), ("target", "test", target_interval))
    for number, (key, split, interval) in enumerate(series):
        look: dict[str, Any] = {"color": style.colour(number), "markersize": 4, "linewidth": 1.2}
        y = [factor * point[key] for point in points]
        axes.plot(x, y, f"-{style.marker(number)}", label=f"{key} ({split})", **look)
        for value, point in zip(x, points, strict=True):
            ends = interval(study, point)
            if ends is not None:
                bar = [factor * ends.low, factor * ends.high]
                axes.plot([value, value], bar, color=style.colour(number), linewidth=1.0)
    axes.set_xlabel(study.decision.name)
    axes.set_ylabel(study.measure.axis)
    axes.set_title(f"Both along {study.decision.name}")
    axes.legend(loc="lower center")


def proxy_interval(study: StudyData, point: Point) -> Interval | None:
    """Return the 95 % t interval of a point's level on the proxy."""
    return level_interval(study.selected[point["slot"]]["proxy"]["values"], study.measure)


def target_interval(study: StudyData, point: Point) -> Interval | None:
    """Return the 95 % t interval of a point's test level on the target."""
    return level_interval(tables.tested(study.retrained[point["slot"]], study.measure), study.measure)


def caption(study: StudyData) -> str:
    """Return n, what the bars are, and how the coefficient is read."""
    fidelity = study.fidelity
    runs = [len(tables.tested(study.retrained[point["slot"]], study.measure)) for point in fidelity["points"]]
    retrained = words.between_counts(runs, "retraining run", "retraining runs")
    bars = any(ends(study, point) for point in fidelity["points"] for ends in (proxy_interval, target_interval))
    text = (
        f"{len(fidelity['points'])} of {fidelity['slots']} {fidelity['noun']}s, each the mean of its proxy trainings "
        f"over all search seeds and of {retrained}. "
        f"{'Bars: 95 % t intervals (wide where runs are few). ' if bars else ''}"
        f"{words.tau(fidelity['all'])}: Kendall's tau is 1 when both rank all pairs alike, 0 when the rankings have "
        "nothing to do with each other."
    )
    if long := [point for point in fidelity["points"] if len(point["label"]) > SHORT_LABEL]:
        number = long[0]["slot"].rpartition("-")[2]
        text += f" Numbers are those of slots: {number} is {long[0]['slot']}."
    failed = [point for point in fidelity["points"] if point["trained"] is False]
    if not failed:
        return text
    without = words.tau(fidelity["trained"])
    return f"{text} Rings: {len(failed)} points that hardly trained on the proxy; without them {without}."


def alt(study: StudyData) -> str:
    """Return the coefficient."""
    return f"{words.tau(study.fidelity['all'])}, over {len(study.fidelity['points'])} {study.fidelity['noun']}s."

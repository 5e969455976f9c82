"""Does the cheap proxy rank candidates as the target does? Each grid point measured on both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.evidence import statistics, tables
from rlsearch.report import words
from rlsearch.report.figures import style
from rlsearch.report.figures.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Proxy against target"
SECTION = "fidelity"
ORDER = 40


def applies(study: StudyData) -> bool:
    """Tell whether a grid point was measured on both networks."""
    return bool(study.fidelity["points"])


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return the scatter and, for one continuous decision, both accuracies along it."""
    along = study.decision is not None
    options = {"columns": 2 if layout is style.WIDE else 1}
    figure, cells = style.panels(layout, 2 if along else 1, height=3.2 if layout is style.WIDE else 2.6, **options)
    _scatter(cells[0][0], study)
    if along:
        _profile(cells[1][0], study)
    return figure


def _scatter(axes: Axes, study: StudyData) -> None:
    for point in study.fidelity["points"]:
        face = style.PAPER if point["trained"] is False else style.COLOURS[0]
        x, y = 100 * point["proxy"], 100 * point["target"]
        for ends, across in ((_proxy_interval(study, point), True), (_target_interval(study, point), False)):
            if ends is not None:
                low, high = 100 * ends.low, 100 * ends.high
                axes.plot(*(([low, high], [y, y]) if across else ([x, x], [low, high])), color=style.MUTED, linewidth=0.9)
        axes.plot(x, y, "o", color=face, markeredgecolor=style.COLOURS[0], markersize=5)
        text = f"{study.value(study.selected[point['slot']]['spec']):g}" if study.decision else point["label"]
        axes.annotate(text, (x, y), xytext=(5, 3), textcoords="offset points", fontsize=7.5, color=style.MUTED)
    axes.set_xlabel("proxy: validation accuracy (%)")
    axes.set_ylabel("target: test accuracy (%)")
    axes.set_title(words.tau(study.fidelity["all"]))


def _profile(axes: Axes, study: StudyData) -> None:
    assert study.decision is not None
    points = study.fidelity["points"]
    x = [study.value(study.selected[point["slot"]]["spec"]) for point in points]
    series = (("proxy", "validation", _proxy_interval), ("target", "test", _target_interval))
    for number, (key, split, interval) in enumerate(series):
        axes.plot(x, [100 * point[key] for point in points], color=style.colour(number), linewidth=1.2)
        for value, point in zip(x, points, strict=True):
            ends = interval(study, point)
            if ends is not None and value is not None:
                axes.plot([value, value], [100 * ends.low, 100 * ends.high], color=style.colour(number), linewidth=1.0)
            axes.plot(value, 100 * point[key], style.marker(number), color=style.colour(number), markersize=4.5)
        axes.plot([], [], style.marker(number), color=style.colour(number), label=f"{key} ({split})")
    axes.set_xlabel(study.decision.name)
    axes.set_ylabel("accuracy (%)")
    axes.set_title(f"Both along {study.decision.name}")
    axes.legend(loc="lower center", ncols=2)


def _proxy_interval(study: StudyData, point: Mapping[str, Any]) -> statistics.Interval | None:
    return statistics.t_interval(study.selected[point["slot"]]["proxy"]["values"])


def _target_interval(study: StudyData, point: Mapping[str, Any]) -> statistics.Interval | None:
    return statistics.t_interval(tables.test_accuracies(study.retrained[point["slot"]]))


def caption(study: StudyData) -> str:
    """Return n, what the bars are, and how the coefficient is read."""
    found = study.fidelity
    seeds = study.settings.fidelity.seeds if study.settings.fidelity else 0
    text = (
        f"{len(found['points'])} of {found['slots']} grid points, each the mean of its proxy trainings over all search seeds "
        f"and of {seeds} retraining runs. Bars: 95 % t intervals (wide where runs are few). Tau is Kendall's: 1 when both "
        "rank all pairs alike, 0 when the ranks have nothing to do with each other."
    )
    failed = [point for point in found["points"] if point["trained"] is False]
    if not failed:
        return text
    return f"{text} Rings: {len(failed)} points that hardly trained on the proxy; without them {words.tau(found['trained'])}."


def alt(study: StudyData) -> str:
    """Return the coefficient."""
    return f"{words.tau(study.fidelity['all'])}, over {len(study.fidelity['points'])} grid points."

"""The mean of the best candidates found so far over the trials (Zoph & Le 2017, figure 6), on the truth table."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from rlsearch.report import repetitions, words
from rlsearch.report.plotting import apart, lines, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData

TITLE = "The best candidates found so far"
SECTION = "table"
ORDER = 23
POINTS = 20
"""The most points of a line on a log axis."""


def applies(study: StudyData) -> bool:
    """Tell whether searches were repeated on a truth table."""
    return bool(repetitions.agents(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a panel for the best one, the mean of the best five, and so on; a line per agent."""
    ks, wide = repetitions.tops(study), layout is style.WIDE
    if apart.many(_bands(study, ks[0])):
        return _panels(study, layout)
    columns = min(3, len(ks)) if wide else 1
    figure, panels = style.panels(layout, len(ks), height=2.6 if wide else 2.2, columns=columns, sharey=True)
    for k, axes in zip(ks, panels, strict=True):
        lines.draw(axes, study, _bands(study, k), factor=study.measure.factor)
        axes.set_title(_named(k))
        axes.set_xlabel("trial")
        style.integer_ticks(axes, count=5)
    figure.supylabel(study.on_split(study.measure.axis))
    lines.legend(figure, panels[:1], layout)
    return figure


def _named(k: int) -> str:
    return "best so far" if k == 1 else f"mean of the best {k}"


def _panels(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent; a log axis, since searches differ in length and most is found early."""
    ks = repetitions.tops(study)
    kinds = [{agent: _thinned(band) for agent, band in _bands(study, k).items()} for k in ks]
    figure, panels = apart.draw(study, layout, kinds, factor=study.measure.factor)
    for axes in panels.values():
        axes.set_xscale("log")
        style.numbers(axes.xaxis)
    figure.supxlabel("trial")
    figure.supylabel(study.on_split(study.measure.axis))
    return figure


def _thinned(band: Band) -> Band:
    """Return points evenly far apart on a log axis: the others lie too close to be seen, and make the page large."""
    at = np.unique(np.geomspace(1, len(band.x), POINTS).round().astype(int)) - 1
    return Band(band.x[at], band.mean[at], band.low[at], band.high[at])


def _bands(study: StudyData, k: int) -> dict[str, Band]:
    bands = {agent: repetitions.top(study, agent, k) for agent in repetitions.agents(study)}
    return {agent: band for agent, band in bands.items() if band is not None and np.isfinite(band.mean).any()}


def caption(study: StudyData) -> str:
    """Return n, what the bands are, and why the values flatter."""
    return (
        f"Mean and 95 % t interval over {repetitions.runs(study)} searches of each agent. These are the values that "
        "the searches themselves saw: the best of many noisy values is too high, for every agent. Regret, above, "
        f"is free of that.{_about_panels(study)}{words.about_twins(repetitions.agents(study))}"
    )


def _about_panels(study: StudyData) -> str:
    """Return which line is which where each agent has a panel."""
    ks = repetitions.tops(study)
    if not apart.many(_bands(study, ks[0])):
        return ""
    paler = f" Paler: the {' and the '.join(map(_named, ks[1:]))}." if len(ks) > 1 else ""
    return f" Line and band: the {_named(ks[0])}.{paler} Grey: the other agents. Dashed: the never-updated twin."


def alt(study: StudyData) -> str:
    """Return where each agent ends."""
    k = repetitions.tops(study)[-1]
    parts = [f"{agent} {words.level(float(band.mean[-1]), study.measure)}" for agent, band in _bands(study, k).items()]
    return f"Mean of the best {k} {study.noun}s at the end of the search: {'; '.join(parts)}."

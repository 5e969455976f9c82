"""The mean of the best candidates found so far over the trials (Zoph & Le 2017, figure 6), on the truth table."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from rlsearch.report import repetitions, words
from rlsearch.report.plotting import lines, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData

TITLE = "The best candidates found so far"
SECTION = "table"
ORDER = 23


def applies(study: StudyData) -> bool:
    """Tell whether searches were repeated on a truth table."""
    return bool(repetitions.agents(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a panel for the best one, the mean of the best five, and so on; a line per agent."""
    ks, wide = repetitions.tops(study), layout is style.WIDE
    columns = min(3, len(ks)) if wide else 1
    figure, panels = style.panels(layout, len(ks), height=2.6 if wide else 2.2, columns=columns, sharey=True)
    for k, axes in zip(ks, panels, strict=True):
        lines.draw(axes, study, _bands(study, k), factor=study.measure.factor)
        axes.set_title("best so far" if k == 1 else f"mean of the best {k}")
        axes.set_xlabel("trial")
        style.integer_ticks(axes, count=5)
    figure.supylabel(study.on_split(study.measure.axis))
    lines.legend(figure, panels[:1], layout)
    return figure


def _bands(study: StudyData, k: int) -> dict[str, Band]:
    bands = {agent: repetitions.top(study, agent, k) for agent in repetitions.agents(study)}
    return {agent: band for agent, band in bands.items() if band is not None and np.isfinite(band.mean).any()}


def caption(study: StudyData) -> str:
    """Return n, what the bands are, and why the values flatter."""
    return (
        f"Mean and 95 % t interval over {repetitions.runs(study)} searches of each agent. These are the values that "
        "the searches themselves saw: the best of many noisy values is too high, for every agent. Regret, above, "
        f"is free of that.{words.about_twins(repetitions.agents(study))}"
    )


def alt(study: StudyData) -> str:
    """Return where each agent ends."""
    k = repetitions.tops(study)[-1]
    parts = [f"{agent} {words.level(float(band.mean[-1]), study.measure)}" for agent, band in _bands(study, k).items()]
    return f"Mean of the best {k} {study.noun}s at the end of the search: {'; '.join(parts)}."

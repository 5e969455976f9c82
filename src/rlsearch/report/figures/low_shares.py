"""How many proposals of repeated searches fell short of a level, from the first trial to the last."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from rlsearch.config.twins import twin_of
from rlsearch.report import repetitions, stretches, words
from rlsearch.report.plotting import lengths, lines, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData

TITLE = "Low proposals over the trials"
SECTION = "table"
ORDER = 27


def applies(study: StudyData) -> bool:
    """Tell whether repeated searches were followed stretch by stretch."""
    return bool(stretches.levels(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a panel for each agent: the share that fell short of the first level named, its twin's beside it."""
    agents, level = stretches.agents(study), stretches.levels(study)[0]
    height, trials = 1.9 if layout is style.WIDE else 1.6, _lengths(study, level)
    figure, panels = style.panels(layout, len(agents), height=height, sharex=not lengths.longer(trials), sharey=True)
    for agent, axes in zip(agents, panels, strict=True):
        lines.draw(axes, study, _bands(study, agent, level), factor=100, alpha=0.22, marks=False)
        axes.set_title(agent)
        axes.set_ylim(bottom=0)
        style.integer_ticks(axes, count=4)
    lengths.share(panels, trials)
    figure.supxlabel("trial")
    figure.supylabel(f"share below {level} (%)")
    return figure


def _bands(study: StudyData, agent: str, level: str) -> dict[str, Band]:
    found = {label: stretches.band(study, label, level) for label in (agent, twin_of(study.settings, agent))}
    return {label: band for label, band in found.items() if band is not None}


def _lengths(study: StudyData, level: str) -> dict[str, int]:
    """Return the trials of each agent's longest line."""
    bands = {agent: _bands(study, agent, level) for agent in stretches.agents(study)}
    return {agent: max(int(band.x[-1]) for band in found.values()) for agent, found in bands.items()}


def caption(study: StudyData) -> str:
    """Return n, what a share is of and what the bands are."""
    level = stretches.levels(study)[0]
    return (
        f"Of what a search proposed since the point before, the share whose {study.measure.label} is below {level}. "
        f"Line: mean over {repetitions.runs(study)} searches of each agent; a line ends where fewer than half of them "
        "go on. Band: 95 % t interval of that mean. Dashed: the agent's never-updated twin."
        f"{lengths.told(_lengths(study, level))}"
    )


def alt(study: StudyData) -> str:
    """Return each agent's share in the first and in the last part of its searches."""
    level, parts = stretches.levels(study)[0], []
    for agent in stretches.agents(study):
        ends = stretches.ends(study, agent, level)
        shares = (words.percent(float(np.mean(part)), 1) if len(part) else "–" for part in (ends.first, ends.last))
        parts.append(f"{agent} {' to '.join(shares)}")
    return f"Share below {level} from the first to the last eighth of the trials: {'; '.join(parts)}."

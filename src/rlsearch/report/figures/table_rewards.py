"""The mean reward over the trials of many searches on the truth table, in the order in which they were proposed."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from rlsearch.config.twins import is_twin, twin_of
from rlsearch.report import repetitions, words
from rlsearch.report.plotting import lengths, lines, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Reward over the trials of repeated searches"
SECTION = "table"
ORDER = 24


def applies(study: StudyData) -> bool:
    """Tell whether searches were repeated on a truth table."""
    return bool(repetitions.agents(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent: mean reward by trial and the spread between searches, its twin's mean beside it."""
    agents = _agents(study)
    height, trials = 1.9 if layout is style.WIDE else 1.6, _lengths(study)
    figure, panels = style.panels(layout, len(agents), height=height, sharex=not lengths.longer(trials), sharey=True)
    for agent, axes in zip(agents, panels, strict=True):
        shown = [label for label in (agent, _twin(study, agent)) if repetitions.block(study, label)]
        bands = {label: repetitions.rewards(study, label) for label in shown}
        lines.draw(axes, study, bands, alpha=0.22, marks=False)
        axes.set_title(agent)
        style.integer_ticks(axes, count=4)
    lengths.share(panels, trials)
    figure.supxlabel("trial")
    figure.supylabel("reward")
    return figure


def _twin(study: StudyData, agent: str) -> str:
    return twin_of(study.settings, agent)


def _lengths(study: StudyData) -> dict[str, int]:
    """Return the trials of each agent's line, or of its twin's where that is longer."""
    shown = {
        agent: [label for label in (agent, _twin(study, agent)) if repetitions.block(study, label)]
        for agent in _agents(study)
    }
    return {agent: max(len(repetitions.rewards(study, label).x) for label in arms) for agent, arms in shown.items()}


def _agents(study: StudyData) -> list[str]:
    return [agent for agent in repetitions.agents(study) if not is_twin(agent)]


def caption(study: StudyData) -> str:
    """Return n, what the bands are, and that nothing was sorted."""
    return (
        f"Line: mean over {repetitions.runs(study)} searches at each trial, in the order of the proposals; nothing is "
        f"sorted or smoothed, and a line ends with the shortest search{_longer(study)}. Band: one standard deviation "
        "between searches to either side. Dashed: the agent's never-updated twin. Only an agent whose line rises above "
        f"its twin's has learned to propose better {study.noun}s: where none is proposed twice, even chance may rise, "
        "and a best-so-far curve rises for any agent."
        + lengths.told(_lengths(study))
        + (" The reward is that of the whole run, which policies do not receive." if study.learners else "")
    )


def _longer(study: StudyData) -> str:
    """Return which lines go on after the shortest search: there epsilon has hardly fallen."""
    exploring = any(repetitions.block(study, agent).get("explored") for agent in _agents(study))
    return (
        "; of agents that explore by a schedule it goes on, without a band, as long as half of the searches do"
        if exploring
        else ""
    )


def alt(study: StudyData) -> str:
    """Return each agent's mean reward in the first and in the last quarter."""
    parts = []
    for agent in _agents(study):
        mean = repetitions.rewards(study, agent).mean
        quarter = max(1, len(mean) // 4)
        ends = (words.number(float(np.nanmean(part))) for part in (mean[:quarter], mean[-quarter:]))
        parts.append(f"{agent} {' to '.join(ends)}")
    return f"Mean reward from the first to the last quarter of the trials: {'; '.join(parts)}."

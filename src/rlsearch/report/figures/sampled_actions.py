"""Where each agent looked: the sampled value of a single continuous decision over the trials."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.report.plotting import progress, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "What each agent sampled"
SECTION = "search"
ORDER = 10


def applies(study: StudyData) -> bool:
    """Tell whether there are trials of one continuous decision."""
    return study.decision is not None and bool(progress.agents_with(study, "action"))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent: every search faint, their mean strong, the baselines of the range dashed."""
    assert study.decision is not None
    figure, panels = progress.draw(study, layout, "action", study.decision.name)
    room = 0.03 * (study.decision.high - study.decision.low)
    for axes in panels.values():
        axes.set_ylim(study.decision.low - room, study.decision.high + room)
        _baselines(axes, study)
    return figure


def _baselines(axes: Axes, study: StudyData) -> None:
    specs = study.space.baselines()
    values = [(name, study.value(specs.get(name))) for name in study.settings.baselines]
    style.reference(axes, [(name, value) for name, value in values if value is not None], vertical=False)


def caption(study: StudyData) -> str:
    """Return n and what the lines are."""
    assert study.decision is not None
    lines = ", ".join(
        f"{name} = {value:g}"
        for name, value in ((n, study.value(study.space.baselines().get(n))) for n in study.settings.baselines)
        if value is not None
    )
    sentence = f" Horizontal lines: the known values {lines}." if lines else ""
    return f"{progress.caption(study, 'action')} The axis is the whole range of {study.decision.name}.{sentence}"


def alt(study: StudyData) -> str:
    """Return mean and spread of the last quarter of each agent's samples."""
    parts = []
    for agent, values in progress.last_quarter(study, "action").items():
        parts.append(f"{agent} {values.mean():.2f} (range {values.min():.2f} to {values.max():.2f})")
    return f"Mean of the samples in the last quarter of the trials: {'; '.join(parts)}."

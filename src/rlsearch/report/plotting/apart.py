"""Lines of many agents, a panel each: more than a few would cover each other, and colours and marks come again.

In each panel the lines of the other agents lie behind in grey, so that all can still be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.config.twins import is_twin, twin_of
from rlsearch.report.places import HUES
from rlsearch.report.plotting import lines, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData

MANY = HUES
"""From more agents than there are hues on, one panel cannot tell them apart."""
FAR = 3.0
"""An agent that ends at more than this many times the median of all gets an axis of its own."""
FAINT = 0.45
"""Opacity of the second line of a panel and those after it."""

Bands = Mapping[str, Band]


def many(bands: Bands) -> bool:
    """Tell whether these are too many agents for one panel; twins have the colour of their agent, and do not count."""
    return sum(not is_twin(agent) for agent in bands) > MANY


def draw(
    study: StudyData, layout: Layout, kinds: Sequence[Bands], *, factor: float = 1.0, from_zero: bool = False
) -> tuple[Figure, dict[str, Axes]]:
    """Return the figure and the panel of each agent: its lines of all kinds, its twin's dashed, others' in grey.

    Args:
        kinds: what each line shows of an agent, the strongest first: only the first has a band and a twin.
        from_zero: whether axes begin at 0 and leave out an agent that is FAR above the others, which has its own.
    """
    first = kinds[0]
    agents = [agent for agent in first if not is_twin(agent)]
    alone = far(first) if from_zero else []
    height = 1.6 if layout is style.WIDE else 1.5
    # Agents with an axis of their own need its labels.
    figure, panels = style.panels(layout, len(agents), height=height, sharex=True, sharey=not alone)
    near = [agent for agent in agents if agent not in alone]
    for agent, axes in zip(agents, panels, strict=True):
        _behind(axes, [first[other] for other in near if other != agent], factor)
        shown = {label: first[label] for label in (agent, twin_of(study.settings, agent)) if label in first}
        lines.draw(axes, study, shown, factor=factor, alpha=0.22, marks=False)
        for kind in kinds[1:]:
            if agent in kind:
                colour = style.colour(study.place(agent))
                axes.plot(kind[agent].x, factor * kind[agent].mean, color=colour, alpha=FAINT, linewidth=1.5)
        if from_zero:
            axes.set_ylim(0, 1.08 * factor * _top({agent: first[agent]} if agent in alone else _only(first, near)))
        axes.set_title(agent)
    return figure, dict(zip(agents, panels, strict=True))


def far(bands: Bands) -> list[str]:
    """Return the agents that end far above the others."""
    ends = {agent: float(band.mean[-1]) for agent, band in bands.items() if not is_twin(agent)}
    return [agent for agent, end in ends.items() if end > FAR * median(ends.values())]


def _only(bands: Bands, agents: Sequence[str]) -> Bands:
    return {agent: bands[agent] for agent in agents}


def _top(bands: Bands) -> float:
    """Return the height of the highest line; of bands, which may be much wider at the start, that of their ends."""
    return max(max(float(band.mean.max()), float(band.high[-1])) for band in bands.values())


def _behind(axes: Axes, others: Sequence[Band], factor: float) -> None:
    style.behind(axes, [(band.x, factor * band.mean) for band in others], linewidth=0.8, zorder=1)

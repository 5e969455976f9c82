"""What policies learn from: the return of each episode, over the episodes of a search."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.report import words
from rlsearch.report.closed_loop import policies
from rlsearch.report.plotting import progress, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData

TITLE = "Return over the episodes"
SECTION = "search"
ORDER = 13


def applies(study: StudyData) -> bool:
    """Tell whether an agent with a policy has an episode or repeated searches behind it."""
    return bool(_agents(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a panel per agent: the searches' mean with its band, and on a tree the repetitions' and two levels."""
    agents = _agents(study)
    height, columns = (2.2, 3) if layout is style.WIDE else (1.9, 1)
    figure, panels = style.panels(layout, len(agents), height=height, columns=columns, sharey=True)
    for agent, axes in zip(agents, panels, strict=True):
        _panel(axes, study, agent)
        axes.set_title(agent)
        axes.set_xlabel("episode")
        style.integer_ticks(axes, count=5)
    figure.supylabel("return")
    handles = {
        label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4 if layout is style.WIDE else 1)
    return figure


def _panel(axes: Axes, study: StudyData, agent: str) -> None:
    colour, own = style.colour(study.place(agent)), policies.returns(study, agent)
    many = study.loop.policies.get(agent)
    if own is not None:
        axes.fill_between(own.x, own.low, own.high, color=colour, alpha=0.2, linewidth=0)
        label = "searches of the study" if len(study.learners) > 1 else agent
        axes.plot(own.x, own.mean, color=colour, linewidth=1.8, label=label)
    if many is not None:
        mean = policies.smooth(np.array(many.returns))
        axes.plot(np.arange(1.0, len(mean) + 1), mean, color=style.INK, linewidth=1.1, label="repetitions on the tree")
    levels = study.loop.expected.get(agent)
    # Not strict: without a schedule tree there are no levels to draw.
    for value, dashes, name in zip(levels or (), ("--", ":"), ("best schedule", "random switching"), strict=False):
        axes.axhline(value, color=style.MUTED, linewidth=1.0, linestyle=dashes, label=name)


def _agents(study: StudyData) -> list[str]:
    on_tree = study.loop.policies
    return [agent for agent in study.learners if agent in on_tree or policies.returns(study, agent) is not None]


def caption(study: StudyData) -> str:
    """Return n, what the bands are, and how many actions were drawn at random."""
    real = [policies.searches(study, agent) for agent in _agents(study)]
    count = words.between_counts(real, "search", "searches")
    many = [len(study.loop.policies[a].regret[study.measure.name]) for a in _agents(study) if a in study.loop.policies]
    text = (
        f"Return: sum of the rewards that the policy received in a run. Coloured: mean and 95 % t interval over "
        f"{count} of each agent (from two on), averaged over {progress.WINDOW} episodes where there are more than "
        f"{progress.SHORT}."
    )
    if many:
        text += f" Thin: mean of {words.between_counts(many, 'repetition', 'repetitions')} on the schedule tree. "
        text += "Dashed and dotted: what the best schedule and random switching would return there, for the optimizers "
        text += "of that agent."
    return f"{text}{_random(study)}"


def _random(study: StudyData) -> str:
    shares = {agent: policies.random_share(study, agent) for agent in _agents(study)}
    parts = [f"{agent} {words.percent(share, 0)}" for agent, share in shares.items() if share is not None]
    return f" Actions drawn at random over whole searches: {', '.join(parts)}." if parts else ""


def alt(study: StudyData) -> str:
    """Return the mean in the first and in the last quarter of the episodes."""
    parts = []
    for agent in _agents(study):
        band: Band | None = policies.returns(study, agent)
        values = band.mean if band is not None else np.array(study.loop.policies[agent].returns)
        part = max(1, len(values) // 4)
        ends = (words.number(float(np.nanmean(quarter))) for quarter in (values[:part], values[-part:]))
        parts.append(f"{agent} {' to '.join(ends)}")
    return f"Mean return from the first to the last quarter of the episodes: {'; '.join(parts)}."

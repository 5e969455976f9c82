"""The reward that each agent received over the trials."""

from __future__ import annotations

from matplotlib.figure import Figure

from rlsearch.report.plotting import progress
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Reward over the trials"
SECTION = "search"
ORDER = 11


def applies(study: StudyData) -> bool:
    """Tell whether there are trials of agents; those of a twin alone, early in a run, are not drawn here."""
    return bool(progress.agents_with(study, "reward"))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent; the axis shows children that learned, so that failures do not squeeze the rest."""
    figure, panels = progress.draw(study, layout, "reward", "reward")
    low, high = view(study)
    for agent, axes in panels.items():
        off = study.trials[(study.trials["agent"] == agent) & (study.trials["reward"] < low)]
        colour = axes.lines[-1].get_color()
        crosses = axes.plot(off["index"] + 1, [low] * len(off), "x", color=colour, markersize=4, clip_on=False)
        # They lie on the edge on purpose; the layout would otherwise make room for them.
        crosses[0].set_in_layout(False)
        axes.set_ylim(low, high)
    return figure


def view(study: StudyData) -> tuple[float, float]:
    """Return the axis: rewards of children that learned, and the means of agents that do not repeat one walk.

    A grid visits candidates that do not train at the same trials in every search: its mean would set the axis alone.
    """
    learned = study.trials[study.learned()]["reward"]
    if learned.empty:
        return study.settings.reward.failure, study.settings.reward.scale
    agents = [agent for agent in progress.agents_with(study, "reward") if not progress.walks_the_same(study, agent)]
    low, high = float(learned.min()), float(learned.max())
    low = min([low, *(float(progress.mean(study, agent, "reward").min()) for agent in agents)])
    room = 0.05 * (high - low) or 0.1
    return low - room, high + room


def caption(study: StudyData) -> str:
    """Return n, and how many trials lie outside the axis."""
    drawn = study.trials[study.trials["agent"].isin(progress.agents_with(study, "reward"))]
    off = int((drawn["reward"] < view(study)[0]).sum())
    failed = int((drawn["status"] != "ok").sum())
    reward = study.settings.reward
    power = "" if reward.power == 1 else f" to the power of {reward.power}"
    text = f"{progress.caption(study, 'reward')} Reward = {reward.scale:g} × {study.judged}{power}."
    if study.learners:
        text += f" {', '.join(study.learners)} receive the reward of each step instead; their sum is the return, below."
    if not off:
        return text
    why = f"; in {failed} of them training failed (reward {reward.failure:g})" if failed else ""
    return f"{text} Crosses: {off} of {len(drawn)} trials lie below the axis{why}."


def alt(study: StudyData) -> str:
    """Return each agent's mean reward in the last quarter."""
    parts = [f"{agent} {values.mean():.2f}" for agent, values in progress.last_quarter(study, "reward").items()]
    return f"Mean reward in the last quarter of the trials: {'; '.join(parts)}."

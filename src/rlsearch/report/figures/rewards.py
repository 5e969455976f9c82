"""What each agent was told: the reward over the trials."""

from __future__ import annotations

from matplotlib.figure import Figure

from rlsearch.report.figures import progress
from rlsearch.report.figures.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Reward over the trials"
SECTION = "search"
ORDER = 11


def applies(study: StudyData) -> bool:
    """Tell whether there are trials."""
    return not study.trials.empty


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent; the axis shows children that trained, so that one failure hides nothing."""
    figure, axes = progress.draw(study, layout, "reward", "reward")
    trained = study.trials[study.trials["status"] == "ok"]["reward"]
    low = trained.min() if len(trained) else study.settings.reward.failure
    high = trained.max() if len(trained) else study.settings.reward.scale
    room = 0.05 * (high - low) or 0.1
    for panel, agent in zip(axes, progress.agents_with(study, "reward"), strict=True):
        failed = study.trials[(study.trials["agent"] == agent) & (study.trials["status"] != "ok")]
        bottom = [low - room] * len(failed)
        panel.plot(failed["index"] + 1, bottom, "x", color=panel.lines[-1].get_color(), markersize=5, clip_on=False)
        panel.set_ylim(low - room, high + room)
    return figure


def caption(study: StudyData) -> str:
    """Return n, and how many trials lie outside the axis."""
    failed = int((study.trials["status"] != "ok").sum())
    reward = study.settings.reward
    text = f"{progress.caption(study, 'reward')} Reward = {reward.scale:g} × validation accuracy."
    if not failed:
        return f"{text} All {len(study.trials)} children trained."
    crosses = f"{failed} of {len(study.trials)} trials did not train to the end (reward {reward.failure:g})"
    return f"{text} Crosses on the lower edge: {crosses}."


def alt(study: StudyData) -> str:
    """Return each agent's mean reward in the last quarter."""
    parts = [f"{agent} {values.mean():.2f}" for agent, values in progress.last_quarter(study, "reward").items()]
    return f"Mean reward in the last quarter of the trials: {'; '.join(parts)}."

"""How the policy was updated: the policy loss over the trials, for agents that report one."""

from __future__ import annotations

from matplotlib.figure import Figure

from rlsearch.report.plotting import progress
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Policy loss over the trials"
SECTION = "search"
ORDER = 12


def applies(study: StudyData) -> bool:
    """Tell whether an agent reported a policy loss."""
    return bool(progress.agents_with(study, "policy_loss"))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent that has a policy."""
    return progress.draw(study, layout, "policy_loss", "policy loss")[0]


def caption(study: StudyData) -> str:
    """Return n and a warning that a falling loss of a policy gradient does not mean learning."""
    warning = "The loss is a score-function estimate: unlike a training loss it need not fall when the agent learns."
    return f"{progress.caption(study, 'policy_loss')} {warning}"


def alt(study: StudyData) -> str:
    """Return the size of the loss late in the search."""
    late = progress.last_quarter(study, "policy_loss").items()
    parts = [f"{agent} {values.abs().mean():.2g}" for agent, values in late]
    return f"Mean absolute policy loss in the last quarter of the trials: {'; '.join(parts)}."

"""Never-updated twins: beside every agent that learns, an arm that proposes as it does but never learns.

What an agent gains over random search is partly the policy that it starts from, which need not be uniform. Its twin has
that policy, the same seeds and the same budget, so that what is left between the two is learning. Agents whose twins
would propose the same by their settings share one, that of the plainest of them: jobs have agents in another order than
params.yaml, so that no name may follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.config import plugins
from rlsearch.config.base import AgentSettings, LearnerSettings
from rlsearch.config.models import StudySettings

SUFFIX = "-never-updated"
"""Suffix of the label of a twin, and of nothing else."""


def twins(study: StudySettings) -> dict[str, AgentSettings]:
    """Return the twins of a study by their labels, in the order of its agents."""
    return {
        # A copy, not validated again: all but this one setting is its agent's.
        f"{label}{SUFFIX}": settings.model_copy(update={"learning": False})
        for label, settings in study.agents.items()
        if learns(settings) and _plainest_alike(study, label) == label
    }


def arms(study: StudySettings) -> dict[str, AgentSettings]:
    """Return all arms that search in a study: its agents, then their twins."""
    return {**study.agents, **twins(study)}


def learns(settings: AgentSettings) -> bool:
    """Tell whether an agent with these settings learns from its rewards."""
    kind = plugins.load("agents", settings.type).AGENT
    return bool(getattr(kind, "learns", False)) and isinstance(settings, LearnerSettings) and settings.learning


def is_twin(label: str) -> bool:
    """Tell whether an arm is a never-updated twin."""
    return label.endswith(SUFFIX)


def twin_of(study: StudySettings, label: str) -> str:
    """Return the label of the twin of an agent that learns."""
    return f"{_plainest_alike(study, label)}{SUFFIX}"


def plainest(agents: Mapping[str, AgentSettings]) -> str:
    """Return the agent whose settings differ least from the defaults of its type; of equal ones, the first by name."""
    return min(agents, key=lambda label: (_changed(agents[label]), label))


def _changed(settings: AgentSettings) -> int:
    fields = type(settings).model_fields
    return sum(getattr(settings, key) != field.get_default(call_default_factory=True) for key, field in fields.items())


def _plainest_alike(study: StudySettings, label: str) -> str:
    """Return the plainest agent of a study whose twin proposes what this one's would."""
    asking = _asking(study.agents[label])
    return plainest({other: settings for other, settings in study.agents.items() if _asking(settings) == asking})


def _asking(settings: AgentSettings) -> dict[str, Any]:
    """Return the settings of an agent without those that shape its learning alone."""
    return settings.model_dump(exclude=set(getattr(settings, "learning_alone", ())))


def agent_of(label: str) -> str:
    """Return the agent of the settings that an arm comes from: its own label, or that of the agent whose twin it is."""
    return label.removesuffix(SUFFIX)

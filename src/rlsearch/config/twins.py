"""Never-updated twins: beside every agent that learns, an arm that proposes as it does but never learns.

What an agent gains over random search is partly the policy that it starts from, which need not be uniform. Its twin has
that policy, the same seeds and the same budget, so that what is left between the two is learning.
"""

from __future__ import annotations

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
        if learns(settings)
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


def twin_of(label: str) -> str:
    """Return the label of an agent's twin."""
    return f"{label}{SUFFIX}"


def agent_of(label: str) -> str:
    """Return the agent of the settings that an arm comes from: its own label, or that of the agent whose twin it is."""
    return label.removesuffix(SUFFIX)

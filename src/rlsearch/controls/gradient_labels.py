"""Which agents have a policy gradient that can be measured, and how its estimators are called."""

from __future__ import annotations

from rlsearch.config import plugins
from rlsearch.config.base import AgentSettings
from rlsearch.config.models import StudySettings


def estimator(settings: AgentSettings) -> str:
    """Return which estimator an agent uses.

    "critic", "none" (no baseline), or its baseline: "ema" (a moving average), "mean" or "max" (of a window of rewards).
    """
    return "critic" if getattr(settings, "critic", False) else str(getattr(settings, "baseline", "none"))


def measurable(study: StudySettings) -> list[str]:
    """Return the agents that learn by policy gradient, whose estimates can be measured."""
    kinds = {label: plugins.load("agents", settings.type).AGENT for label, settings in study.agents.items()}
    return [label for label, kind in kinds.items() if getattr(kind, "gradient_estimator", False)]

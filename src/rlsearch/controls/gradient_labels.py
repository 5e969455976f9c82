"""How the estimators of a policy gradient are called."""

from __future__ import annotations

from rlsearch.config.base import AgentSettings


def estimator(settings: AgentSettings) -> str:
    """Return which estimator an agent uses: "critic", "ema" (a moving average of rewards) or "none" (no baseline)."""
    return "critic" if getattr(settings, "critic", False) else str(getattr(settings, "baseline", "none"))

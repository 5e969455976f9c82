"""Agents whose proposals follow from the seed alone, whatever the rewards are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlsearch.agents.base import Agent, Proposal


class FixedAgent(Agent):
    """One that learns nothing."""

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Learn nothing."""
        return {}


class CountingAgent(FixedAgent):
    """One whose next proposal follows from the number of those before it."""

    position: int = 0

    def state_dict(self) -> dict[str, Any]:
        """Return the number of proposals so far."""
        return {"position": self.position}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore it."""
        self.position = int(state["position"])

"""An agent and a space of a user's own, for tests of what they may return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import rlsearch
from rlsearch.agents.base import Agent, Proposal
from rlsearch.spaces.base import Actions, Choice, Continuous, Decision, Space, Spec


class Small(Space):
    """Two of three widths, then a rate."""

    def next(self, prefix: Actions) -> Decision | None:
        parts = (Choice("width", (8, 16, 32), (True, True, False)), Continuous("rate", 0.1, 0.9, 1))
        return parts[len(prefix)] if len(prefix) < 2 else None

    def decode(self, actions: Actions) -> Spec:
        return {"width": (8, 16, 32)[int(actions[0])], "rate": actions[1]}

    def spread(self, count: int) -> list[Actions]:
        return [(0, 0.5)] * count

    def planted(self, actions: Actions) -> float:
        return float(actions[0])


class Scripted(Agent):
    """Proposes what it was given, one after the other, and answers `tell` with what it was given."""

    def __init__(self, *proposals: Any, told: Any = None) -> None:
        self.proposals, self.told = list(proposals), {} if told is None else told
        self.heard: list[Proposal] = []

    def ask(self, count: int) -> list[Proposal]:
        made = [self.proposals.pop(0) for _ in range(min(count, len(self.proposals)))]
        return [one if isinstance(one, Proposal) else Proposal(one) for one in made]

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        self.heard += proposals
        found: Mapping[str, float] = self.told
        return found

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing."""


def run(agent: Agent, evaluate: Any = lambda spec: 1.0, space: Space | None = None, **options: Any) -> Any:
    return rlsearch.search(space or Small(), agent, evaluate, trials=3, **options)

"""Random search: the control that every searching agent has to beat at equal cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rlsearch import seeds
from rlsearch.agents.base import Agent, Proposal
from rlsearch.config.base import AgentSettings
from rlsearch.spaces.base import Space


class Settings(AgentSettings):
    """Uniform sampling, decision by decision."""

    type: Literal["random"] = "random"


class Random(Agent):
    """Proposes uniformly and ignores rewards.

    >>> from rlsearch.spaces.init_scale import InitScale
    >>> first, second = (Random(InitScale(), Settings(), seed=0) for _ in range(2))
    >>> first.ask(2) == second.ask(2)
    True
    """

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        self.space = space
        self.rng = seeds.generator("agent", "random", seed)

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` independent uniform candidates."""
        return [Proposal(self.space.sample(self.rng)) for _ in range(count)]

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Learn nothing."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Return the generator's state."""
        return {"rng": self.rng.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the generator."""
        self.rng.bit_generator.state = state["rng"]


SETTINGS, AGENT = Settings, Random

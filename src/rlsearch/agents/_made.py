"""Making an agent from its settings, whether it learns or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rlsearch.agents.base import Agent, Proposal
from rlsearch.config import plugins
from rlsearch.config.base import AgentSettings
from rlsearch.spaces.base import Space

if TYPE_CHECKING:
    from rlsearch.agents._env_agent import EnvAgent


def made(space: Space, settings: AgentSettings, seed: int) -> Agent | EnvAgent:
    """Return the agent; with `learning: false` one that asks in the same way and never learns."""
    agent: Agent | EnvAgent = plugins.load("agents", settings.type).AGENT(space, settings, seed)
    return NeverUpdated(agent) if isinstance(agent, Agent) and not learning(settings) else agent


def learning(settings: AgentSettings) -> bool:
    """Tell whether the settings let an agent learn: they do, unless they say otherwise."""
    return bool(getattr(settings, "learning", True))


class NeverUpdated(Agent):
    """An agent that asks as another does and watches where that one would learn.

    Args:
        agent: who is asked; nobody else may ask or tell it.
    """

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    def enter(self, space: Space) -> None:
        """Take note of the stage at which the space stands."""
        self.agent.enter(space)

    def ask(self, count: int) -> list[Proposal]:
        """Return what the agent proposes."""
        return self.agent.ask(count)

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Let the agent watch."""
        return self.agent.watch(proposals, rewards)

    def state_dict(self) -> dict[str, Any]:
        """Return the agent's state."""
        return self.agent.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore it."""
        self.agent.load_state_dict(state)

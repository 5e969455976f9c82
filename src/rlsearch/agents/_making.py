"""Making an agent from its settings, whether it learns or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents.base import Agent
from rlsearch.config import plugins
from rlsearch.config.base import AgentSettings
from rlsearch.spaces.base import Space


def make_agent(space: Space, settings: AgentSettings, seed: int) -> Agent | EnvAgent:
    """Return the agent; with `learning: false` one that asks in the same way and never learns."""
    return make_agent_of(plugins.load("agents", settings.type).AGENT, space, settings, seed)


def make_agent_of(
    kind: Callable[..., Agent | EnvAgent], space: Space, settings: AgentSettings, seed: int
) -> Agent | EnvAgent:
    """Return the same of a given class."""
    agent = kind(space, settings, seed)
    if isinstance(agent, Agent) and not learning(settings):
        # On this object alone, as `EnvAgent.start` does: it watches where its class would learn.
        agent.tell = agent.watch  # type: ignore[method-assign]
    return agent


def learning(settings: AgentSettings) -> bool:
    """Tell whether the settings let an agent learn: they do, unless they say otherwise."""
    return bool(getattr(settings, "learning", True))


def trains_together(
    kind: type[Agent], settings: AgentSettings, method: Literal["simulate", "simulate_choices"]
) -> bool:
    """Tell whether a class may train many runs of these settings at once by its own method.

    Such a method goes past `make_agent`. One that forgets `learning: false` would compare an agent with itself, so a
    twin takes it only where the class that defines the method, or one derived from it, declares that it heeds the key.
    """
    if getattr(kind, method, None) is None:
        return False
    if learning(settings) or kind.driver == "env":  # the runs of an `EnvAgent` begin with its `start`, which heeds it
        return True
    # The first class that has either: a subclass with a method of its own no longer stands under a base's word.
    declaring = next(base for base in kind.__mro__ if {"heeds_learning", method} & set(vars(base)))
    return bool(vars(declaring).get("heeds_learning", False))

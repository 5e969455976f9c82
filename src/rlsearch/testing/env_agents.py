"""Agents that drive an environment, and searches of a planted reward."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rlsearch import seeds
from rlsearch.agents._choices import continuous
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.config import plugins
from rlsearch.search import ledger
from rlsearch.search.evaluators import Evaluated, Request
from rlsearch.search.journal import Journal
from rlsearch.search.run_env import RunEnv
from rlsearch.search.stopping import TrialLimit
from rlsearch.spaces.base import Space
from rlsearch.testing import cases
from rlsearch.training.outcome import Outcome

SMALL: Mapping[str, Mapping[str, Any]] = {"layered-cnn": {"layers": 2, "strides": (2, 1)}}
"""Smaller than their defaults: a library of this kind takes milliseconds a decision."""


SPACES: dict[str, Space] = {name: cases.space(name, **SMALL.get(name, {})) for name in plugins.names("spaces")}

PAIRS = [
    (agent, space)
    for agent in plugins.names("agents")
    for space, built in SPACES.items()
    if plugins.load("agents", agent).AGENT.driver == "env"
    and plugins.load("agents", agent).AGENT.supports(built)
    and not getattr(built, "closed_loop", False)  # closed loops have a driver of their own
    and cases.is_tried(agent, space)
]


class Killed(BaseException):
    """Stands for a signal: nothing may catch it."""


class Planted:
    """Answers with a reward that follows from the candidate, so many times; draws from all global generators."""

    def __init__(self, space: Space, answers: int = 1_000_000) -> None:
        self.space, self.left = space, answers

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        """Yield every request with its outcome."""
        for request in requests:
            if self.left == 0:
                raise Killed
            self.left -= 1
            # As a careless function of a user does: the algorithm's own draws must not follow from it.
            random.seed(0)
            np.random.seed(0)
            torch.manual_seed(0)
            value = int(seeds.integer("test", request.key) % 1000) / 1000
            yield request, Evaluated(Outcome("ok", {"value": value}, flops=10), 0.0, cached=False)


def make(agent: str, space: str, seed: int) -> EnvAgent:
    """Return an agent on one of `SPACES`."""
    module = plugins.load("agents", agent)
    built: EnvAgent = module.AGENT(SPACES[space], settings(agent, space), seed)
    return built


def settings(agent: str, space: str) -> Any:
    """Return settings under which an agent can learn on one of `SPACES`."""
    learns_with = cases.LEARNS_RANGES if continuous(SPACES[space]) else cases.LEARNS_CHOICES
    return plugins.load("agents", agent).SETTINGS(**learns_with.get(agent, cases.of_plugin("agents", agent)))


def run(folder: Path, agent: str, space: str, trials: int, seed: int = 1, answers: int = 1_000_000) -> str:
    """Run one search, or continue it, and return its ledger."""
    folder.mkdir(exist_ok=True)
    with Journal(folder / "journal.jsonl", {}) as journal:
        driver = RunEnv(
            space=SPACES[space],
            agent=make(agent, space, seed),
            evaluator=Planted(SPACES[space], answers),
            reward=lambda outcome: outcome.metrics["value"],
            limit=TrialLimit(trials),
            journal=journal,
        )
        rows = ledger.trials(SPACES[space], driver.run(), driver.reward)
        return ledger.render(rows, journal.recorded)

"""A made-up world in which children answer steps, for the driver of closed loops."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rlsearch.config import plugins
from rlsearch.config.models import RewardSettings
from rlsearch.envs.optimizer_selection import WEIGHTS
from rlsearch.files import pretty_json
from rlsearch.measures import ACCURACY
from rlsearch.search import ledger
from rlsearch.search.evaluators import FunctionEvaluator
from rlsearch.search.journal import Journal
from rlsearch.search.reward import Reward
from rlsearch.search.run_control import RunControl
from rlsearch.search.stopping import TrialLimit
from rlsearch.spaces.optimizer_selection import OptimizerSelection, Settings
from rlsearch.training.outcome import Step

AGENTS: dict[str, dict[str, Any]] = {
    "dqn": {"learning_starts": 4, "batch_size": 4, "hidden": (8,)},
    "ppo": {"hidden": (8,)},
}

SPACE = OptimizerSelection(Settings(steps=3))
TRIALS, STEPS = 6, 18
EACH = pytest.mark.parametrize("agent", AGENTS)


class Killed(BaseException):
    """Stands for a signal: nothing may catch it."""


class Child:
    """Answers from what it has been through, and draws from all global generators."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.labels: list[str] = []
        self.ended = False

    def catch_up(self, labels: list[str]) -> None:
        self.labels = list(labels)
        self.world.caught_up.append(len(labels))

    def step(self, label: str) -> Step:
        self.world.answer(self, label)
        self.labels.append(label)
        random.seed(0), np.random.seed(0), torch.manual_seed(0)
        return self.world.judge(self)

    @property
    def out_of_patience(self) -> bool:
        return self.world.patience is not None and len(self.labels) >= self.world.patience

    def end(self) -> None:
        self.ended = True


class World:
    """Makes children; ends with `Killed` at step `left`, and lets (episode, step) pairs in `raises` fail so."""

    def __init__(self, left: int = 10**6, raises: dict[tuple[int, int], list[Exception]] | None = None) -> None:
        self.left, self.raises = left, raises or {}
        self.diverges: set[tuple[int, int]] = set()
        self.patience: int | None = None
        self.children: list[Child] = []
        self.caught_up: list[int] = []

    def start(self, number: int) -> Child:
        self.children.append(Child(self, number))
        return self.children[-1]

    def answer(self, child: Child, label: str) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1
        errors = self.raises.get((child.number, len(child.labels)))
        if errors:
            raise errors.pop(0)

    def judge(self, child: Child) -> Step:
        value = (sum(map(ord, "".join(child.labels))) * (child.number + 3) % 97) / 100
        flops = 20 if child.labels[-1] == "sam" else 10
        diverged = (child.number, len(child.labels) - 1) in self.diverges
        metrics = {"accuracy": value, "loss": float("inf") if diverged else 1 - value}
        return Step(metrics, 2, 5, flops, diverged)


def driver(folder: Path, agent: str, world: World, limit: Any = TRIALS, *, seed: int = 1, **more: Any) -> RunControl:
    folder.mkdir(exist_ok=True)
    module, space = plugins.load("agents", agent), more.pop("space", SPACE)
    return RunControl(
        space=space,
        agent=module.AGENT(space, module.SETTINGS(**AGENTS[agent]), seed),
        evaluator=FunctionEvaluator(lambda spec: 0.0),
        reward=Reward(RewardSettings(), ACCURACY),
        measure=ACCURACY,
        limit=TrialLimit(limit) if isinstance(limit, int) else limit,
        journal=Journal(folder / "journal.jsonl", more.get("environment", {})),
        start=world.start,
        weights=WEIGHTS,
        outputs=4,
        step_flops=10,
        **more,
    )


def run(search: RunControl) -> dict[str, str]:
    """Return what the search phase would write of the search itself."""
    with search.journal as journal:
        rows = ledger.trials(search.space, search.run(), search.reward)
        assert search.learned is not None
        return {
            "trials": ledger.render(rows, journal.recorded),
            "steps": ledger.steps(search.space, rows, journal.recorded, search.measure, search.weights, search.outputs),
            "policy": pretty_json(search.learned),
            "best": repr(search.best),
        }

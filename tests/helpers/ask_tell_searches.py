"""Searches of a made-up reward in which a process can die after every answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rlsearch.agents import grid, random, reinforce
from rlsearch.search.ask_tell import AskTell
from rlsearch.search.journal import Journal
from rlsearch.search.stopping import TrialLimit
from rlsearch.spaces.init_scale import InitScale

SPACE = InitScale()

AGENTS = {
    "random": (random, {}),
    "random-in-batches": (random, {"batch": 4}),
    "grid": (grid, {"points": 5}),
    "reinforce": (reinforce, {}),
    "reinforce-in-batches": (reinforce, {"batch": 4, "observation": "previous"}),
    "random-in-eights": (random, {"batch": 8}),
    "reinforce-in-eights": (reinforce, {"batch": 8}),
}

OPENED: list[Journal] = []


class Killed(BaseException):
    """Stands for a signal: nothing in the package may catch it."""


def score(spec: Mapping[str, Any]) -> float:
    return -((spec["init"]["scale"] - 1.25) ** 2)


def opened(path: Path) -> Journal:
    OPENED.append(Journal(path, {}))
    return OPENED[-1]


def driver(folder: Path, name: str, evaluator: Any, trials: int, **options: Any) -> AskTell:
    module, settings = AGENTS[name]
    made = module.SETTINGS(**settings)
    folder.mkdir(exist_ok=True)
    return AskTell(
        space=SPACE,
        agent=module.AGENT(SPACE, made, 3),
        evaluator=evaluator,
        reward=lambda outcome: outcome.metrics["value"],
        limit=TrialLimit(trials),
        journal=opened(folder / "journal.jsonl"),
        batch=made.batch,
        **options,
    )

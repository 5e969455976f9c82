"""What every agent that drives an environment has to do, on every space that it says it supports."""

from __future__ import annotations

import functools
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from rlsearch.config import plugins
from rlsearch.testing.env_agents import PAIRS, Killed, run

UPDATES = [0, 1, 7, 8, 9, 19]
"""Kills before, at and after the update that follows the eighth episode of MaskablePPO."""
KILLS = [(*pair, answers) for pair in PAIRS for answers in (UPDATES if pair[0] == "maskable-ppo" else [1, 9])]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@functools.cache
def whole(agent: str, space: str, trials: int = 20) -> str:
    """Return the ledger of an undisturbed search."""
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder), agent, space, trials)


def global_states() -> tuple[Any, ...]:
    numpy_state: Any = np.random.get_state()
    return random.getstate()[1], numpy_state[1].tolist(), torch.get_rng_state().tolist()


def test_there_is_something_to_test() -> None:
    assert PAIRS


@pytest.mark.parametrize("agent", sorted({agent for agent, _ in PAIRS}))
def test_one_candidate_is_evaluated_after_the_other(agent: str) -> None:
    with pytest.raises(ValidationError, match="batch"):
        plugins.load("agents", agent).SETTINGS(batch=2)


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_same_seed_same_ledger(agent: str, space: str, tmp_path: Path) -> None:
    first = whole(agent, space)
    assert first.count("\n") == 20
    assert run(tmp_path / "b", agent, space, 20) == first
    assert run(tmp_path / "c", agent, space, 20, seed=2) != first


@pytest.mark.parametrize(("agent", "space", "answers"), KILLS)
def test_killed_and_resumed_the_ledger_is_the_same(agent: str, space: str, answers: int, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run(tmp_path / "killed", agent, space, 20, answers=answers)
    assert run(tmp_path / "killed", agent, space, 20) == whole(agent, space)


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_killed_again_and_again(agent: str, space: str, tmp_path: Path) -> None:
    for _ in range(6):
        with pytest.raises(Killed):
            run(tmp_path / "killed", agent, space, 20, answers=3)
    assert run(tmp_path / "killed", agent, space, 20) == whole(agent, space)


@pytest.mark.parametrize(("agent", "space"), PAIRS)
@pytest.mark.parametrize("short", [20, 24])
def test_a_search_is_extended(agent: str, space: str, short: int, tmp_path: Path) -> None:
    run(tmp_path, agent, space, short)
    assert run(tmp_path, agent, space, 40) == whole(agent, space, 40)


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_the_global_generators_are_left_alone(agent: str, space: str, tmp_path: Path) -> None:
    """The evaluator here seeds them at every trial: outside the algorithm's own scope, where that disturbs nothing."""
    torch.set_num_threads(2)
    run(tmp_path / "a", agent, space, 10, answers=10)
    after = global_states()
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    assert after == global_states()
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_the_global_generators_change_nothing(agent: str, space: str, tmp_path: Path) -> None:
    ledgers = []
    for seed in (5, 6):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        ledgers.append(run(tmp_path / str(seed), agent, space, 10))
    assert ledgers[0] == ledgers[1]

"""Twins simulated many at a time: an agent that forgets `learning: false` must not be compared with itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import made_up_table
from rlsearch.agents import _making
from rlsearch.agents._making import trains_together
from rlsearch.agents.base import Agent, Proposal
from rlsearch.agents.lstm_reinforce import AGENT as LSTM
from rlsearch.agents.reinforce import AGENT as REINFORCE
from rlsearch.config import plugins
from rlsearch.config.base import LearnerSettings
from rlsearch.controls import repetitions
from rlsearch.controls.simulate import simulate, simulate_choices
from rlsearch.controls.traces import SeedOrder
from rlsearch.search.answers.table import oracle_of
from rlsearch.spaces.init_scale import InitScale
from rlsearch.truth.table import TruthTable


def length(space: Any) -> int:
    prefix: tuple[int, ...] = ()
    while space.next(prefix) is not None:
        prefix += (0,)
    return len(prefix)


class Forgetful(Agent):
    """Proposes the first option until it is told something; then the second. Its simulations always learn."""

    learns: ClassVar[bool] = True

    def __init__(self, space: Any, settings: Any, seed: int) -> None:
        self.length, self.at = length(space), 0

    def ask(self, count: int) -> list[Proposal]:
        return [Proposal((self.at,) * self.length)] * count

    def tell(self, proposals: Any, rewards: Any) -> dict[str, float]:
        self.at = 1
        return {}

    def state_dict(self) -> dict[str, Any]:
        return {"at": self.at}

    def load_state_dict(self, state: Any) -> None:
        self.at = state["at"]

    @classmethod
    def simulate(cls, space: Any, settings: Any, reward: Any, *, episodes: int, runs: int, seed: int) -> Any:
        actions = np.ones((runs, episodes))
        actions[:, 0] = 0
        return actions, np.stack([reward(column, 0) for column in actions.T], 1)

    @classmethod
    def simulate_choices(cls, space: Any, settings: Any, reward: Any, *, episodes: int, runs: int, seed: int) -> Any:
        actions = np.ones((runs, episodes, length(space)), np.int64)
        actions[:, 0] = 0
        return actions, np.stack([reward(actions[:, episode]) for episode in range(episodes)], 1)


class Heeding(Forgetful):
    """Says that it heeds the key."""

    heeds_learning: ClassVar[bool] = True


class ForgetsAnew(Heeding):
    """Inherits the declaration, and has a method of its own, of which nothing is declared."""

    @classmethod
    def simulate(cls, *args: Any, **options: Any) -> Any:
        return super().simulate(*args, **options)


class Settings(LearnerSettings):
    type: Any = "forgetful"


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TruthTable:
    """A made-up table, in whose space the agent stands as a file of the package would."""
    found = plugins.load

    def load(kind: Any, name: str) -> Any:
        return type("Module", (), {"AGENT": Forgetful}) if name == "forgetful" else found(kind, name)

    for module in (_making.plugins, repetitions.plugins):
        monkeypatch.setattr(module, "load", load)
    made_up_table.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return TruthTable.load(made_up_table.NAME)


@pytest.mark.parametrize("learning", [True, False])
def test_a_simulated_twin_of_an_agent_that_forgets_does_not_learn(learning: bool, space: TruthTable) -> None:
    chosen = Settings(learning=learning)
    numbers, _ = simulate(Forgetful, InitScale(), chosen, lambda actions, _: np.zeros(len(actions)), episodes=5, runs=2)
    choices, _ = simulate_choices(
        Forgetful, space.space, chosen, lambda actions, _: np.zeros(len(actions)), episodes=5, runs=2
    )
    expected = [0, 1, 1, 1, 1] if learning else [0] * 5
    assert numbers.tolist() == choices[:, :, 0].tolist() == [expected] * 2


@pytest.mark.parametrize("learning", [True, False])
def test_nor_does_one_that_is_repeated_on_a_table(learning: bool, space: TruthTable) -> None:
    study = made_up_table.study().studies["layers"]
    control = study.controls.repetitions
    assert control is not None
    oracle = oracle_of(space)
    seed_order = SeedOrder(oracle, study.reward, "layers", control.runs)
    limit = repetitions.budget(oracle, control, study.search)
    traces = repetitions.searches(Settings(learning=learning), seed_order, limit, control.trials)
    assert {len(set(trace.rows.tolist())) for trace in traces} == {2 if learning else 1}


def test_a_declaration_speaks_for_the_methods_that_it_knew() -> None:
    twin = Settings(learning=False)
    assert not trains_together(Forgetful, twin, "simulate")
    assert trains_together(Heeding, twin, "simulate")
    assert not trains_together(ForgetsAnew, twin, "simulate")
    assert trains_together(ForgetsAnew, twin, "simulate_choices")
    assert trains_together(ForgetsAnew, Settings(), "simulate")
    assert trains_together(REINFORCE, twin, "simulate") and trains_together(LSTM, twin, "simulate_choices")

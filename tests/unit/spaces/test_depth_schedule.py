"""Spaces that grow: drivers, ledger and environments follow the stage, whatever interrupts the search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rlsearch
from rlsearch.agents.base import Agent, Proposal
from rlsearch.config import plugins
from rlsearch.search import ask_tell, ledger
from rlsearch.search.budget import FlopLimit
from rlsearch.search.evaluators import Evaluated, Request
from rlsearch.search.journal import Journal, read
from rlsearch.search.run_env import driver_of
from rlsearch.search.stopping import TrialLimit
from rlsearch.spaces.base import Actions, Space, Spec
from rlsearch.spaces.layered_cnn import SETTINGS, LayeredCNN
from rlsearch.training.outcome import Outcome

GROWING = {"layers": 2, "strides": (1,), "depth": {"step": 1, "every": 5, "most": 4}}


AGENTS = [
    name
    for name in plugins.names("agents")
    if plugins.load("agents", name).AGENT.supports(LayeredCNN(SETTINGS(**GROWING)))
]


class Killed(BaseException):
    """Stands for a signal."""


class Answers:
    """Rewards depth and width; kills the search after so many answers."""

    def __init__(self, left: int | None = None) -> None:
        self.left = left

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for request in reversed(requests):
            if self.left == 0:
                raise Killed
            self.left = None if self.left is None else self.left - 1
            yield request, Evaluated(Outcome("ok", {"value": value(request.spec)}, flops=1), 0.0, cached=False)


class Climber(Agent):
    """Changes the best candidate of the present stage; remembers the space that it was told to enter."""

    learns = True

    def __init__(self, space: Space) -> None:
        self.space, self.count = space, 0
        self.best: Actions | None = None

    def enter(self, space: Space) -> None:
        if space is not self.space:
            self.best = None
        super().enter(space)

    def ask(self, count: int) -> list[Proposal]:
        drawn = [self.space.sample(np.random.default_rng(self.count + offset)) for offset in range(count)]
        self.count += count
        return [Proposal(one if self.best is None else (*self.best[:2], *one[2:])) for one in drawn]

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        self.best = proposals[int(np.argmax(rewards))].actions
        return {"stage": float(len(self.best))}

    def state_dict(self) -> dict[str, Any]:
        return {"count": self.count, "best": self.best}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.count, self.best = state["count"], state["best"] and tuple(state["best"])


def value(spec: Spec) -> float:
    layers = spec["network"]["layers"]
    return len(layers) + sum(one["filters"] for one in layers) / 1000


def packaged(name: str, space: Space) -> Any:
    module = plugins.load("agents", name)
    return module.AGENT(space, module.SETTINGS(), 0)


def growing(**changes: Any) -> LayeredCNN:
    return LayeredCNN(SETTINGS(**{**GROWING, **changes}))


def searched(folder: Path, evaluator: Answers, *, trials: int = 22, batch: int = 1, agent: str = "climber") -> str:
    """Run a search and return its ledger; the journal stays for the next run, whatever ends this one."""
    space = growing()
    folder.mkdir(exist_ok=True)
    with Journal(folder / "journal.jsonl", {}) as journal:
        search = driver_of(
            Climber(space) if agent == "climber" else packaged(agent, space),
            space=space,
            evaluator=evaluator,
            reward=lambda outcome: outcome.metrics["value"],
            limit=TrialLimit(trials),
            journal=journal,
            batch=batch,
        )
        rows = ledger.trials(space, search.run(), search.reward)
        return ledger.render(rows, journal.recorded)


def depths(folder: Path) -> list[int]:
    """Return the number of decisions of each recorded trial, in asking order."""
    recorded = read(folder / "journal.jsonl").trials
    return [len(recorded[index].proposal.actions) // 2 for index in sorted(recorded)]


@pytest.mark.parametrize(("trial", "layers"), [(0, 2), (4, 2), (5, 3), (9, 3), (10, 4), (15, 4), (10**12, 4)])
def test_the_schedule(trial: int, layers: int) -> None:
    space = growing()
    stage = space.at(trial)
    assert (stage.layers, len(stage.plan)) == (layers, 2 * layers)
    assert stage is space.at(trial) is space.at(0).at(trial) is stage.at(trial)
    assert stage.at(0) is space


def test_the_schedule_of_the_source() -> None:
    space = growing(layers=6, depth={"step": 2, "every": 1600, "most": 20})
    assert [space.at(trial).layers for trial in (0, 1599, 1600, 3199, 3200, 12_799)] == [6, 6, 8, 8, 10, 20]
    fixed = LayeredCNN()
    assert fixed.at(10**12) is fixed


@pytest.mark.parametrize("agent", ["climber", *AGENTS])
def test_every_agent_follows_the_schedule_and_continues_in_its_middle(
    agent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = searched(tmp_path / "whole", Answers(), agent=agent)
    assert depths(tmp_path / "whole") == [2] * 5 + [3] * 5 + [4] * 12
    monkeypatch.setattr(ask_tell, "SNAPSHOT_EVERY", 6)
    for answers in (7, 7):
        with pytest.raises(Killed):
            searched(tmp_path / "killed", Answers(answers), agent=agent)
    assert searched(tmp_path / "killed", Answers(), agent=agent) == whole


def test_a_batch_is_of_the_stage_of_its_first_trial(tmp_path: Path) -> None:
    found = searched(tmp_path, Answers(), batch=4)
    assert depths(tmp_path) == [2] * 8 + [3] * 4 + [4] * 10
    assert [found.splitlines()[index].count('"kernel"') for index in (4, 7, 8, 11, 12)] == [2, 2, 3, 3, 4]


@pytest.mark.parametrize("snapshot_every", [1000, 4])
@pytest.mark.parametrize("batch", [1, 4])
def test_killed_anywhere_the_ledger_is_the_same(
    batch: int, snapshot_every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_tell, "SNAPSHOT_EVERY", snapshot_every)
    whole = searched(tmp_path / "whole", Answers(), batch=batch)
    for answers in range(22):
        folder = tmp_path / f"killed-{answers}"
        with pytest.raises(Killed):
            searched(folder, Answers(answers), batch=batch)
        assert searched(folder, Answers(), batch=batch) == whole


def test_a_longer_search_completes_the_last_batch_at_its_stage(tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", Answers(), batch=4)
    searched(tmp_path / "grown", Answers(), batch=4, trials=6)
    assert depths(tmp_path / "grown") == [2] * 6
    assert searched(tmp_path / "grown", Answers(), batch=4) == whole


def test_a_batch_that_is_cut_keeps_its_stage(tmp_path: Path) -> None:
    """The stage changes at trial 5, in the middle of a batch that is evaluated in parts and cut."""
    space = growing()
    for budget in (8, 9, 12):
        with Journal(tmp_path / "journal.jsonl", {}) as journal:
            search = driver_of(
                Climber(space),
                space=space,
                evaluator=Answers(),
                reward=lambda outcome: outcome.metrics["value"],
                limit=FlopLimit(budget, lambda _: 3, 1, 0, 0),  # every network costs 1, and might cost 3
                journal=journal,
                batch=8,
            )
            found = ledger.trials(space, search.run(), search.reward)
        assert [trial.entry.stage for trial in found] == [0] * min(budget - 2, 8) + [8] * max(budget - 10, 0)
    assert depths(tmp_path) == [2] * 8 + [3] * 2


def test_search_in_plain_python_continues_across_a_boundary(tmp_path: Path) -> None:
    whole = rlsearch.search(growing(), "random", value, trials=12)
    rlsearch.search(growing(), "random", value, trials=7, folder=tmp_path)
    found = rlsearch.search(growing(), "random", value, trials=12, folder=tmp_path)
    assert [(trial.key, trial.spec) for trial in found.trials] == [(trial.key, trial.spec) for trial in whole.trials]
    assert [len(trial.spec["network"]["layers"]) for trial in found.trials] == [2] * 5 + [3] * 5 + [4] * 2


def test_an_agent_without_a_space_may_ignore_the_stage() -> None:
    class Fixed(Climber):
        def __init__(self) -> None:
            self.count = 0

    Agent.enter(agent := Fixed(), growing())
    assert not hasattr(agent, "space")

"""Settings of closed loops that do not fit together: one message each, which names the key and says what to do."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

import tiny
from rlsearch import checks
from rlsearch.errors import SettingsError
from rlsearch.files import write_atomic

SPACE = tiny.CONTROL["space"]
DQN, RANDOM, SWITCHING = {"type": "dqn"}, {"type": "random"}, {"type": "switching"}
SWEEP: dict[str, Any] = {"space": {"type": "sgd-sweep", "steps": 3}, "agents": {"random": RANDOM}, "baselines": []}
PLAIN: dict[str, Any] = {"space": {"type": "init-scale"}, "baselines": ["he"], "agents": {"ppo": {"type": "ppo"}}}
TASK = tiny.CONTROL["proxy"]
WEIGHTS = {"gain": 1.0, "loss": 0.1, "cost": 0.01, "final": 1.0}

# (sections of the study that differ, the key that the message must name, what it must say)
FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "proxy epochs": ({"proxy": {**TASK, "epochs": 4}}, "proxy.epochs = 4", "must be 3: 3 steps of 1 epochs"),
    "other multiple": ({"proxy": {**TASK, "epochs": 6}}, "proxy.epochs = 6", "must be 3: 3 steps of 1 epochs"),
    "epochs a step": (
        {"space": {**SPACE, "epochs_per_step": 2}},
        "proxy.epochs = 3",
        "must be 6: 3 steps of 2 epochs (space.epochs_per_step)",
    ),
    "target epochs": ({"target": {**TASK, "epochs": 7}}, "target.epochs = 7", "must be a multiple of the 3 steps"),
    "proxy of a sweep": ({**SWEEP, "proxy": {**TASK, "epochs": 4}}, "proxy.epochs = 4", "must be a multiple of the 3"),
    "proxy optimizer": (
        {"proxy": {**TASK, "optimizer": {"name": "sgd", "lr": 0.1}}},
        "proxy.optimizer = 'sgd'",
        "the space says which optimizers train: leave this section out",
    ),
    "target optimizer of a sweep": (
        {**SWEEP, "target": {**TASK, "optimizer": {"name": "adam", "lr": 0.1}}},
        "target.optimizer = 'adam'",
        "the space says which optimizers train",
    ),
    "best of last": ({"proxy": {**TASK, "best_of_last": 2}}, "proxy.best_of_last = 2", "must be 1: a run is measured"),
    "patience of a task": (
        {"target": {**TASK, "epochs": 6, "patience": 2}},
        "target.patience = 2",
        "must be null: a run of this space is measured step by step, and space.patience ends it",
    ),
    "patience of a sweep": (
        {**SWEEP, "proxy": {**TASK, "patience": 2}},
        "proxy.patience = 2",
        "must be null: a run of this space is measured step by step, and all of its steps are compared",
    ),
    "restart": (
        {"proxy": {**TASK, "restart": {"most": 2}}},
        "proxy.restart",
        "must be null: a run of this space is one training, whose every step counts",
    ),
    "falls of a schedule": (
        {"proxy": {**TASK, "schedule": {"type": "step", "factor": 0.2, "every": 1}}},
        "proxy.schedule.type = 'step'",
        "must be constant: the space says how the learning rate falls",
    ),
    "unknown optimizer": (
        {"agents": {"dqn": {**DQN, "optimizers": ["sgd", "adm"]}}},
        "agents.dqn.optimizers",
        "no such optimizer in this space",
    ),
    "optimizer twice": (
        {"agents": {"dqn": {**DQN, "optimizers": ["sgd", "sam", "sgd"]}}},
        "agents.dqn.optimizers",
        "names sgd twice",
    ),
    "first answers of a policy": (
        {"agents": {"dqn": {**DQN, "answer": "first"}}},
        "agents.dqn.answer = 'first'",
        "must be best: the policy that it learns is the one finalist",
    ),
    "one optimizer": ({"agents": {"dqn": {**DQN, "optimizers": ["sgd"]}}}, "agents.dqn.optimizers", "at least 2"),
    "optimizers without a policy": (
        {"agents": {"switching": {**SWITCHING, "optimizers": ["sgd", "sam"]}}},
        "agents.switching.optimizers",
        "unknown key",
    ),
    "optimizers in another space": (
        {**PLAIN, "agents": {"ppo": {"type": "ppo", "optimizers": ["sgd", "sam"]}}},
        "agents.ppo.optimizers",
        "is for the space optimizer-selection; leave it out",
    ),
    "the weight of the gain as it was spelt": (
        {"reward": {"steps": {**WEIGHTS, "accuracy": 1.0}}},
        "reward.steps.accuracy = 1.0",
        "is now spelt `gain`",
    ),
    "steps in another space": (
        {**PLAIN, "reward": {"steps": WEIGHTS}},
        "reward.steps",
        "is for spaces with steps; init-scale has none: make it null",
    ),
    "switching in another space": (
        {**PLAIN, "agents": {"switching": SWITCHING}},
        "agents.switching.type",
        "cannot search the space init-scale",
    ),
    "baseline": ({"baselines": ["adam-then-sdg"]}, "baselines[0]", "did you mean 'adam-then-sgd'"),
    "one optimizer under two labels": (
        {"space": {**SPACE, "optimizers": {"a": {"name": "adam"}, "b": {"name": "adam"}}}, "baselines": []},
        "space.optimizers",
        "are the same optimizer; keep one",
    ),
    "all controls": (
        {"controls": {**tiny.CONTROL["controls"], "agents": None}},
        "controls.agents",
        "must leave out dqn",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_message(name: str, tmp_path: Path) -> None:
    changes, key, says = FAULTS[name]
    plain = {"space", "baselines", "agents"} <= changes.keys() and changes["space"]["type"] == "init-scale"
    agents = {} if "agents" in changes or name == "all controls" else {"agents": {"dqn": DQN, "random": RANDOM}}
    with pytest.raises(SettingsError) as caught:
        tiny.study(tmp_path, **{**({} if plain else tiny.CONTROL), **agents, **copy.deepcopy(changes)})
    message = str(caught.value)
    assert f"studies.tiny.{key}" in message, message
    assert says in " ".join(message.split()), message
    assert "faults" not in message.splitlines()[0], message


def test_what_fits_is_accepted(tmp_path: Path) -> None:
    tiny.study(tmp_path, **tiny.CONTROL)
    tiny.study(tmp_path, **{**tiny.CONTROL, "reward": {"steps": WEIGHTS}})
    tiny.study(tmp_path, **{**tiny.CONTROL, "space": {**SPACE, "patience": 2, "carry": False}})
    tiny.study(tmp_path, **{**tiny.CONTROL, "proxy": {**TASK, "record": ["one-class"]}})
    tiny.study(tmp_path, **{**tiny.CONTROL, **SWEEP})
    tiny.study(tmp_path, **{**tiny.CONTROL, "agents": {"a": {**DQN, "optimizers": ["sam", "adam"]}}})


def test_a_table_has_no_patience(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = {"source": "digits", "test": 0.2, "validation": 0.25}
    tree = {"type": "table", "name": "tree"}
    study = {**tiny.STUDY, **tiny.CONTROL, "dataset": "digits", "evaluator": tree, "space": {**SPACE, "patience": 2}}
    recipe = {"name": "tree", "dataset": dataset, "space": study["space"], "proxy": study["proxy"], "epochs": [1, 2, 3]}
    write_atomic(tmp_path / "results/reference/tree/recipe.yaml", yaml.safe_dump({**recipe, "seeds": 10, "judge": 2}))
    monkeypatch.chdir(tmp_path)
    raw = {"preset": "test", "datasets": {"digits": dataset}, "runtime": {}, "studies": {"tiny": study}}
    with pytest.raises(SettingsError, match="must be null: a table holds whole runs") as caught:
        checks.validate(raw)
    assert "studies.tiny.space.patience = 2" in str(caught.value)
    assert "faults" not in str(caught.value).splitlines()[0]

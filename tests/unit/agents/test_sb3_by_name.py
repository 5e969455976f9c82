"""Any algorithm of the library by name: which exist, which keywords they take, what is refused before a job starts."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import sb3_contrib
import stable_baselines3
from pydantic import ValidationError
from stable_baselines3.common.base_class import BaseAlgorithm

import rlsearch
import tiny
from control import Control
from rlsearch.agents import sb3
from rlsearch.agents._sb3 import learn
from rlsearch.agents._sb3_algorithms import ALGORITHMS, OWNED, keywords, options
from rlsearch.errors import RlsearchError, SettingsError
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings

SPACE = LayeredCNN(LayeredSettings(layers=1, strides=(1,)))
LEFT_OUT = {"MaskablePPO", "ARS"}


def exported(library: Any) -> set[str]:
    found = ((name, getattr(library, name)) for name in library.__all__)
    return {name for name, value in found if isinstance(value, type) and issubclass(value, BaseAlgorithm)}


def agent(**settings: Any) -> sb3.SB3:
    return sb3.SB3(SPACE, sb3.Settings(**settings), 1)


def test_the_algorithms_are_those_that_the_libraries_export() -> None:
    assert set(ALGORITHMS) == (exported(stable_baselines3) | exported(sb3_contrib)) - LEFT_OUT
    assert get_args(sb3.Algorithm) == tuple(ALGORITHMS)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_keywords_are_those_of_the_class(name: str) -> None:
    library = stable_baselines3 if hasattr(stable_baselines3, name) else sb3_contrib
    assert keywords(name) == tuple(inspect.signature(getattr(library, name)).parameters)
    assert "learning_rate" in options(name) and not set(options(name)) & set(OWNED)


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("kind", ["choices", "continuous"])
def test_each_takes_the_actions_that_are_stated(name: str, kind: str) -> None:
    """A list of numbers as well: YAML has no tuples."""
    off_policy = "buffer_size" in keywords(name)
    given = {"buffer_size": 100, "learning_starts": 4, "train_freq": [3, "step"]} if off_policy else {"n_steps": 8}
    size = {"batch_size": 8} if "batch_size" in keywords(name) else {}
    made = agent(algorithm=name, options={**given, **size, "learning_rate": "1e-3"}, hidden=(8,))
    env = Control(3 if kind == "choices" else 0)
    if not getattr(ALGORITHMS[name], kind):
        with pytest.raises(SettingsError, match=f"{name} cannot be built: The algorithm only supports"):
            made.build(env, 3)
        return
    algorithm = made.build(env, 3)
    learn(algorithm, lambda: len(env.history) < 20)
    assert algorithm._n_updates > 0 and algorithm.learning_rate == 1e-3


REFUSED: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "algorithm": ({"algorithm": "PP0"}, "algorithm = 'PP0'", ["must be one of A2C", "did you mean 'PPO'"]),
    "masks": ({"algorithm": "MaskablePPO"}, "algorithm = 'MaskablePPO'", ["one of A2C"]),
    "keyword": (
        {"algorithm": "QRDQN", "options": {"bufer_size": 10}},
        "options",
        ["QRDQN has no keyword 'bufer_size' (did you mean 'buffer_size'?)", "allowed: learning_rate, buffer_size"],
    ),
    "another's keyword": ({"algorithm": "A2C", "options": {"n_epochs": 3}}, "options", ["A2C has no keyword 'n_epo"]),
    "seed": ({"options": {"seed": 3}}, "options", ["seed follows from the seed of the search"]),
    "device": ({"options": {"device": "cuda"}}, "options", ["device belongs to the package"]),
    "env": ({"options": {"env": "CartPole-v1"}}, "options", ["env belongs to the package"]),
    "networks": ({"options": {"policy_kwargs": {}}}, "options", ["the widths of the layers are `hidden`"]),
    "exploration": (
        {"algorithm": "DQN", "options": {"exploration_fraction": 0.5}},
        "options",
        ["use `exploration_steps`"],
    ),
    "noise": ({"algorithm": "PPO", "noise": 0.1}, "agents.x", ["PPO takes none"]),
    "space": (
        {"algorithm": "TD3"},
        "algorithm = 'TD3'",
        ["TD3 takes no choices; in this space use one of A2C, DQN, PPO, QRDQN, RecurrentPPO, TRPO"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_said_before_anything_starts(name: str, tmp_path: Path) -> None:
    settings, place, messages = REFUSED[name]
    with pytest.raises(SettingsError) as caught:
        tiny.study(tmp_path, **{**tiny.LAYERED, "agents": {"x": {"type": "sb3", **settings}}})
    text = " ".join(str(caught.value).split())
    assert f"studies.tiny.agents.x{'' if place == 'agents.x' else '.' + place}" in text
    assert all(message in text for message in messages), text


def test_choices_only_algorithms_are_refused_in_a_continuous_space(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="QRDQN takes no continuous decisions"):
        tiny.study(tmp_path, agents={"x": {"type": "sb3", "algorithm": "QRDQN"}})


def test_settings_are_checked_without_importing_the_library() -> None:
    code = (
        "import sys; from rlsearch.config import plugins\n"
        "for name in ('dqn', 'ppo', 'a2c', 'sac', 'sb3'): plugins.load('agents', name).SETTINGS()\n"
        "made = plugins.load('agents', 'sb3')\n"
        "settings = made.SETTINGS(algorithm='PPO', options={'n_steps': 8})\n"
        "space = plugins.load('spaces', 'layered-cnn').SPACE()\n"
        "assert made.AGENT.supports(space) and made.AGENT.misfit(space, settings) is None\n"
        "print(sorted({'torch', 'gymnasium', 'stable_baselines3', 'sb3_contrib'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_value_that_the_library_refuses_is_one_clear_error() -> None:
    made = agent(algorithm="PPO", options={"n_steps": 8, "batch_size": 1})
    with pytest.raises(SettingsError, match="PPO cannot be built: `batch_size` must be greater than 1"):
        made.build(Control(), 3)


@pytest.mark.parametrize("name", ["DQN", "QRDQN"])
def test_epsilon_falls_with_the_steps_taken(name: str) -> None:
    chosen = {"learning_starts": 0, "exploration_initial_eps": 0.8, "exploration_final_eps": 0.2, "buffer_size": 50}
    algorithm = agent(algorithm=name, options=chosen, exploration_steps=10, hidden=(4,)).build(Control(), 3)
    seen: list[float] = []

    def more() -> bool:
        seen.append(algorithm.exploration_rate)
        return len(seen) < 15

    learn(algorithm, more)
    assert seen == pytest.approx([0.8 - 0.6 * min(step, 10) / 10 for step in range(15)])


def test_noise_is_added_to_the_action() -> None:
    """TD3's own actions are those of its actor, so two equal observations would give equal ones."""
    chosen = {"learning_starts": 0, "learning_rate": 1e-9, "buffer_size": 50}

    def taken(noise: float) -> list[float]:
        found = rlsearch.search(
            InitScale(), "sb3", lambda spec: 0.0, trials=12, algorithm="TD3", options=chosen, noise=noise
        )
        return [float(trial.actions[0]) for trial in found.trials]

    assert len(set(taken(0.0))) == 1
    noisy = taken(0.2)
    assert 0.2 * 0.7 / 3 < float(np.std(noisy)) < 0.2 * 0.7 * 3


def test_a_search_from_plain_python_is_checked_too() -> None:
    with pytest.raises(RlsearchError, match="did you mean 'n_steps'"):
        rlsearch.search(SPACE, "sb3", lambda spec: 0.0, trials=2, algorithm="PPO", options={"nsteps": 4})
    with pytest.raises(SettingsError, match="TD3 cannot be built"):
        rlsearch.search(SPACE, "sb3", lambda spec: 0.0, trials=2, algorithm="TD3")


def test_options_are_checked_after_a_wrong_algorithm_is_reported() -> None:
    with pytest.raises(ValidationError) as caught:
        sb3.Settings(algorithm="X", options={"n_steps": 4})  # type: ignore[arg-type]
    assert [error["loc"] for error in caught.value.errors()] == [("algorithm",)]

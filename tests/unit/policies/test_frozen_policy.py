"""A learnt policy as weights and settings: it acts as the algorithm did, and survives as JSON to the last bit."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from control import Control
from rlsearch.agents import a2c, dqn, maskable_ppo, ppo, sac, sb3
from rlsearch.agents._frozen import freeze
from rlsearch.agents._sb3 import learn, optimizer
from rlsearch.envs.space_env import SpaceEnv
from rlsearch.errors import RlsearchError
from rlsearch.policies.frozen import FrozenPolicy
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings

SPACE = LayeredCNN(LayeredSettings(layers=2, filters=(4, 8), strides=(1,)))
MADE: dict[str, tuple[Any, dict[str, Any], str, str]] = {
    "dqn": (dqn, {"learning_starts": 4}, "relu", "q-values"),
    "dqn of one layer": (dqn, {"learning_starts": 4, "hidden": (24,)}, "relu", "q-values"),
    "ppo": (ppo, {"lr": 1e-2}, "tanh", "logits"),
    "a2c": (a2c, {"lr": 1e-2, "hidden": (16, 8, 4)}, "tanh", "logits"),
    "trpo": (sb3, {"options": {"n_steps": 16, "batch_size": 16}}, "tanh", "logits"),
    "maskable-ppo": (maskable_ppo, {"episodes": 2, "n_epochs": 2}, "tanh", "logits"),
}


def learnt(module: Any, settings: dict[str, Any], env: Any, steps: int = 60) -> tuple[Any, Any]:
    torch.set_num_threads(1)
    agent = module.AGENT(SPACE, module.SETTINGS(**settings), 1)
    algorithm = agent.build(env, 3)
    left = [steps]

    def more() -> bool:
        left[0] -= 1
        return left[0] > 0

    learn(algorithm, more)
    return agent, algorithm


@pytest.mark.parametrize("name", MADE)
def test_it_chooses_as_the_algorithm(name: str) -> None:
    module, settings, activation, output = MADE[name]
    agent, algorithm = learnt(module, settings, SpaceEnv(SPACE) if module is maskable_ppo else Control())
    policy = agent.freeze(algorithm)
    assert (policy.activation, policy.output) == (activation, output)
    assert policy.observation == algorithm.observation_space.shape[0]
    assert policy.actions == algorithm.action_space.n
    seen = np.random.default_rng(0).uniform(-1, 1, (1000, policy.observation)).astype(np.float32)
    chosen = algorithm.predict(seen, deterministic=True)[0]
    assert len(set(chosen.tolist())) > 1
    for one, action in zip(seen, chosen, strict=True):
        values = policy.values(one)
        assert values.dtype == np.float32
        best = np.sort(values)[::-1]
        assert policy.choose(one) == action or best[0] - best[1] < 1e-6


def test_it_survives_as_json_to_the_last_bit() -> None:
    _, algorithm = learnt(*MADE["ppo"][:2], Control())
    policy = freeze(algorithm)
    again = FrozenPolicy.from_json(json.loads(json.dumps(policy.to_json())))
    for one, other in zip(policy.layers, again.layers, strict=True):
        assert all(np.array_equal(a, b) and b.dtype == np.float32 for a, b in zip(one, other, strict=True))
    assert again.to_json() == policy.to_json()
    first = [np.nextafter(policy.layers[0][0], np.float32(1)), policy.layers[0][1]]
    moved = FrozenPolicy(((first[0], first[1]), *policy.layers[1:]), policy.activation, policy.output)
    assert moved.to_json() != policy.to_json()


def test_what_is_learnt_later_does_not_change_it() -> None:
    _, algorithm = learnt(*MADE["ppo"][:2], Control())
    policy = freeze(algorithm)
    before = policy.to_json()
    with torch.no_grad():
        for parameter in algorithm.policy.parameters():
            parameter.add_(1.0)
    assert policy.to_json() == before != freeze(algorithm).to_json()


def test_of_equals_the_first_is_chosen() -> None:
    flat = FrozenPolicy(((np.zeros((3, 2), np.float32), np.array([1, 2, 2], np.float32)),), "relu", "logits")
    assert flat.choose(np.ones(2, np.float32)) == 1
    with pytest.raises(RlsearchError, match=r"an observation of shape \(3,\)"):
        flat.choose(np.ones(3, np.float32))


def test_the_layers_are_a_perceptron() -> None:
    """-2 + 3 and 3 - 4 before the activation, by hand."""
    layers = (
        (np.array([[-2, 3], [3, -4]], np.float32), np.array([0.5, 0.25], np.float32)),
        (np.array([[1, 0], [0, 1]], np.float32), np.array([0, 1], np.float32)),
    )
    seen = np.ones(2, np.float32)
    assert FrozenPolicy(layers, "relu", "q-values").values(seen).tolist() == [1.5, 1.0]
    expected = [np.tanh(np.float32(1.5)), np.tanh(np.float32(-0.75)) + np.float32(1)]
    assert FrozenPolicy(layers, "tanh", "q-values").values(seen).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("module", [sac, ppo])
def test_continuous_actions_cannot_be_frozen(module: Any) -> None:
    agent, algorithm = learnt(module, {}, Control(0), 2)
    with pytest.raises(RlsearchError, match="cannot be stored as weights and settings") as caught:
        agent.freeze(algorithm)
    assert "DQN; PPO, A2C, TRPO or MaskablePPO with discrete actions" in str(caught.value)


@pytest.mark.parametrize("name", ["QRDQN", "RecurrentPPO"])
def test_other_algorithms_cannot_be_frozen(name: str) -> None:
    agent = sb3.SB3(SPACE, sb3.Settings(algorithm=name, hidden=(4,)), 1)  # type: ignore[arg-type]
    with pytest.raises(RlsearchError, match=f"the policy of {name} cannot be stored"):
        agent.freeze(agent.build(Control(), 3))


def test_other_activations_cannot_be_frozen() -> None:
    import stable_baselines3

    odd = {"activation_fn": torch.nn.ELU, **optimizer("Adam")}
    algorithm = stable_baselines3.PPO("MlpPolicy", Control(), n_steps=4, batch_size=4, policy_kwargs=odd, device="cpu")
    with pytest.raises(RlsearchError, match="a network of Linear, ELU"):
        freeze(algorithm)


def stored() -> dict[str, Any]:
    layers = [
        {"weight": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "bias": [0.0, 0.5, 1.0]},
        {"weight": [[1.0, 2.0, 3.0]] * 2, "bias": [0.0, 1.0]},
    ]
    return {
        **{"kind": "mlp", "activation": "tanh", "layers": layers},
        **{"output": "logits", "observation": 2, "actions": 2},
    }


def test_the_example_that_is_damaged_below_is_whole() -> None:
    assert FrozenPolicy.from_json(stored()).to_json() == stored()


DAMAGE: dict[str, tuple[Any, str]] = {
    "nothing": (lambda value: None, "no stored policy"),
    "another kind": (lambda value: {**value, "kind": "cnn"}, "no stored policy"),
    "one key more": (lambda value: {**value, "x": 1}, "no stored policy"),
    "activation": (lambda value: {**value, "activation": "gelu"}, "no activation 'gelu'"),
    "output": (lambda value: {**value, "output": "mean"}, "no output 'mean'"),
    "no layers": (lambda value: {**value, "layers": []}, "there is no layer"),
    "layers are no list": (lambda value: {**value, "layers": 3}, "its layers are no list"),
    "layer is no section": (lambda value: {**value, "layers": [[1.0]]}, "layer 0 is not a weight and a bias"),
    "observation": (lambda value: {**value, "observation": 3}, "observation and actions are stated as 3 and 2"),
    "actions": (lambda value: {**value, "actions": 1}, "stated as 2 and 1"),
}
LAYERS: dict[str, tuple[int, dict[str, Any], str]] = {
    "ragged": (0, {"weight": [[1.0], [2.0, 3.0], [4.0, 5.0]]}, "layer 0 holds something that is no number, or rows"),
    "text": (0, {"bias": ["a", "b", "c"]}, "layer 0 holds something that is no number"),
    "flat": (0, {"weight": [1.0, 2.0, 3.0]}, "layer 0: weight (3,), bias (3,)"),
    "short bias": (1, {"bias": [1.0]}, "layer 1: weight (2, 3), bias (1,)"),
    "other inputs": (1, {"weight": [[1.0, 2.0]] * 2}, "layer 1 takes 2 numbers"),
    "not finite": (1, {"bias": [float("nan"), 1.0]}, "layer 1 holds numbers that are not finite"),
    "too large for float32": (0, {"bias": [0.0, 1e300, 0.0]}, "layer 0 holds numbers that are not finite"),
}


@pytest.mark.parametrize("name", [*DAMAGE, *LAYERS])
def test_damage_is_one_clear_error(name: str) -> None:
    value = stored()
    if name in DAMAGE:
        change, message = DAMAGE[name]
        value = change(value)
    else:
        number, changes, message = LAYERS[name]
        value["layers"][number] = {**value["layers"][number], **changes}
    with pytest.raises(RlsearchError) as caught:
        FrozenPolicy.from_json(value)
    assert message in str(caught.value) and "a frozen policy" in str(caught.value)


def test_it_needs_no_torch() -> None:
    code = (
        "import sys, json; from rlsearch.policies.frozen import FrozenPolicy\n"
        f"print(FrozenPolicy.from_json(json.loads({json.dumps(json.dumps(stored()))})).choose([0.1, 0.2]))\n"
        "assert not {'torch', 'stable_baselines3'} & set(sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "1"

"""What every environment of the package keeps to: Gymnasium's and Stable-Baselines3's checks, seeds, masks, agents."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as gymnasium_check
from sb3_contrib import MaskablePPO
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.env_checker import check_env as sb3_check

from rlsearch.config import plugins
from rlsearch.envs import SpaceEnv
from rlsearch.envs.optimizer_selection import OptimizerSelectionEnv
from rlsearch.gymnasium_ids import env_id
from rlsearch.spaces.base import decisions
from rlsearch.testing import cases
from rlsearch.testing.cases import GROWING, WIDE

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{env_id(name): (env_id(name), cases.of_plugin("spaces", name)) for name in plugins.names("spaces")},
    "full": ("rlsearch/LayeredCNN-v0", {**WIDE, "layers": 12, "strides": None, "stride_options": (1, 2, 3)}),
    "growing": ("rlsearch/LayeredCNN-v0", {**GROWING, "depth": {"step": 2, "every": 3, "most": 7}}),
}
"""Every environment as it is, and large ones: too large to be walked through, so their spaces must say their extent."""

pytestmark = [pytest.mark.filterwarnings("error"), pytest.mark.parametrize("name", VARIANTS)]


def env_of(name: str) -> gymnasium.Env[Any, Any]:
    identity, options = VARIANTS[name]
    return gymnasium.make(identity, **options)


Env = SpaceEnv | OptimizerSelectionEnv


def raw(name: str) -> Env:
    env = env_of(name).unwrapped
    assert isinstance(env, Env)
    return env


def allowed_action(env: Env, info: dict[str, Any]) -> Any:
    if isinstance(env.action_space, gymnasium.spaces.Discrete):
        return env.action_space.sample(mask=info["action_mask"])
    return env.action_space.sample()


def episodes(env: Env, seed: int, count: int) -> list[tuple[list[list[float]], float, dict[str, Any]]]:
    """Play episodes of allowed random actions; return observations, reward and last info of each."""
    env.action_space.seed(seed)
    played = []
    for index in range(count):
        observation, info = env.reset(seed=seed if index == 0 else None)
        seen, done, reward = [observation.tolist()], False, 0.0
        while not done:
            observation, reward, done, truncated, info = env.step(allowed_action(env, info))
            seen.append(observation.tolist())
            assert not truncated
        info["action_mask"] = info["action_mask"].tolist()
        played.append((seen, reward, info))
    return played


def test_gymnasium_check(name: str) -> None:
    gymnasium_check(raw(name))


def test_sb3_check(name: str) -> None:
    sb3_check(env_of(name))


def test_equal_seeds_play_equal_episodes(name: str) -> None:
    env = raw(name)
    first = episodes(env, 3, 5)
    assert episodes(env, 3, 5) == first
    assert episodes(raw(name), 3, 5) == first
    assert episodes(env, 4, 5) != first


def test_a_finished_episode_names_a_candidate_of_the_space(name: str) -> None:
    env = raw(name)
    for index, (seen, reward, info) in enumerate(episodes(env, 0, 20)):
        stage = env.space.at(index)
        assert info["status"] == "ok"
        assert decisions(stage, info["actions"])
        assert info["spec"] == stage.decode(info["actions"])
        assert info["key"] == stage.key(info["spec"])
        if isinstance(env, SpaceEnv):
            assert reward == stage.planted(info["actions"])
        else:  # every step is paid
            assert len(seen) == 1 + len(info["actions"])
            assert math.isfinite(info["return"])


def test_masks_agree(name: str) -> None:
    env = raw(name)
    done, (_, info) = True, env.reset(seed=0)
    for _ in range(30):
        if done:
            _, info = env.reset()
        np.testing.assert_array_equal(env.action_masks(), info["action_mask"])
        assert env.action_masks().any()
        *_, done, _, info = env.step(allowed_action(env, info))


def test_ppo_learns_on_it(name: str) -> None:
    assert_learns(PPO("MlpPolicy", env_of(name), n_steps=32, batch_size=32, n_epochs=2, seed=0, device="cpu"))


def test_maskable_ppo_learns_on_it(name: str) -> None:
    env = env_of(name)
    if isinstance(env.action_space, gymnasium.spaces.Discrete):
        assert_learns(MaskablePPO("MlpPolicy", env, n_steps=32, batch_size=32, n_epochs=2, seed=0, device="cpu"))
    else:
        with pytest.raises(AssertionError, match="only supports"):  # masks are of choices
            MaskablePPO("MlpPolicy", env, device="cpu")


def test_a2c_learns_on_it(name: str) -> None:
    assert_learns(A2C("MlpPolicy", env_of(name), n_steps=16, seed=0, device="cpu"))


def test_dqn_learns_on_it(name: str) -> None:
    env = env_of(name)
    if isinstance(env.action_space, gymnasium.spaces.Discrete):
        assert_learns(DQN("MlpPolicy", env, learning_starts=16, batch_size=8, seed=0, device="cpu"))
    else:
        with pytest.raises(AssertionError, match="only supports"):
            DQN("MlpPolicy", env, device="cpu")


def assert_learns(model: Any) -> None:
    before = {key: value.clone() for key, value in model.policy.state_dict().items()}
    model.learn(64)
    assert model.num_timesteps == 64
    assert any(not value.equal(before[key]) for key, value in model.policy.state_dict().items())


def test_the_module_form_of_the_id(name: str) -> None:
    identity, options = VARIANTS[name]
    env = gymnasium.make(f"rlsearch.envs:{identity}", **options)
    assert env.spec is not None
    assert env.spec.id == identity

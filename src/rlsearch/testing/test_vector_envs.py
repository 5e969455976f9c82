"""Every environment inside Gymnasium's vectorized environments: what they join is what each environment says alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from rlsearch.errors import SettingsError
from rlsearch.testing.test_envs import VARIANTS

pytestmark = [pytest.mark.filterwarnings("error"), pytest.mark.parametrize("name", VARIANTS)]

ENVS, STEPS = 2, 150
MODES: dict[str, dict[str, Any]] = {
    "sync": {"vectorization_mode": "sync"},
    "sync-same-step": {
        "vectorization_mode": "sync",
        "vector_kwargs": {"autoreset_mode": AutoresetMode.SAME_STEP},
    },
    # Not forked: this process has threads.
    "async": {"vectorization_mode": "async", "vector_kwargs": {"context": "forkserver"}},
}
KINDS: Mapping[str, type] = {"action_mask": np.ndarray, "actions": tuple, "key": str, "return": float, "status": str}


def step(env: gymnasium.Env[Any, Any], action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
    """Step, or reset where the last step ended the episode, as vectorized environments do."""
    unwrapped: Any = env.unwrapped
    if unwrapped.action_masks().any() and getattr(unwrapped, "_seen", True):
        return env.step(action)
    observation, info = env.reset()
    return observation, 0.0, False, False, info


def at(joined: Mapping[str, Any], place: int) -> dict[str, Any]:
    """Return the info of one environment."""
    return {key: joined[key][place] for key in joined if not key.startswith("_") and joined[f"_{key}"][place]}


def plain(info: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in info.items()}


def drawn(joined: Any, masks: Any) -> Any:
    """Return a random action of each environment, forbidden ones too; the first environment keeps to its mask."""
    actions = joined.action_space.sample()
    single = joined.single_action_space
    if isinstance(single, gymnasium.spaces.Discrete) and masks[0].any():
        actions[0] = single.sample(mask=masks[0])
    return actions


@pytest.mark.parametrize("mode", MODES)
def test_random_actions_in_a_vectorized_environment(name: str, mode: str) -> None:
    identity, options = VARIANTS[name]
    joined = gymnasium.make_vec(identity, num_envs=ENVS, **MODES[mode], **options)
    statuses = set[str]()
    try:
        joined.action_space.seed(0)
        joined.single_action_space.seed(0)
        _, infos = joined.reset(seed=1)
        for _ in range(STEPS):
            observation, reward, *_, infos = joined.step(drawn(joined, infos["action_mask"]))
            assert observation in joined.observation_space
            assert np.isfinite(reward).all()
            for info in (at(infos.get("final_info", infos), place) for place in range(ENVS)):
                assert all(isinstance(info[key], kind) for key, kind in KINDS.items() if key in info)
                assert ("status" in info) == ("spec" in info) == ("key" in info)
                if "status" in info:
                    statuses.add(info["status"])
                    assert bool(info["spec"]) == bool(info["key"]) == (info["status"] != "invalid")
    finally:
        joined.close()
    assert "ok" in statuses


def test_a_vectorized_environment_says_what_each_says_alone(name: str) -> None:
    identity, options = VARIANTS[name]
    joined = gymnasium.make_vec(identity, num_envs=ENVS, vectorization_mode="sync", **options)
    alone = [gymnasium.make(identity, **options) for _ in range(ENVS)]
    joined.action_space.seed(2)
    joined.reset(seed=3)
    for place, env in enumerate(alone):
        env.reset(seed=3 + place)
    ended = 0
    for _ in range(STEPS):
        actions = joined.action_space.sample()
        observations, rewards, *_, infos = joined.step(actions)
        for place, env in enumerate(alone):
            observation, reward, _, _, info = step(env, actions[place])
            assert observation.tolist() == observations[place].tolist()
            assert reward == rewards[place]
            assert plain(at(infos, place)) == plain(info)
            ended += "spec" in info
    assert ended
    joined.close()


def test_an_unknown_render_mode_is_refused(name: str) -> None:
    identity, options = VARIANTS[name]
    for mode in ("human", "rgb_array", "ansi"):
        with pytest.raises(SettingsError, match=rf"render_mode = '{mode}'.*\n.*allowed: None"):
            gymnasium.make(identity, render_mode=mode, **options)
    env = gymnasium.make(identity, **options).unwrapped
    assert env.metadata["render_modes"] == []
    assert env.render() is None

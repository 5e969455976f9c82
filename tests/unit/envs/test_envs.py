"""SpaceEnv on InitScale and on small categorical, growing and mixed spaces made for these tests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env as gymnasium_check
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as sb3_check

from rlsearch.envs import SpaceEnv
from rlsearch.envs.optimizer_selection import OptimizerSelectionEnv
from rlsearch.errors import ActionError
from rlsearch.spaces.base import Actions, Choice, Continuous, Decision, Space, Spec
from rlsearch.spaces.init_scale import InitScale
from small_spaces import Layers, Wide, box, play

pytestmark = pytest.mark.filterwarnings("error")


class Box2(Layers):
    """Two numbers with different ranges."""

    def next(self, prefix: Actions) -> Decision | None:
        ends = [(0.0, 1.0), (10.0, 30.0)]
        return Continuous(f"x{len(prefix)}", *ends[len(prefix)], 2) if len(prefix) < 2 else None

    def decode(self, actions: Actions) -> Spec:
        return {"x": list(actions)}


class Arms(Layers):
    """A bandit of five arms."""

    def next(self, prefix: Actions) -> Decision | None:
        return None if prefix else Choice("arm", tuple("abcde"), (True,) * 5)

    def decode(self, actions: Actions) -> Spec:
        return {"arm": "abcde"[int(actions[0])]}


@pytest.mark.parametrize(
    ("space", "observation"),
    [
        (Layers(), None),
        (Wide(), None),
        (Box2(), None),
        (Arms(), "none"),
        (Arms(), "prefix"),
        (Arms(), "previous"),
        (InitScale(), "none"),
        (InitScale(), "prefix"),
        (InitScale(), "previous"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_both_checkers_are_silent(space: Space, observation: Any) -> None:
    env = SpaceEnv(space, observation=observation)
    env.spec = gymnasium.envs.registration.EnvSpec("Test-v0", lambda **_: SpaceEnv(space, observation=observation))
    gymnasium_check(env)
    sb3_check(env)


@pytest.mark.parametrize("space", [Layers(), Box2()], ids=["choices", "numbers"])
def test_ppo_runs(space: Space) -> None:
    model = PPO("MlpPolicy", SpaceEnv(space), n_steps=32, batch_size=32, n_epochs=1, seed=0, device="cpu").learn(64)
    assert model.num_timesteps == 64


def test_prefix_observation_of_choices() -> None:
    env = SpaceEnv(Layers())
    assert env.action_space == gymnasium.spaces.Discrete(3)
    first, info = env.reset()
    assert first.tolist() == [-1, -1, -1]
    assert info["action_mask"].tolist() == [1, 1, 0]
    second, reward, done, truncated, info = env.step(np.int64(1))
    assert (second.tolist(), reward, done, truncated) == ([0.5, -1, -1], 0.0, False, False)
    assert info["action_mask"].tolist() == [1, 0, 1]
    last, reward, done, _, info = env.step(2)
    assert (last.tolist(), reward, done) == ([0.5, 1, -1], 0.0, True)
    assert info["spec"] == {"layers": ["pool", "stop"]}
    assert info["actions"] == (1, 2)
    assert info["action_mask"].tolist() == [0, 0, 0]


def test_prefix_observation_of_numbers() -> None:
    env = SpaceEnv(Box2())
    env.reset()
    middle, *_ = env.step(np.asarray([0.0], np.float32))
    assert middle.tolist() == [0.5, -1]
    last, *_, info = env.step(np.asarray([0.5], np.float32))
    assert last.tolist() == [0.5, 0.75]
    assert info["actions"] == (0.5, 25.0)


@pytest.mark.parametrize("actions", [(0, 0), (2,), (1, 7)], ids=["masked", "masked at once", "no such option"])
def test_a_forbidden_action_ends_the_episode(actions: tuple[int, ...]) -> None:
    def evaluate(spec: Spec, seed: int) -> tuple[float, Mapping[str, Any]]:
        raise AssertionError("an invalid candidate must not be trained")

    env = SpaceEnv(Layers(), evaluate, failure_reward=-3.5)
    observation, reward, done, truncated, info = play(env, *actions)
    assert (reward, done, truncated) == (-3.5, True, False)
    assert (info["status"], info["spec"], info["key"], info["actions"]) == ("invalid", {}, "", actions)
    assert observation in env.observation_space
    with pytest.raises(ResetNeeded):
        env.step(0)


@pytest.mark.parametrize("order", [(0, 2), (2, 0)], ids=["valid first", "invalid first"])
def test_candidates_that_end_in_one_step_are_joined_as_they_are(order: tuple[int, int]) -> None:
    class Arm(Arms):
        def next(self, prefix: Actions) -> Decision | None:
            return None if prefix else Choice("arm", (1, None, 2.5), (True, True, False))

        def decode(self, actions: Actions) -> Spec:
            return {"arm": {"width": (1, None)[int(actions[0])]}}

    env = gymnasium.vector.SyncVectorEnv([lambda: SpaceEnv(Arm())] * 3)
    env.reset(seed=0)
    *_, infos = env.step(np.array([*order, 1]))
    specs = [{"arm": {"width": 1}} if action == 0 else {} for action in order]
    assert list(infos["spec"]) == [*specs, {"arm": {"width": None}}]
    assert [bool(key) for key in infos["key"]] == [action == 0 for action in order] + [True]


@pytest.mark.parametrize("action", [0.5, "0", None, np.array([1]), np.float64(1)])
def test_an_option_is_a_whole_number(action: Any) -> None:
    with pytest.raises(ActionError, match="is no whole number"):
        play(SpaceEnv(Layers()), action)


@pytest.mark.parametrize("action", [-1, 3, 1.5])
def test_an_optimizer_that_does_not_exist_is_not_another_one(action: Any) -> None:
    env = OptimizerSelectionEnv()
    env.reset(seed=0)
    with pytest.raises(ActionError, match="optimizer"):
        env.step(action)


def test_options_missing_from_a_narrow_choice_are_masked() -> None:
    env = SpaceEnv(Wide())
    env.reset()
    assert env.action_masks().tolist() == [True, True, False, False]
    assert play(env, 2)[4]["status"] == "invalid"
    assert play(env, 1, 3)[4]["status"] == "ok"


@pytest.mark.parametrize(
    ("action", "scale"), [(-1, 0.3), (0, 1.0), (1, 1.7), (5, 1.7), (-math.inf, 0.3), (0.357, 1.25)]
)
def test_continuous_actions_map_to_the_range(action: float, scale: float) -> None:
    *_, info = play(SpaceEnv(InitScale()), np.asarray([action], np.float32))
    assert info["spec"] == {"init": {"scheme": "scaled-normal", "scale": scale}}


def test_an_action_that_is_no_number() -> None:
    with pytest.raises(ValueError, match="'scale' is not a number"):
        play(SpaceEnv(InitScale()), np.asarray([np.nan], np.float32))


def test_a_step_needs_a_reset() -> None:
    with pytest.raises(ResetNeeded):
        SpaceEnv(InitScale()).step([0.0])


def test_none_and_previous_observations() -> None:
    constant, previous = (SpaceEnv(InitScale(), lambda *_: (7.3, {}), observation=o) for o in ("none", "previous"))
    assert previous.observation_space == box(0.3, 1.7)
    assert constant.observation_space == box(0.3, 1.7)
    for env in (constant, previous):
        assert env.reset(seed=0)[0].tolist() == [1, 0]
    after = [play(env, [1.0])[0] for env in (constant, previous)]
    assert after[0].tolist() == [1, 0]
    np.testing.assert_allclose(after[1], [1.7, 7.3])
    np.testing.assert_allclose(previous.reset()[0], [1.7, 7.3])
    assert previous.reset(seed=0)[0].tolist() == [1, 0]


def test_previous_rewards_are_clipped_in_the_observation_only() -> None:
    env = SpaceEnv(InitScale(), lambda *_: (1e6, {}), observation="previous")
    observation, reward, *_ = play(env, [1.0])
    assert (observation[1], reward) == (10, 1e6)


@pytest.mark.parametrize("reward", [math.nan, math.inf])
def test_a_reward_that_is_no_number(reward: float) -> None:
    env = SpaceEnv(InitScale(), lambda *_: (reward, {}), observation="previous")
    observation, received, *_, info = play(env, [1.0])
    assert (received, info["status"], observation[1]) == (-2.0, "diverged", -2.0)


def test_evaluate_receives_spec_and_seed_and_adds_to_the_info() -> None:
    seen: list[tuple[Spec, int]] = []

    def evaluate(spec: Spec, seed: int) -> tuple[float, Mapping[str, Any]]:
        seen.append((spec, seed))
        return 3.5, {"status": "failed", "accuracy": 0.5, "key": "not this one"}

    env = SpaceEnv(InitScale(), evaluate)
    for seed in (0, None, 0, 1):
        *_, info = play(env, [0.0], seed=seed)
    spec = {"init": {"scheme": "scaled-normal", "scale": 1.0}}
    assert [given for given, _ in seen] == [spec] * 4
    first, second, third, fourth = (seed for _, seed in seen)
    assert first == third
    assert len({first, second, fourth}) == 3
    assert (info["status"], info["accuracy"], info["key"]) == ("failed", 0.5, InitScale().key(spec))

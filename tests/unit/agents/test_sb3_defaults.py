"""No default of the library bears on learning unseen: each is a setting, with the source's value where it gives one."""

from __future__ import annotations

import copy
import inspect
import math
from typing import Any

import numpy as np
import pytest
import sb3_contrib
import stable_baselines3
import torch
from pydantic import ValidationError
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.dqn.policies import DQNPolicy
from stable_baselines3.sac.policies import SACPolicy

import rlsearch
from control import Control
from rlsearch.agents import a2c, dqn, maskable_ppo, ppo, sac, sb3
from rlsearch.agents._sb3 import learn
from rlsearch.agents._sb3_algorithms import ALGORITHMS, OWNED, defaults, options
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings

CHOICES = LayeredCNN(LayeredSettings(layers=1, strides=(1,)))

SOURCE: dict[str, dict[str, Any]] = {
    "ppo": {
        # Pham 2024, 3.2.2.3: the list of hyperparameters.
        **{"hidden": (64, 64), "gamma": 0.99, "gae_lambda": 0.95, "n_steps": 4, "n_epochs": 4, "clip_range": 0.2},
        **{"ent_coef": 2e-2, "lr": 3e-4, "value_lr": 1e-3},
        # 3.2.2.1: two layers with tanh activations in each network.
        "activation": "tanh",
        # 3.2.2.2: the estimated advantage as it is, the squared error of the value as it is, means over all N steps,
        # each network by the gradient of its own loss, four passes whatever the policy's distance.
        **{"normalize_advantage": False, "clip_range_vf": None, "vf_coef": 1.0, "batch_size": None},
        **{"max_grad_norm": None, "target_kl": None},
    },
    "dqn": {
        # 3.2.1.2: the list of hyperparameters, and the lowest epsilon of 3.2.1.1.
        **{"hidden": (64, 64), "lr": 1e-3, "gamma": 0.99, "buffer_size": 5000, "batch_size": 32, "target_update": 20},
        **{"epsilon_decay": 0.995, "epsilon_end": 0.05},
        # 1: ReLU. 3.2.1.1: the target network is copied, one step is looked ahead, the mean squared error is lowered.
        **{"activation": "relu", "tau": 1.0, "n_steps": 1, "loss": "squared", "max_grad_norm": None},
        # 3.2.1.3: one or more updates after each step.
        **{"train_freq": 1, "gradient_steps": 1},
    },
}
SILENT: dict[str, dict[str, Any]] = {
    "ppo": {"adam_eps": 1e-5, "ortho_init": True, "log_std_init": 0.0},
    "dqn": {"adam_eps": 1e-8, "learning_starts": 32, "epsilon_start": 1.0},
}
"""What the source does not give: the library's values, but for DQN's start, which is a whole minibatch."""
PACKAGE = {"type", "batch", "optimizers", "learning", "answer"}
"""Settings of the package, not of the algorithm."""

CASES: dict[str, tuple[Any, type, type, dict[str, str]]] = {
    "ppo": (ppo, stable_baselines3.PPO, ActorCriticPolicy, {}),
    "a2c": (a2c, stable_baselines3.A2C, ActorCriticPolicy, {}),
    "dqn": (
        dqn,
        stable_baselines3.DQN,
        DQNPolicy,
        {
            "exploration_fraction": "epsilon_decay",
            "exploration_initial_eps": "epsilon_start",
            "exploration_final_eps": "epsilon_end",
            "target_update_interval": "target_update",
        },
    ),
    "sac": (sac, stable_baselines3.SAC, SACPolicy, {}),
    "maskable-ppo": (maskable_ppo, sb3_contrib.MaskablePPO, MaskableActorCriticPolicy, {}),
}
"""Module, the library's class and policy, and which settings stand for keywords that are not passed."""

NOT_SETTINGS = {
    **dict.fromkeys(("use_sde", "sde_sample_freq", "use_sde_at_warmup"), "noise for motors; `sb3` has it"),
    "optimize_memory_usage": "changes no number",
    "action_noise": "SAC explores by its entropy; `sb3` has it",
}
POLICY_NOT_SETTINGS = {
    **dict.fromkeys(("self", "observation_space", "action_space", "lr_schedule"), "what the algorithm hands over"),
    **dict.fromkeys(("use_sde", "full_std", "use_expln", "squash_output", "clip_mean"), "of the noise for motors"),
    **dict.fromkeys(("features_extractor_class", "features_extractor_kwargs"), "observations are vectors: flattened"),
    "share_features_extractor": "which has no weights",
    "normalize_images": "no observation is an image",
}


def arguments(name: str) -> dict[str, Any]:
    module, space = CASES[name][0], InitScale() if name == "sac" else CHOICES
    made = module.AGENT(space, module.SETTINGS(), 1)
    found: dict[str, Any] = made.arguments(8) if name == "maskable-ppo" else made.arguments()
    return found


@pytest.mark.parametrize("name", SOURCE)
def test_the_defaults_are_the_source_s_list(name: str) -> None:
    module = CASES[name][0]
    assert module.SETTINGS().model_dump(exclude=PACKAGE) == {**SOURCE[name], **SILENT[name]}


@pytest.mark.parametrize("name", CASES)
def test_every_keyword_of_the_library_is_a_setting_or_stands_among_the_exceptions(name: str) -> None:
    """A library that gains a keyword fails here, so that somebody decides what its default does to learning."""
    module, kind, _, instead = CASES[name]
    known = set(inspect.signature(kind).parameters) - set(OWNED) | set(instead)
    assert known == (set(arguments(name)) & known) | set(instead) | (known & set(NOT_SETTINGS))
    assert set(instead.values()) <= set(module.SETTINGS.model_fields)


@pytest.mark.parametrize("name", CASES)
def test_every_keyword_of_the_library_s_policy_as_well(name: str) -> None:
    known = set(inspect.signature(CASES[name][2].__init__).parameters)
    assert known == set(arguments(name)["policy_kwargs"]) | (known & set(POLICY_NOT_SETTINGS))


@pytest.mark.parametrize("name", ["a2c", "maskable-ppo", "sac"])
def test_without_a_source_the_library_s_defaults_stand_where_nothing_else_is_said(name: str) -> None:
    """The exceptions are documented with the settings: a search of candidates is short, and its reward comes last."""
    own = {
        "a2c": set(),
        "maskable-ppo": {"n_steps", "batch_size", "gamma", "gae_lambda"},
        "sac": {"learning_rate", "tau", "buffer_size", "batch_size", "learning_starts"},
    }
    given, signature = arguments(name), inspect.signature(CASES[name][1]).parameters
    differ = {key for key, value in given.items() if key != "policy_kwargs" and value != signature[key].default}
    assert differ == own[name]


@pytest.mark.parametrize("module", [ppo, a2c, maskable_ppo, dqn])
def test_no_limit_leaves_gradients_as_they_are(module: Any) -> None:
    made = module.AGENT(CHOICES, module.SETTINGS(max_grad_norm=None), 1)
    given = made.arguments(8) if module is maskable_ppo else made.arguments()
    assert given["max_grad_norm"] == math.inf
    weight = torch.nn.Parameter(torch.ones(3))
    weight.grad = torch.full((3,), 1e6)
    torch.nn.utils.clip_grad_norm_([weight], given["max_grad_norm"])
    assert weight.grad.tolist() == [1e6] * 3


def walked(algorithm: Any, steps: int) -> Any:
    seen = [0]

    def more() -> bool:
        seen[0] += 1
        return seen[0] < steps

    algorithm.set_random_seed(3)
    learn(algorithm, more)
    return algorithm


def test_dqn_under_the_library_s_loss_and_clipping_is_the_library_s() -> None:
    """Every action random, no target update: what is left is the gradient step."""
    torch.set_num_threads(1)
    own = dqn.Settings(epsilon_decay=1.0, target_update=10**6, loss="huber", max_grad_norm=10.0, learning_starts=4)
    given = dqn.DQN(CHOICES, own, 1).arguments()
    mine = walked(dqn.DQN(CHOICES, own, 1).build(Control(), 3), 40)
    same = {key: value for key, value in given.items() if key not in ("epsilon", "target_update", "loss")}
    plain = stable_baselines3.DQN("MlpPolicy", Control(), **same, seed=3, device="cpu")
    plain.replay_buffer, plain._n_updates = copy.deepcopy(mine.replay_buffer), 0
    plain.set_random_seed(3)
    mine.set_random_seed(3)
    fresh = dqn.DQN(CHOICES, own, 1).build(Control(), 3)
    fresh.replay_buffer = copy.deepcopy(mine.replay_buffer)
    for algorithm in (fresh, plain):
        algorithm.set_random_seed(3)
        algorithm.set_logger(mine.logger)
        algorithm.train(5, 16)
    for one, other in zip(fresh.q_net.parameters(), plain.q_net.parameters(), strict=True):
        assert torch.equal(one, other)


def test_dqn_lowers_the_squared_error_by_default() -> None:
    torch.set_num_threads(1)
    losses = []
    for name in ("squared", "huber"):
        settings = dqn.Settings(loss=name, lr=1e-12, learning_starts=4)  # type: ignore[arg-type]
        made = walked(dqn.DQN(CHOICES, settings, 1).build(Control(), 3), 20)
        made.replay_buffer.rewards[:] = 100.0
        made.train(1, 16)
        losses.append(made.logger.name_to_value["train/td_loss"])
    assert losses[0] > 50 * losses[1] > 0


def policy_loss(normalised: bool, scale: float) -> float:
    """PPO's loss in its first update, whose advantages are 1, 2, 3 and 5 times `scale` and whose ratios are 1."""
    settings = ppo.Settings(normalize_advantage=normalised, n_epochs=1)
    made = ppo.PPO(CHOICES, settings, 1).build(Control(), 3)
    train = made.train

    def told() -> None:
        made.rollout_buffer.advantages[:, 0] = scale * np.array([1.0, 2.0, 3.0, 5.0])
        train()

    made.train = told
    walked(made, 5)
    return float(made.logger.name_to_value["train/policy_gradient_loss"])


def test_a_rollout_of_one_episode_says_how_good_the_episode_was() -> None:
    """Normalised, it would say the same of an episode that earned ten times as much."""
    torch.set_num_threads(1)
    assert [policy_loss(True, scale) for scale in (1.0, 10.0)] == pytest.approx([0.0, 0.0], abs=1e-6)
    assert [policy_loss(False, scale) for scale in (1.0, 10.0)] == pytest.approx([-2.75, -27.5], rel=1e-5)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_by_name_the_settings_show_the_library_s_defaults(name: str) -> None:
    library = stable_baselines3 if hasattr(stable_baselines3, name) else sb3_contrib
    signature = inspect.signature(getattr(library, name)).parameters
    expected = {key: signature[key].default for key in options(name)}
    assert defaults(name) == expected
    shown = sb3.Settings(algorithm=name, options={"gamma": 0.5}).options  # type: ignore[arg-type]
    assert shown == {**expected, "gamma": 0.5}


def test_a2c_cannot_normalise_one_advantage() -> None:
    with pytest.raises(ValidationError, match="n_steps of at least 2"):
        a2c.Settings(n_steps=1, normalize_advantage=True)


def test_maskable_ppo_takes_single_steps_where_nothing_is_normalised() -> None:
    space = LayeredCNN(LayeredSettings(layers=1, strides=(1,)))
    found = rlsearch.search(
        space, "maskable-ppo", lambda spec: 0.5, trials=2, episodes=1, batch_size=2, normalize_advantage=False
    )
    assert len(found.trials) == 2

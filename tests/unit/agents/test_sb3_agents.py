"""Stable-Baselines3's algorithms as agents: what the source counts differently, and what spaces they take."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from control import Control
from rlsearch.agents import _source_dqn, a2c, dqn, ppo, sac
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._sb3 import diagnostics, learn, optimizer
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings

SPACE = LayeredCNN(LayeredSettings(layers=1, strides=(1,)))
"""A choice of two kernels, then one of three numbers of filters."""


def built(module: Any, env: Any = None, **settings: Any) -> Any:
    """An algorithm on the closed loop, of which its agent's space says nothing."""
    torch.set_num_threads(1)
    agent: EnvAgent = module.AGENT(SPACE, module.SETTINGS(**settings), 1)
    return agent.build(env or Control(), 3)


def walked(algorithm: Any, steps: int, look: Callable[[], Any] = lambda: None) -> list[Any]:
    """What `look` sees after each of so many steps."""
    seen: list[Any] = []

    def more() -> bool:
        seen.append(look())
        return len(seen) < steps

    learn(algorithm, more)
    return seen


def test_epsilon_falls_by_a_factor_a_step() -> None:
    algorithm = built(dqn, epsilon_start=0.9, epsilon_decay=0.9, epsilon_end=0.2)
    seen = walked(algorithm, 30, lambda: diagnostics(algorithm)["epsilon"])
    assert seen == pytest.approx([max(0.2, 0.9 * 0.9**step) for step in range(30)])
    assert seen[0] == 0.9 and seen[-1] == 0.2


def test_the_algorithms_are_built_as_the_source_says() -> None:
    algorithm = built(ppo)
    assert (algorithm.n_steps, algorithm.n_epochs, algorithm.batch_size) == (4, 4, 4)
    assert (algorithm.gamma, algorithm.gae_lambda, algorithm.ent_coef) == (0.99, 0.95, 0.02)
    actor = [type(module).__name__ for module in algorithm.policy.mlp_extractor.policy_net]
    assert actor == ["Linear", "Tanh"] * 2
    assert [type(module).__name__ for module in built(dqn).q_net.q_net] == [*["Linear", "ReLU"] * 2, "Linear"]


def test_random_actions_are_counted() -> None:
    algorithm = built(dqn, epsilon_decay=0.99, epsilon_end=0.1, learning_starts=500)
    drawn, sample = [0], algorithm.action_space.sample

    def counted() -> Any:
        drawn[0] += 1
        return sample()

    algorithm.action_space.sample = counted
    seen = walked(algorithm, 300, lambda: (diagnostics(algorithm)["random_actions"], drawn[0]))
    assert all(told == count for told, count in seen)
    expected = [max(0.1, 0.99**step) for step in range(300)]
    spread = math.sqrt(sum(share * (1 - share) for share in expected))
    assert abs(drawn[0] - sum(expected)) < 4 * spread


@pytest.mark.parametrize(("epsilon", "share"), [(1.0, 1), (0.0, 0)])
def test_all_or_none_of_the_actions_are_random(epsilon: float, share: int) -> None:
    """Before the first update as well: there is no warm-up of random actions of its own."""
    env = Control()
    algorithm = built(dqn, env, epsilon_start=epsilon, epsilon_decay=1.0, epsilon_end=0.0, learning_starts=50)
    seen: list[Any] = walked(algorithm, 40, lambda: env.seen.copy())
    assert algorithm.random_actions == 40 * share
    greedy = [int(algorithm.predict(one, deterministic=True)[0]) for one in seen[:-1]]
    assert (greedy == env.history[1:]) == (share == 0)


def test_the_target_network_follows_updates_not_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    import stable_baselines3.dqn.dqn as library

    algorithm = built(dqn, train_freq=2, gradient_steps=3, target_update=4, learning_starts=9)
    renewed, copy = [], _source_dqn.polyak_update

    def watched(source: Any, target: Any, tau: float) -> None:
        copy(source, target, tau)
        renewed.append((algorithm._n_updates, tau))

    def never(*_: Any) -> None:
        raise AssertionError("the library counts steps of the environment")

    def same() -> bool:
        pairs = zip(algorithm.q_net.parameters(), algorithm.q_net_target.parameters(), strict=True)
        return all(torch.equal(one, other) for one, other in pairs)

    monkeypatch.setattr(_source_dqn, "polyak_update", watched)
    monkeypatch.setattr(library, "polyak_update", never)
    seen = walked(algorithm, 32, lambda: (algorithm._n_updates, same()))
    assert algorithm._n_updates == 33
    assert renewed == [(count, 1.0) for count in range(4, 33, 4)]
    assert all(equal == (updates % 4 == 0) for updates, equal in seen)
    assert diagnostics(algorithm)["td_loss"] > 0


def rates(algorithm: Any) -> list[float]:
    return [group["lr"] for group in algorithm.policy.optimizer.param_groups]


@pytest.mark.parametrize("actions", [3, 0])
@pytest.mark.parametrize(("lr", "value_lr"), [(1e-2, 1e-30), (1e-30, 1e-2)])
def test_actor_and_critic_keep_their_own_rates(actions: int, lr: float, value_lr: float) -> None:
    algorithm = built(ppo, Control(actions), lr=lr, value_lr=value_lr)
    policy = algorithm.policy
    before = {name: value.clone() for name, value in policy.named_parameters()}
    walked(algorithm, 20)
    assert rates(algorithm) == [lr, value_lr]
    moved = {name for name, value in policy.named_parameters() if (value - before[name]).abs().max() > 1e-20}
    critic = {name for name in before if "value_net" in name}
    assert moved == (critic if value_lr == 1e-2 else before.keys() - critic)
    assert ("log_std" in moved) == (actions == 0 and lr == 1e-2)


def test_ppo_is_the_library_s_where_both_rates_are_one() -> None:
    import stable_baselines3

    own = built(ppo, lr=1e-3, value_lr=1e-3, normalize_advantage=True, vf_coef=0.5, max_grad_norm=0.5)
    numbers = {"learning_rate": 1e-3, "n_steps": 4, "batch_size": 4, "n_epochs": 4, "ent_coef": 0.02}
    policy = optimizer("Adam", eps=1e-5)  # the library's own value for PPO, without the slow import of its first step
    plain = stable_baselines3.PPO("MlpPolicy", Control(), **numbers, policy_kwargs=policy, seed=3, device="cpu")
    for algorithm in (own, plain):
        algorithm.set_random_seed(3)
        walked(algorithm, 41)
    for one, other in zip(own.policy.parameters(), plain.policy.parameters(), strict=True):
        assert torch.allclose(one, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("module", "wrong", "message"),
    [
        (ppo, {"n_steps": 8, "batch_size": 3}, "batch_size 3 must divide n_steps 8"),
        (ppo, {"n_steps": 1}, "greater than or equal to 2"),
        (dqn, {"epsilon_start": 0.1, "epsilon_end": 0.2}, "epsilon_end 0.2 must not be above epsilon_start 0.1"),
        (a2c, {"batch": 2}, "Input should be 1"),
        (sac, {"ent_coef": "automatic"}, "ent_coef"),
    ],
)
def test_settings_that_cannot_work_are_refused(module: Any, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        module.SETTINGS(**wrong)


@pytest.mark.parametrize(("module", "actions"), [(dqn, 3), (ppo, 3), (a2c, 3), (ppo, 0), (a2c, 0), (sac, 0)])
def test_they_learn_on_any_environment(module: Any, actions: int) -> None:
    env = Control(actions)
    algorithm = built(module, env)
    walked(algorithm, 42)
    assert len(env.history) == 42
    assert algorithm._n_updates > 0
    assert set(diagnostics(algorithm)) & {"td_loss", "value_loss", "critic_loss"}

"""REINFORCE: the stacked learner is many single ones, and the null control of the source can be repeated."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from rlsearch import seeds
from rlsearch.agents._reinforce import Learner
from rlsearch.agents.reinforce import Reinforce, Settings
from rlsearch.controls.signs import signs
from rlsearch.policies.gaussian_mlp import GaussianMLP, log_density
from rlsearch.spaces.init_scale import InitScale

RUNS = EPISODES = 200


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("baseline", ["none", "ema"])
@pytest.mark.parametrize("observation", ["none", "previous"])
def test_stacked_runs_equal_single_runs(baseline: str, observation: str) -> None:
    settings = Settings(baseline=baseline, observation=observation, lr=0.01)  # type: ignore[arg-type]
    many = Learner(settings, 0.3, 1.7, runs=3, seed=1)
    single = [Learner(settings, 0.3, 1.7, runs=1, seed=2) for _ in range(3)]
    for run, learner in enumerate(single):
        for mine, theirs in zip(learner.policy.parameters(), many.policy.parameters(), strict=True):
            mine.data.copy_(theirs.data[run : run + 1])
    rng = seeds.generator("test", "stacked")
    for _ in range(20):
        latent = torch.from_numpy(rng.standard_normal((3, 2))).float()
        reward = torch.from_numpy(rng.standard_normal((3, 2))).float()
        together = many.update(latent, latent, reward)
        for run, learner in enumerate(single):
            row = slice(run, run + 1)
            alone = learner.update(latent[row], latent[row], reward[row])
            for name, value in alone.items():
                assert torch.allclose(value, together[name][row], atol=1e-5), name


def test_the_gradient_is_that_of_the_log_density() -> None:
    """d/dmu log N(z; mu, sigma) = (z - mu) / sigma^2."""
    latent, mean, log_std = torch.tensor(0.7), torch.tensor(0.2, requires_grad=True), torch.tensor(-0.5)
    log_density(latent, mean, log_std).backward()
    expected = (0.7 - 0.2) / np.exp(-0.5) ** 2
    assert mean.grad is not None and float(mean.grad) == pytest.approx(expected, rel=1e-5)
    density = log_density(latent, mean.detach(), log_std)
    assert float(density) == pytest.approx(stats.norm.logpdf(0.7, 0.2, np.exp(-0.5)), rel=1e-5)


def test_the_policy_has_the_sizes_of_the_source() -> None:
    policy = GaussianMLP(1, 64, torch.Generator().manual_seed(0))
    assert sum(p.numel() for p in policy.parameters()) == 2 * 64 + 64 + 64 * 64 + 64 + 64 * 2 + 2


def test_the_first_reward_has_no_advantage_with_a_moving_average() -> None:
    learner = Learner(Settings(baseline="ema"), 0.3, 1.7, 1, 0)
    assert float(learner.update(torch.ones(1, 1), torch.zeros(1, 1), torch.tensor([[7.3]]))["advantage"]) == 0
    second = learner.update(torch.ones(1, 1), torch.zeros(1, 1), torch.tensor([[8.3]]))
    assert float(second["advantage"]) == pytest.approx(1.0, abs=1e-5)
    assert float(second["baseline"]) == pytest.approx(7.4, abs=1e-5)


def test_gradients_are_clipped_run_by_run() -> None:
    learner = Learner(Settings(baseline="none", clip_norm=0.5), 0.3, 1.7, 2, 0)
    norms = learner.update(torch.ones(2, 1), torch.tensor([[3.0], [0.1]]), torch.tensor([[1e3], [1e-3]]))["grad_norm"]
    gradients = [p.grad for p in learner.policy.parameters()]
    after = torch.stack([g.flatten(1).square().sum(1) for g in gradients if g is not None]).sum(0).sqrt()
    assert norms[0] > 0.5 and float(after[0]) == pytest.approx(0.5, rel=1e-3)
    assert norms[1] < 0.5 and float(after[1]) == pytest.approx(float(norms[1]), rel=1e-3)


def null_collapse(baseline: str) -> float:
    """Share of runs whose last 50 scales have sd < 0.15, the reward being 7.3 + N(0, 0.05) whatever the scale."""
    rng = seeds.generator("test", "null", baseline)
    actions, rewards = Reinforce.simulate(
        InitScale(),
        Settings(baseline=baseline),  # type: ignore[arg-type]
        lambda chosen, replicate: 7.3 + 0.05 * rng.standard_normal(len(chosen)),
        episodes=EPISODES,
        runs=RUNS,
        seed=0,
    )
    return float(np.mean(np.array(signs(actions, rewards)["last_sd"]) < 0.15))


def test_null_control_without_baseline_every_run_looks_converged() -> None:
    assert null_collapse("none") >= 0.95


def test_null_control_with_moving_average_few_runs_do() -> None:
    assert null_collapse("ema") <= 0.10

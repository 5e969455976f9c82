"""What the LSTM agents make of rewards: shaping by hand, PPO's surrogate, the critic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from rlsearch.agents._baselines import Baseline
from rlsearch.agents._controller_learner import Learner
from rlsearch.agents._policy_gradient import credited
from rlsearch.agents._temperature import temperature
from rlsearch.policies.unroll import Unrolled
from rlsearch.spaces.base import Actions
from rlsearch.training.quick_start import without_compiler
from toy_choices import Ragged, everything, layered, learner, padded, probabilities, worth

ROW = torch.tensor([[1.0, 2.0, 4.0]])
PAIRS = [(1, 0, 0, 1), (0, 1, 1, 0), (1, 1, 0, 0), (0, 0, 1, 1)]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_the_moving_average_starts_at_the_first_reward_and_moves_after_the_batch() -> None:
    """With decay 1/2: 1, then 1, 3/2, 11/4; the second batch is measured against 11/4."""
    average = Baseline("ema", 0.5)
    assert average.value(1).tolist() == [0.0]
    assert average.subtract(ROW).tolist() == [[0.0, 1.0, 3.0]]
    assert average.value(1).tolist() == [2.75]
    assert average.subtract(ROW).tolist() == [[-1.75, -0.75, 1.25]]


def test_moved_before_the_subtraction_every_advantage_is_the_decay_times_the_usual_one() -> None:
    average = Baseline("ema", 0.5, average_first=True)
    assert average.subtract(ROW).tolist() == [[0.0, 0.5, 1.25]]
    assert average.value(1).tolist() == [2.75]
    one = Baseline("ema", 0.8, average_first=True)
    one.subtract(torch.tensor([[5.0]]))
    assert one.subtract(torch.tensor([[7.0]])).item() == pytest.approx(0.8 * (7 - 5))


def test_without_a_baseline_rewards_are_left_alone() -> None:
    average = Baseline("none", 0.5)
    assert average.subtract(ROW) is ROW and average.value(2).tolist() == [0.0, 0.0]


def test_pairs_credit_the_first_with_part_of_the_second() -> None:
    credit, counted = credited(torch.tensor([[1.0, 2.0, 4.0, -1.0, 3.0]]), 0.5)
    assert credit.tolist() == [[2.0, 2.0, 3.5, -1.0, 3.0]]
    assert counted.tolist() == [[1.0, 0.0, 1.0, 0.0, 1.0]]
    credit, counted = credited(ROW, 0.0)
    assert credit.tolist() == ROW.tolist() and counted.tolist() == [[1.0, 1.0, 1.0]]


def gradient(made: Learner, candidates: list[Actions], rewards: Sequence[float]) -> torch.Tensor:
    """Return the gradient that an update with these rewards descended, before the optimizer."""
    made.update(layered(), *padded(candidates), np.array([rewards]))
    return torch.cat([p.grad.flatten() for p in made.policy.parameters() if p.grad is not None])


def weighted(candidates: list[Actions], weights: Sequence[float]) -> torch.Tensor:
    """Return the gradient of -sum weight * log P(candidate) for the initial policy of `learner`."""
    made = learner(layered())
    walk = made.walk(layered(), *padded(candidates))
    loss = -(walk.log_prob.sum(2)[0] * torch.tensor(weights)).sum()
    parts = torch.autograd.grad(loss, list(made.policy.parameters()), allow_unused=True)
    return torch.cat([part.flatten() for part in parts if part is not None])


@pytest.mark.parametrize(
    ("chosen", "weights"),
    [
        ({"baseline": "none"}, [0.25, 0.5, -0.5, 1.0]),
        # The average is 1, the first reward.
        ({"baseline": "ema"}, [0.0, 0.25, -0.75, 0.75]),
        ({"baseline": "none", "clip_reward": 1.5}, [0.25, 0.375, -0.375, 0.375]),
        ({"baseline": "ema", "clip_reward": 1.0}, [0.0, 0.25, -0.25, 0.25]),
        # Averages after each reward at decay 1/2: 1, 1.5, -0.25, 1.875; what they leave: 0, 0.5, -1.75, 2.125.
        ({"baseline": "ema", "ema_decay": 0.5, "average_first": True}, [0.0, 0.125, -0.4375, 0.53125]),
        # The average leaves 0, 1, -3, 3, clipped to 2; the pairs make 0 + 0.5 * 1 and -2 + 0.5 * 2; two of them count.
        ({"baseline": "ema", "clip_reward": 2.0, "next_reward": 0.5}, [0.25, 0.0, -0.5, 0.0]),
    ],
)
def test_each_candidate_pulls_with_the_weight_computed_by_hand(chosen: dict[str, Any], weights: list[float]) -> None:
    made = learner(layered(), clip_norm=None, **chosen)
    assert torch.allclose(gradient(made, PAIRS, [1.0, 2.0, -2.0, 4.0]), weighted(PAIRS, weights), atol=1e-5)


def test_gradients_are_clipped_run_by_run() -> None:
    space, made = layered(), learner(layered(), runs=2, baseline="none", clip_norm=0.5)
    sampled = made.sample(space, 4)
    told = made.update(space, sampled.actions, sampled.lengths, np.array([[100.0] * 4, [1e-3] * 4]))
    gradients = [p.grad for p in made.policy.parameters() if p.grad is not None]
    after = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
    assert told["grad_norm"][0] > 0.5 and float(after[0]) == pytest.approx(0.5, rel=1e-3)
    assert told["grad_norm"][1] < 0.5 and float(after[1]) == pytest.approx(float(told["grad_norm"][1]), rel=1e-3)


def test_the_loss_uses_the_tempered_distribution_of_the_sampling() -> None:
    """The temperature is 5 * 0.5^updates, at least 2; what is learnt from has the temperature that it was drawn at."""
    space = Ragged()
    made, seen = learner(space, temperature=5.0, temperature_decay=0.5, temperature_end=2.0), []
    for _ in range(4):
        seen.append(temperature(made.settings, made.updates))
        sampled = made.sample(space, 8)
        walk = made.walk(space, sampled.actions, sampled.lengths)
        assert torch.allclose(walk.log_prob.sum(2), sampled.log_prob, atol=1e-5)
        made.update(space, sampled.actions, sampled.lengths, np.zeros((1, 8)))
    assert seen == [5.0, 2.5, 2.0, 2.0]


def test_the_learning_rate_falls_by_a_factor_every_so_many_updates() -> None:
    made, seen = learner(layered(), lr=0.1, lr_decay=0.5, lr_decay_every=2), []
    for _ in range(5):
        seen.append(made.optimizer.param_groups[0]["lr"])
        gradient(made, PAIRS, [0.0] * 4)
    assert seen == [0.1, 0.1, 0.05, 0.05, 0.025]


def test_ppo_with_one_pass_is_reinforce() -> None:
    rewards = [1.0, 2.0, -2.0, 4.0]
    one = gradient(learner(layered(), "lstm-ppo", passes=1, clip_norm=None), PAIRS, rewards)
    assert torch.allclose(one, gradient(learner(layered(), clip_norm=None), PAIRS, rewards), atol=1e-6)
    assert float(one.norm()) > 0.1


def test_the_clipped_surrogate_by_hand() -> None:
    """Ratios 1.5 and 0.5 at advantages 1 and -1, clip 0.2: only what would go further beyond the clip has no slope."""
    made = learner(layered(), "lstm-ppo", clip_ratio=0.2)
    ratios = torch.tensor([[[1.5, 0.5], [1.5, 0.5]]])
    log_prob = ratios.log().requires_grad_()
    active, advantage = torch.ones(1, 2, 2), torch.tensor([[[1.0, 1.0], [-1.0, -1.0]]])
    walk = Unrolled(torch.zeros(1, 2, 2).long(), torch.tensor([[2, 2]]), log_prob, 0 * active, active, None)
    loss = made._loss(walk, advantage, torch.zeros(1, 2, 2), torch.ones(1, 2))
    assert loss.item() == pytest.approx(-((1.2 + 0.5) + (-1.5 - 0.8)) / 2)
    (slope,) = torch.autograd.grad(loss.sum(), log_prob)
    # d ratio / d log_prob = ratio, halved by the mean over two candidates.
    assert torch.allclose(slope, torch.tensor([[[0.0, -0.25], [0.75, 0.0]]]))


@pytest.mark.parametrize("critic", [False, True])
def test_several_passes_take_the_steps_of_a_loop_written_out(critic: bool) -> None:
    rewards, lr = torch.tensor([[1.0, 2.0, -2.0, 4.0]]), 0.05
    chosen = {"passes": 3, "clip_ratio": 0.1, "lr": lr, "clip_norm": None, "critic": critic}
    made, other = (learner(layered(), "lstm-ppo", **chosen) for _ in range(2))
    made.update(layered(), *padded(PAIRS), rewards.double().numpy())
    optimizer, before = without_compiler(torch.optim.Adam)(other.policy.parameters(), lr=lr), None
    for _ in range(3):
        walk = other.walk(layered(), *padded(PAIRS))
        before = walk.log_prob.detach() if before is None else before
        advantage = (rewards - rewards[:, :1])[..., None]
        if walk.value is not None:
            # The other learner's critic was not told where rewards lie: their mean.
            advantage = rewards[..., None] - walk.value.detach() - rewards.mean()
        ratio = (walk.log_prob - before).exp()
        gain = torch.minimum(ratio * advantage, ratio.clamp(0.9, 1.1) * advantage)
        optimizer.zero_grad()
        (-gain.sum(2).mean()).backward()
        optimizer.step()
    for mine, theirs in zip(made.policy.parameters(), other.policy.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-4)


def test_the_entropy_bonus_raises_the_entropy_where_nothing_is_to_be_learnt() -> None:
    space, found = Ragged(), {}
    for bonus in (0.0, 0.1):
        made = learner(space, entropy=bonus)
        entropies = []
        for _ in range(30):
            sampled = made.sample(space, 8)
            told = made.update(space, sampled.actions, sampled.lengths, np.full((1, 8), 3.0))
            entropies.append(float(told["entropy"]))
        found[bonus] = np.mean(entropies[-5:]) - np.mean(entropies[:5])
    assert found[0.1] > 0.2 and found[0.1] > found[0.0] + 0.15


@pytest.mark.parametrize("agent", ["lstm-actor-critic", "lstm-ppo"])
def test_a_constant_reward_is_predicted_and_leaves_no_advantage(agent: str) -> None:
    """The first batch pays 5, so that predictions start there; all others pay 7."""
    space = Ragged()
    made = learner(space, agent, critic_lr=0.05, **({"critic": True, "passes": 2} if agent == "lstm-ppo" else {}))
    for number in range(150):
        sampled = made.sample(space, 4)
        rewards = np.full((1, 4), 7.0 if number else 5.0)
        told = made.update(space, sampled.actions, sampled.lengths, rewards)
        if number == 1:
            assert abs(float(told["advantage"])) > 0.5
    _, walk = everything(made, space)
    assert walk.value is not None
    assert float(((walk.value - 7) * walk.active).detach().abs().max()) < 0.3
    assert abs(float(told["advantage"])) < 0.1 and float(told["critic_loss"]) < 0.01


def test_the_critic_learns_the_conditional_mean_after_each_prefix() -> None:
    """The policy stands still, so enumeration gives E[reward | the decisions before]."""
    space = Ragged()
    made = learner(space, "lstm-actor-critic", lr=1e-9, critic_lr=0.02, init_range=0.5, hidden=12)
    for number in range(250):
        if number == 200:
            assert made.critic_optimizer is not None
            made.critic_optimizer.param_groups[0]["lr"] = 0.002
        sampled = made.sample(space, 64)
        rows = zip(sampled.actions[0].tolist(), sampled.lengths[0].tolist(), strict=True)
        rewards = [worth(tuple(row[:length])) for row, length in rows]
        made.update(space, sampled.actions, sampled.lengths, np.array([rewards]))
    candidates, walk = everything(made, space)
    chances = probabilities(walk).tolist()
    assert walk.value is not None
    wrong, spread, total = 0.0, 0.0, 0.0
    mean = sum(p * worth(one) for p, one in zip(chances, candidates, strict=True))
    for row, (chance, one) in enumerate(zip(chances, candidates, strict=True)):
        for step in range(len(one)):
            same = [(p, worth(c)) for p, c in zip(chances, candidates, strict=True) if c[:step] == one[:step]]
            truth = sum(p * r for p, r in same) / sum(p for p, _ in same)
            wrong += chance * (float(walk.value[0, row, step].detach()) - truth) ** 2
            spread += chance * (truth - mean) ** 2
            total += chance
    assert wrong < 0.1 * spread, (wrong / total, spread / total)

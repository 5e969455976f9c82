"""The gradient estimators against the gradient of the expected reward, enumerated and differentiated by autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlsearch import seeds
from rlsearch.agents._controller_learner import Learner
from rlsearch.config import plugins
from rlsearch.controls import gradient
from rlsearch.spaces.base import Space
from toy_choices import MODULES, PUBLISHED, TOYS, everything, layered, learner, padded, probabilities, settings, worth

SPACE = layered()
BATCHES = 150
SPACES = [name for name in TOYS if name != "skips"]
RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "none": ("lstm-reinforce", {"baseline": "none"}),
    "ema": ("lstm-reinforce", {"baseline": "ema"}),
    "critic": ("lstm-actor-critic", {}),
    "ppo": ("lstm-ppo", {}),
    "ppo-critic": ("lstm-ppo", {"critic": True}),
    "mlp": ("mlp-reinforce", {"temperature_by": "candidate"}),
}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def flat(parts: Any) -> torch.Tensor:
    return torch.cat([torch.zeros(0), *[part.detach().flatten() for part in parts if part is not None]])


def exact(made: Learner, space: Space) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the gradient of the expected reward, and the probabilities of the candidates."""
    candidates, walk = everything(made, space)
    chances = probabilities(walk)
    expected = (chances * torch.tensor([worth(one) for one in candidates])).sum()
    parts = torch.autograd.grad(expected, list(made.policy.parameters()), allow_unused=True)
    pairs = zip(made.policy.parameters(), parts, strict=True)
    return flat([torch.zeros_like(p) if part is None else part for p, part in pairs]), chances.detach()


def estimated(make: Callable[[], Learner], space: Space) -> torch.Tensor:
    """Return the mean of the gradients that updates ascend, over all candidates with their probabilities.

    Earlier batches have put the moving average and the critic's start at 0.4. Every update is the first of a learner
    of its own; with `passes` there is one.
    """
    total = torch.zeros(0)
    _, chances = exact(make(), space)
    for candidate, chance in zip(space.enumerate(), chances, strict=True):
        made = make()
        made.baseline.average = torch.tensor([[0.4]])
        if made.critic is not None:
            made.critic.offset = torch.tensor([[0.4]])
        made.update(space, *padded([candidate]), np.array([[worth(candidate)]]))
        descended = flat([torch.zeros_like(p) if p.grad is None else p.grad for p in made.policy.parameters()])
        total = total - chance * descended if len(total) else -chance * descended
    return total


def maker(rule: str, space: Space, **changes: Any) -> Callable[[], Learner]:
    agent, chosen = RULES[rule]
    one = {"passes": 1} if agent == "lstm-ppo" else {}
    return lambda: learner(space, agent, **{"clip_norm": None, **chosen, **one, **changes})


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("rule", ["none", "ema", "critic", "mlp"])
def test_the_estimators_are_unbiased(rule: str, name: str, temperature: float) -> None:
    make = maker(rule, TOYS[name], temperature=temperature, temperature_end=temperature)
    truth, chances = exact(make(), TOYS[name])
    assert float(chances.sum()) == pytest.approx(1, abs=1e-5) and float(truth.norm()) > 0.01
    assert torch.allclose(estimated(make, TOYS[name]), truth, atol=1e-5)


@pytest.mark.parametrize("rule", ["ppo", "ppo-critic"])
def test_one_pass_of_ppo_is_unbiased(rule: str) -> None:
    make = maker(rule, SPACE)
    assert torch.allclose(estimated(make, SPACE), exact(make(), SPACE)[0], atol=1e-5)


@pytest.mark.parametrize("rule", ["none", "ema"])
def test_clipping_the_reward_biases_the_gradient(rule: str) -> None:
    make = maker(rule, SPACE, clip_reward=0.1)
    truth, _ = exact(make(), SPACE)
    assert float((estimated(make, SPACE) - truth).norm()) > 0.1 * float(truth.norm())


def test_the_first_reward_of_all_is_its_own_baseline() -> None:
    """So one candidate teaches nothing, and what the first batch teaches is not unbiased."""
    made = learner(SPACE, clip_norm=None)
    made.update(SPACE, *padded([(0, 1, 0, 1)]), np.array([[3.0]]))
    assert all(float(p.grad.abs().max()) == 0 for p in made.policy.parameters() if p.grad is not None)


def noisy(shift: float, calls: list[int]) -> Callable[[NDArray[np.int64]], NDArray[np.float64]]:
    """Return a reward with noise; the same noise whatever the shift."""
    rng = seeds.generator("test", "gradient-noise")

    def reward(actions: NDArray[np.int64]) -> NDArray[np.float64]:
        calls.append(len(actions))
        signal = np.array([worth(tuple(row)) for row in actions.tolist()])
        return np.asarray(shift + signal + 0.1 * rng.standard_normal(len(actions)))

    return reward


def sampled(agent: str = "lstm-reinforce", shift: float = 0.0, space: Space = SPACE, **changes: Any) -> list[Any]:
    chosen = settings(agent, batch=4, **changes)
    found: list[Any] = plugins.load("agents", agent).AGENT.gradient_samples(
        space, chosen, noisy(shift, []), updates=[0, 10], batches=BATCHES, clip=1.0, seed=2
    )
    return found


@pytest.mark.parametrize("agent", MODULES)
def test_all_estimators_are_taken_on_the_same_batches_at_each_policy(agent: str) -> None:
    calls: list[int] = []
    chosen = settings(agent, batch=4)
    asked = {"batches": 20, "clip": 1.0, "seed": 2}
    found = MODULES[agent].AGENT.gradient_samples(SPACE, chosen, noisy(1.0, calls), updates=[3, 0], **asked)
    parameters = sum(p.numel() for p in learner(SPACE, agent).policy.parameters())
    assert [one["updates"] for one in found] == [0, 3]
    # One batch to start average and critic; 20 batches of 4 at each policy; three updates between.
    assert calls == [1] * 4 + [20] * 4 + [1] * 12 + [20] * 4
    own = {"lstm-reinforce": "ema", "lstm-actor-critic": "critic", "lstm-ppo": "ema"}[agent]
    for one in found:
        assert set(one["others"]) == {"none", "ema", "critic"}
        assert all(each.shape == (20, parameters) and each.dtype == np.float64 for each in one["others"].values())
        assert one["plain"] is one["others"]["none"] and one["estimate"] is one["others"][own]
        assert one["clipped"].shape == (20, parameters)
    assert not np.allclose(found[0]["plain"], found[1]["plain"])
    again = MODULES[agent].AGENT.gradient_samples(SPACE, chosen, noisy(1.0, []), updates=[0, 3], **asked)
    assert all(np.array_equal(a["clipped"], b["clipped"]) for a, b in zip(found, again, strict=True))


def test_the_samples_scatter_about_the_enumerated_gradient() -> None:
    """At the first policy: the mean of each estimator is the gradient of the expected reward, within its errors."""
    name = seeds.integer("gradient", "lstm-reinforce", 2)
    first = Learner(SPACE, settings(batch=4), 1, name, critic=True)
    truth, _ = exact(first, SPACE)
    for samples in sampled()[0]["others"].values():
        off = samples.mean(axis=0) - truth.numpy()
        # |mean - truth|^2 / (trace / batches) is 1 on average.
        assert float(off @ off) / (gradient.trace(samples) / BATCHES) < 2
        assert float(truth.norm()) ** 2 > 4 * gradient.trace(samples) / BATCHES, "the test has no power"


@pytest.mark.parametrize(
    "changes", [{}, {"temperature": 2.5, "temperature_end": 2.5}, {"exploration": 0.9}, {"entropy": 0.5}]
)
@pytest.mark.parametrize("shift", [0.0, 5.0])
def test_the_means_of_the_estimators_agree(shift: float, changes: dict[str, float]) -> None:
    """Also for a search that explores: its proposals are not the policy's, but the policies are measured as such."""
    for one in sampled(shift=shift, **changes):
        for name in ("ema", "critic"):
            _, p = gradient.mean_difference(one["others"][name], one["plain"])
            assert p > 0.001, (name, one["updates"])


@pytest.mark.parametrize("kind", ["mean", "max"])
def test_a_window_of_rewards_is_measured_beside_the_others_and_leaves_the_mean_where_it_is(kind: str) -> None:
    """The agent as published, but for what would bias it: present rewards, dead zone, and a loss of another policy."""
    for one in sampled("mlp-reinforce", 5.0, **{**PUBLISHED, "baseline": kind}):
        assert set(one["others"]) == {"none", "ema", "critic", kind} and one["estimate"] is one["others"][kind]
        _, p = gradient.mean_difference(one["estimate"], one["plain"])
        assert p > 0.001 and gradient.trace(one["estimate"]) < 0.2 * gradient.trace(one["plain"]), one["updates"]


def test_a_constant_in_the_rewards_costs_only_the_estimator_without_a_baseline() -> None:
    for low, high in zip(sampled(), sampled(shift=5.0), strict=True):
        traces = {name: [gradient.trace(one["others"][name]) for one in (low, high)] for name in low["others"]}
        assert traces["none"][1] > 20 * traces["none"][0]
        for name in ("ema", "critic"):
            assert traces[name][1] == pytest.approx(traces[name][0], rel=0.02), name
        assert traces["ema"][1] < 0.1 * traces["none"][1]


def test_clipped_advantages_shrink_the_estimate() -> None:
    for clip, share in ((100.0, 1.0), (1e-3, 0.02)):
        for one in sampled(clip_reward=clip):
            size = np.linalg.norm(one["clipped"]) / np.linalg.norm(one["estimate"])
            assert size <= share + 1e-6 and (clip < 1 or size == pytest.approx(1))


def test_the_callers_clip_serves_agents_that_clip_nothing() -> None:
    def clipped(clip: float, **changes: float) -> NDArray[np.float64]:
        chosen = settings("lstm-reinforce", batch=4, **changes)
        asked = {"updates": [0], "batches": 20, "clip": clip, "seed": 2}
        (found,) = MODULES["lstm-reinforce"].AGENT.gradient_samples(SPACE, chosen, noisy(1.0, []), **asked)
        return np.asarray(found["clipped"])

    assert not np.allclose(clipped(0.01), clipped(100.0))
    assert np.array_equal(clipped(0.01, clip_reward=0.02), clipped(100.0, clip_reward=0.02))
    assert np.array_equal(clipped(0.02), clipped(100.0, clip_reward=0.02))

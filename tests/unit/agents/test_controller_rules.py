"""What a controller may be set to do with rewards, gradients and temperatures: by hand, and against loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rlsearch.agents import mlp_reinforce
from rlsearch.agents._baselines import Window
from rlsearch.agents._controller_learner import Learner
from rlsearch.agents._making import make_agent
from rlsearch.agents._temperature import temperature
from rlsearch.agents.base import Agent
from rlsearch.config.base import WHOLE
from rlsearch.spaces.base import Actions
from rlsearch.training.quick_start import without_compiler
from toy_choices import MODULES, PUBLISHED, Ragged, layered, learner, padded, settings

CANDIDATES: list[Actions] = [(1, 0, 0, 1), (0, 1, 1, 0), (1, 1, 0, 0), (0, 0, 1, 1)]
REWARDS = np.array([[1.0, 2.0, -2.0, 4.0]])


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("average_first", [False, True])
@pytest.mark.parametrize("kind", ["mean", "max"])
def test_the_level_is_that_of_the_last_rewards(kind: Any, average_first: bool) -> None:
    """Three runs of 160 rewards in batches of four, against the definition: at random, falling, and rising."""
    rng = np.random.default_rng(0)
    rewards = np.stack([rng.random(160), np.linspace(2, 0, 160), np.linspace(0, 2, 160)])
    window, found = Window(kind, 0.65, 0.5, average_first), []
    for start in range(0, 160, 4):
        found.append(window.subtract(torch.from_numpy(rewards[:, start : start + 4]).float()).numpy())
    highest = set()
    for run in range(3):
        for place in range(160):
            seen = rewards[run, : place + 1 if average_first else place - place % 4]
            level = 0.65
            if len(seen) >= 20:
                levels = [seen[-100:].mean(), seen[-20:].mean(), 0.8 * max(0.5, seen.max())]
                level = max(levels) if kind == "max" else levels[0]
                highest.add(levels.index(max(levels)))
            assert np.concatenate(found, 1)[run, place] == pytest.approx(rewards[run, place] - level, abs=1e-5)
    assert highest == {0, 1, 2}


def test_a_best_reward_counts_from_its_start_on() -> None:
    window = Window("max", 0.65, 0.5)
    window.subtract(torch.full((1, 20), 0.1))
    assert window.value(1).tolist() == pytest.approx([0.4])


def weights(made: Learner, run: int = 0) -> torch.Tensor:
    return torch.cat([p.detach()[run].flatten() for p in made.policy.parameters()])


def descended(made: Learner) -> torch.Tensor:
    return torch.cat([p.grad.flatten() for p in made.policy.parameters() if p.grad is not None])


@pytest.mark.parametrize("agent", ["lstm-reinforce", "lstm-ppo", "mlp-reinforce"])
def test_a_candidate_in_the_dead_zone_is_as_if_it_were_not_there(agent: str) -> None:
    """The average is 1, the first reward: what is left is 0, 1, -3 and 3, of which two lie outside."""
    chosen = {"passes": 1} if agent == "lstm-ppo" else {}
    zone, without = (learner(layered(), agent, clip_norm=None, **chosen, **more) for more in ({"dead_zone": 2.0}, {}))
    told = zone.update(layered(), *padded(CANDIDATES), REWARDS)
    without.baseline.load(torch.tensor([[1.0]]))
    without.update(layered(), *padded(CANDIDATES[2:]), REWARDS[:, 2:])
    assert told["skipped"].tolist() == [0.5] and float(descended(zone).norm()) > 0.1
    assert torch.allclose(descended(zone), descended(without), atol=1e-6)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_a_run_that_skips_a_batch_moves_as_if_it_had_never_met_it(optimizer: str) -> None:
    """Three batches for two runs; run 0 skips the second: its weights, moments and counters stand still meanwhile."""
    space, chosen = layered(), {"dead_zone": 0.5, "lr": 0.05, "baseline": "none", "optimizer": optimizer}
    many, alone = (learner(space, "mlp-reinforce", runs, **chosen) for runs in (2, 1))
    for mine, theirs in zip(alone.policy.parameters(), many.policy.parameters(), strict=True):
        mine.data.copy_(theirs.data[:1])
    actions, lengths = (np.repeat(value, 2, 0) for value in padded(CANDIDATES))
    for batch, scale in enumerate((1.0, 0.01, 1.0)):
        before, other = weights(many), weights(many, 1)
        told = many.update(space, actions, lengths, np.concatenate([scale * REWARDS, REWARDS]))
        assert torch.equal(weights(many), before) is (batch == 1) and not torch.equal(weights(many, 1), other)
        assert told["skipped"].tolist() == [float(batch == 1), 0.0]
        if batch != 1:
            alone.update(space, actions[:1], lengths[:1], REWARDS)
    assert torch.allclose(weights(many), weights(alone), atol=1e-6)


def test_each_tensor_is_clipped_by_itself() -> None:
    space = layered()
    whole, each = (learner(space, runs=2, baseline="none", clip_norm=None), learner(space, runs=2, baseline="none"))
    norms = {}
    for made, clip in ((whole, {}), (each, {"clip": "tensor", "clip_norm": 0.3})):
        made.settings = settings(baseline="none", **({"clip_norm": None} | clip))
        sampled = made.sample(space, 4)
        told = made.update(space, sampled.actions, sampled.lengths, np.array([[100.0] * 4, [1e-3] * 4]))
        gradients = [p.grad.flatten(1).norm(dim=1) for p in made.policy.parameters() if p.grad is not None]
        norms[bool(clip)] = torch.stack(gradients), told["grad_norm"]
    (free, said), (clipped, same) = norms[False], norms[True]
    assert torch.allclose(clipped, free.clamp(max=0.3), rtol=1e-3) and torch.allclose(said, same)
    assert bool((free > 0.3).any()) and bool((free < 0.3).any())


def test_a_temperature_that_falls_by_candidates_is_that_of_each_candidate() -> None:
    """5 * 0.8^candidates, at least 2; a batch that is followed again has the temperatures that it was drawn at."""
    chosen = {"temperature": 5.0, "temperature_decay": 0.8, "temperature_end": 2.0, "batch": 3}
    space, made = Ragged(), learner(Ragged(), temperature_by="candidate", **chosen)
    fixed = [learner(space, temperature=heat, temperature_end=heat) for heat in (5.0, 4.0, 3.2, 2.56, 2.048, 2.0)]
    for batch in range(2):
        assert temperature(made.settings, made.updates) == pytest.approx((5.0, 2.56)[batch])
        sampled = made.sample(space, 3)
        walk = made.walk(space, sampled.actions, sampled.lengths)
        assert torch.allclose(walk.log_prob.sum(2), sampled.log_prob, atol=1e-5)
        for place in range(3):
            one = fixed[3 * batch + place]
            one.policy.load_state_dict(made.policy.state_dict())
            given = sampled.actions[:, place : place + 1], sampled.lengths[:, place : place + 1]
            same = one.walk(space, *given).log_prob
            assert torch.allclose(same, walk.log_prob[:, place : place + 1, : same.shape[2]], atol=1e-5)
        made.update(space, sampled.actions, sampled.lengths, np.array([[1.0, 2.0, 3.0]]))


def test_a_loss_that_is_untempered_knows_neither_temperature_nor_mask() -> None:
    """Ragged's first step forbids one of four options; of a learner at temperature 1 all but the mask is the same."""
    space, hot = Ragged(), {"temperature": 3.0, "temperature_end": 3.0, "baseline": "none", "clip_norm": None}
    made, plain = learner(space, loss="untempered", **hot), learner(space, baseline="none", clip_norm=None)
    actions, lengths = padded([(1, 2, 3)])
    made.update(space, actions, lengths, np.array([[1.0]]))
    loss = torch.zeros(())
    actor = plain.policy.follow(1)
    for place, option in enumerate((1, 2, 3)):
        decision = space.next((1, 2, 3)[:place])
        scores = plain.policy.logits(decision, actor.ask(decision))  # type: ignore[arg-type]
        loss = loss - torch.log_softmax(scores, 2)[0, 0, option]
        actor.answer(torch.tensor([[option]]))
    loss.backward()
    assert torch.allclose(descended(made), descended(plain), atol=1e-5) and float(descended(made).norm()) > 0.1
    masked = learner(space, **hot)
    masked.update(space, actions, lengths, np.array([[1.0]]))
    assert not torch.allclose(descended(masked), descended(plain), atol=1e-2)


def test_minibatches_take_the_steps_of_a_loop_written_out() -> None:
    """Two passes over four candidates of two runs, three at a time and then the last; each run has its own order."""
    space, rewards = layered(), torch.tensor([[1.0, 2.0, -2.0, 4.0], [0.0, 1.0, 5.0, -1.0]])
    chosen = {"passes": 2, "minibatch": 3, "batch": 4, "clip_ratio": 0.1, "lr": 0.05, "clip_norm": None}
    made, other = (learner(space, "lstm-ppo", 2, **chosen) for _ in range(2))
    actions, lengths = (np.repeat(value, 2, 0) for value in padded(CANDIDATES))
    orders = torch.Generator()
    orders.set_state(made.generator.get_state())
    made.update(space, actions, lengths, rewards.double().numpy())
    optimizer = without_compiler(torch.optim.Adam)(other.policy.parameters(), lr=0.05)
    before = other.walk(space, actions, lengths).log_prob.detach()
    for _ in range(2):
        order = torch.rand(2, 4, generator=orders).argsort(1)
        for rows in (order[:, :3], order[:, 3:]):
            runs = torch.arange(2)[:, None]
            walk = other.walk(space, actions[runs, rows], lengths[runs, rows])
            advantage = (rewards - rewards[:, :1])[runs, rows][..., None]
            ratio = (walk.log_prob - before[runs, rows]).exp()
            gain = torch.minimum(ratio * advantage, ratio.clamp(0.9, 1.1) * advantage)
            optimizer.zero_grad()
            (-gain.sum(2).mean(1)).sum().backward()
            optimizer.step()
    for mine, theirs in zip(made.policy.parameters(), other.policy.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-4)


def test_twins_of_controllers_that_differ_in_how_they_learn_alone_are_one() -> None:
    """The gradient sees none of what a twin proposes; where more differs, the proposals do too."""
    alone = {**PUBLISHED, "optimizer": "rmsprop", "lr": 0.1, "entropy": 0.1, "ema_decay": 0.5, "clip_reward": 1.0}
    alone |= {"lr_decay": 0.5, "lr_decay_every": 1, "first_baseline": 0.0, "first_best": 0.0, "next_reward": 0.5}
    assert alone.keys() == mlp_reinforce.SETTINGS.learning_alone

    def twin(**chosen: Any) -> list[Actions]:
        made = make_agent(layered(), settings("mlp-reinforce", learning=False, batch=4, temperature=2.0, **chosen), 1)
        assert isinstance(made, Agent)
        found = []
        for _ in range(3):
            proposals = made.ask(4)
            made.tell(proposals, [1.0, 2.0, 3.0, 4.0])
            found += [proposal.actions for proposal in proposals]
        return found

    falling = {"temperature_decay": 0.5}
    assert twin(**falling, **alone) == twin(**falling) != twin(temperature_end=2.0)


LATER = {
    "lstm-reinforce": {"dead_zone": 0.1, "first_baseline": 0.0, "first_best": 0.0},
    "lstm-ppo": {"dead_zone": 0.1, "baseline": "max", "minibatch": 4},
    "lstm-actor-critic": {},
}


@pytest.mark.parametrize("agent", MODULES)
def test_settings_of_recorded_results_have_the_keys_that_they_had(agent: str) -> None:
    later = {"clip": "tensor", "temperature_by": "candidate", "loss": "untempered", **LATER[agent]}
    plain, other = MODULES[agent].SETTINGS(), MODULES[agent].SETTINGS(**later)
    assert not later.keys() & plain.model_dump().keys() and later.items() <= other.model_dump().items()
    assert later.keys() < plain.model_dump(context=WHOLE).keys()


@pytest.mark.parametrize(
    ("agent", "chosen", "said"),
    [
        ("lstm-ppo", {"minibatch": 9}, "`minibatch` is 9 of a batch of 8: at most the batch"),
        ("lstm-ppo", {"critic": True, "dead_zone": 0.1}, "leave `baseline` and `dead_zone` out"),
        ("lstm-reinforce", {"dead_zone": 0.2, "clip_reward": 0.1}, "above `clip_reward` 0.1: nothing would be learnt"),
        ("mlp-reinforce", {**PUBLISHED, "dead_zone": 0.0}, "greater than 0"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(agent: str, chosen: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        settings(agent, **chosen)

"""The LSTM policy against enumeration, chi-square tests and a second implementation written out in NumPy."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from rlsearch import seeds
from rlsearch.agents._controller_learner import Learner
from rlsearch.policies.lstm import Trunk
from rlsearch.policies.vocabulary import vocabulary
from rlsearch.spaces.base import Actions, Choice, Space, allowed, decisions
from toy_choices import TOYS, Ragged, everything, layered, learner, padded, probabilities

DRAWS = 8_000


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("name", TOYS)
def test_the_probabilities_of_all_candidates_sum_to_one(name: str, temperature: float, layers: int) -> None:
    made = learner(TOYS[name], temperature=temperature, temperature_end=temperature, layers=layers)
    candidates, walk = everything(made, TOYS[name])
    found = probabilities(walk).detach()
    assert float(found.sum()) == pytest.approx(1, abs=1e-5)
    assert len(candidates) > 2 and float(found.max()) > 1.2 * float(found.min()), "the policy is uniform"
    assert walk.lengths.tolist() == [[len(candidate) for candidate in candidates]]


@pytest.mark.parametrize("name", TOYS)
def test_a_candidate_is_as_probable_alone_as_among_others(name: str) -> None:
    made = learner(TOYS[name])
    candidates, walk = everything(made, TOYS[name])
    some = slice(None, None, 1 + len(candidates) // 32)
    alone = [float(made.walk(TOYS[name], *padded([one])).log_prob.detach().sum()) for one in candidates[some]]
    assert walk.log_prob.detach().sum(2)[0, some].tolist() == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize("name", TOYS)
def test_gradients_and_entropies_are_finite_where_candidates_end_early(name: str) -> None:
    """The rows that have ended stand beside rows whose first option is forbidden."""
    made = learner(TOYS[name])
    _, walk = everything(made, TOYS[name])
    (walk.log_prob.sum() + walk.entropy.sum()).backward()
    gradients = [p.grad for p in made.policy.parameters() if p.grad is not None]
    assert all(bool(g.isfinite().all()) for g in gradients)
    assert any(float(g.abs().max()) > 0 for g in gradients)


def test_the_entropy_is_that_of_the_allowed_options() -> None:
    """Of the first step three options are allowed; for tempered logits l, H = log sum exp l - sum p l."""
    space = Ragged()
    made = learner(space, temperature=2.5, temperature_end=2.5)
    first = {}
    for option in (1, 2, 3):
        walk = made.walk(space, *padded([(option, 0) if option < 3 else (3, 1, 0)]))
        first[option] = float(walk.log_prob.detach()[0, 0, 0])
    expected = -sum(math.exp(value) * value for value in first.values())
    assert sum(math.exp(value) for value in first.values()) == pytest.approx(1, abs=1e-6)
    assert float(walk.entropy.detach()[0, 0, 0]) == pytest.approx(expected, abs=1e-5)


def fit(counts: Counter[Actions], expected: dict[Actions, float]) -> float:
    """Return the p value of Pearson's chi-square test; candidates expected less than five times are joined."""
    total = sum(counts.values())
    rare = [one for one, p in expected.items() if p * total < 5]
    cells = [(counts[one], p * total) for one, p in expected.items() if p * total >= 5]
    if rare:
        cells.append((sum(counts[one] for one in rare), sum(expected[one] for one in rare) * total))
    seen, wanted = np.array(cells, float).T
    return float(stats.chisquare(seen, wanted * total / wanted.sum()).pvalue)


def drawn(made: Learner, space: Space) -> Counter[Actions]:
    """Return how often each candidate is drawn."""
    sampled = made.sample(space, DRAWS)
    rows = zip(sampled.actions[0].tolist(), sampled.lengths[0].tolist(), strict=True)
    return Counter(tuple(actions[:length]) for actions, length in rows)


def uniform(space: Space, actions: Actions) -> float:
    """Return the probability of a candidate where every decision is taken uniformly."""
    return math.prod(1 / sum(d.mask) for d in decisions(space, actions) if isinstance(d, Choice))


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("name", TOYS)
def test_drawn_frequencies_fit_the_probabilities(name: str, temperature: float) -> None:
    space = TOYS[name]
    made = learner(space, temperature=temperature, temperature_end=temperature)
    candidates, walk = everything(made, space)
    counts = drawn(made, space)
    assert set(counts) <= set(candidates), "a forbidden option was drawn"
    expected = dict(zip(candidates, probabilities(walk).tolist(), strict=True))
    assert fit(counts, expected) > 0.001
    assert fit(counts, {one: uniform(space, one) for one in candidates}) < 1e-6, "the test has no power"


@pytest.mark.parametrize("name", TOYS)
def test_exploration_draws_that_share_of_the_candidates_uniformly(name: str) -> None:
    space = TOYS[name]
    made = learner(space, exploration=0.9)
    with torch.no_grad():
        for parameter in made.policy.parameters():
            parameter.mul_(3)
    candidates, walk = everything(made, space)
    counts, own = drawn(made, space), dict(zip(candidates, probabilities(walk).tolist(), strict=True))
    assert fit(counts, {one: 0.1 * own[one] + 0.9 * uniform(space, one) for one in candidates}) > 0.001
    assert fit(counts, {one: uniform(space, one) for one in candidates}) < 1e-6, "the test has no power"


@pytest.mark.parametrize("name", TOYS)
def test_what_is_drawn_is_allowed_and_has_the_probability_that_following_it_gives(name: str) -> None:
    space = TOYS[name]
    made = learner(space, runs=2)
    sampled = made.sample(space, 50)
    for actions, lengths in zip(sampled.actions.tolist(), sampled.lengths.tolist(), strict=True):
        for row, length in zip(actions, lengths, strict=True):
            taken = tuple(row[:length])
            assert all(allowed(d, action) for d, action in zip(decisions(space, taken), taken, strict=True))
            assert not any(row[length:])
    followed = made.walk(space, sampled.actions, sampled.lengths)
    assert torch.allclose(followed.log_prob.sum(2), sampled.log_prob, atol=1e-5)


def by_hand(made: Learner, run: int, space: Space, actions: Actions) -> list[float]:
    """Return the log-probability of each decision, computed in float64 from the weights of a run."""
    weights: dict[str, Any] = {
        name: value.detach().numpy()[run].astype(np.float64) for name, value in made.policy.named_parameters()
    }
    layers = sum(name.startswith("trunk.weights") for name in weights)
    words, width = vocabulary(space), weights["head"].shape[0]
    hidden, cell = np.zeros((layers, width)), np.zeros((layers, width))
    inputs, taken, places, group, found = weights["trunk.embedding"][-1], [], {}, None, []
    for decision, action in zip(decisions(space, actions), actions, strict=True):
        assert isinstance(decision, Choice)
        anchors = decision.place if decision.source is not None else None
        if anchors is None or anchors != group:
            x = np.mean(taken, axis=0) if taken else inputs
            for layer in range(layers):
                joined = np.concatenate([x, hidden[layer]])
                gates = joined @ weights[f"trunk.weights.{layer}"] + weights[f"trunk.biases.{layer}"][0]
                enter, forget, output, new = np.split(gates, 4)
                cell[layer] = sigmoid(forget + 1) * cell[layer] + sigmoid(enter) * np.tanh(new)
                x = hidden[layer] = sigmoid(output) * np.tanh(cell[layer])
            places[decision.place], taken, group = x.copy(), [], anchors
        begin, count = words.begin(decision), len(decision.options)
        if decision.source is None:
            logits = x @ weights["head"][:, begin : begin + count] + weights["bias"][0, begin : begin + count]
            logits[~np.array(decision.mask)] = -np.inf
            probability = np.exp(logits[int(action)]) / np.exp(logits).sum()
        else:
            joined = np.tanh(places[decision.source] @ weights["anchor.0"] + x @ weights["anchor.1"])
            fed = sigmoid(joined @ weights["anchor.2"][:, 0])
            probability = fed if action == 1 else 1 - fed
        found.append(float(np.log(probability)))
        taken.append(weights["trunk.embedding"][begin + int(action)])
    return found


def sigmoid(value: Any) -> Any:
    return 1 / (1 + np.exp(-value))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("name", TOYS)
def test_every_log_probability_is_that_of_the_formulas(name: str, layers: int) -> None:
    space, rng = TOYS[name], seeds.generator("test", "by hand")
    made = learner(space, layers=layers, runs=3)
    for candidate in [space.sample(rng) for _ in range(10)]:
        actions, lengths = padded([candidate])
        walk = made.walk(space, actions.repeat(3, axis=0), lengths.repeat(3, axis=0))
        for run in range(3):
            assert walk.log_prob[run, 0].tolist() == pytest.approx(by_hand(made, run, space, candidate), abs=1e-5)


def test_the_anchor_questions_of_a_layer_share_a_step_and_are_independent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layer 3 of the space asks kernel, filters, "from 1", "from 2": its last two answers do not see each other."""
    space, steps = layered(3, skips=True), []
    made = learner(space)
    step = Trunk.step
    monkeypatch.setattr(Trunk, "step", lambda *given: (steps.append(given[3]), step(*given))[1])
    names = [decision.name for decision in space.plan]
    candidates, walk = everything(made, space)
    assert steps == [0, 0, 1, 1, 1, 2, 2, 2] and names[-2:] == ["layer 3 from 1", "layer 3 from 2"]
    kept: dict[Actions, set[float]] = {}
    for candidate, row in zip(candidates, walk.log_prob[0].tolist(), strict=True):
        kept.setdefault((*candidate[:-2], candidate[-1]), set()).add(round(row[-1], 5))
    assert len(kept) == len(candidates) / 2
    assert all(max(values) - min(values) < 2e-5 for values in kept.values())
    # What layer 2 is fed by does matter to layer 3.
    answers = {one[:5]: row[5] for one, row in zip(candidates, walk.log_prob[0].tolist(), strict=True) if one[5] == 0}
    assert abs(answers[(0, 0, 0, 0, 0)] - answers[(0, 0, 0, 0, 1)]) > 1e-3


@pytest.mark.parametrize("agent", ["lstm-reinforce", "lstm-actor-critic", "lstm-ppo"])
@pytest.mark.parametrize("name", ["layered", "skips", "ragged"])
def test_stacked_runs_equal_single_runs(name: str, agent: str) -> None:
    """Three updates of three runs at once, and of each alone; RMSProp, since Adam would enlarge rounding."""
    space, runs = TOYS[name], 3
    chosen = {"optimizer": "rmsprop", "lr": 1e-3, "entropy": 0.01, "clip_norm": 0.5}
    many = learner(space, agent, runs, **chosen)
    single = [learner(space, agent, seed=9 + run, **chosen) for run in range(runs)]
    for run, one in enumerate(single):
        for mine, theirs in ((one.policy, many.policy), (one.critic, many.critic)):
            if mine is not None and theirs is not None:
                copy_run(mine, theirs, run)
    rng = seeds.generator("test", "stacked", name)
    for _ in range(3):
        sampled = many.sample(space, 4)
        rewards = rng.standard_normal((runs, 4))
        before = many.walk(space, sampled.actions, sampled.lengths).log_prob
        together = many.update(space, sampled.actions, sampled.lengths, rewards)
        for run, one in enumerate(single):
            given = sampled.actions[run : run + 1], sampled.lengths[run : run + 1]
            again = one.walk(space, *given).log_prob[0]
            assert torch.allclose(again, before[run, :, : again.shape[1]], atol=1e-4)
            alone = one.update(space, *given, rewards[run : run + 1])
            assert all(torch.allclose(value[0], together[key][run], atol=1e-4) for key, value in alone.items())


def copy_run(single: torch.nn.Module, many: torch.nn.Module, run: int) -> None:
    for mine, theirs in zip(single.parameters(), many.parameters(), strict=True):
        mine.data.copy_(theirs.data[run : run + 1])

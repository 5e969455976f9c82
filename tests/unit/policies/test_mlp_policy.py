"""The perceptron over the options taken so far, against a second implementation in NumPy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from rlsearch.policies.vocabulary import one_head
from rlsearch.spaces.base import Actions, Choice, Decision, Space, decisions
from toy_choices import TOYS, Ragged, Toy, everything, learner, padded, probabilities


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def by_hand(made: Any, run: int, space: Space, actions: Actions, heat: float) -> list[float]:
    """Return the log-probability of each decision in float64; without a `heat` those of all outputs, unmasked."""
    body = {name: value.detach().numpy()[run].astype(np.float64) for name, value in made.policy.named_parameters()}
    layers = sum(name.startswith("body.weights") for name in body)
    taken, found = np.full(body["body.weights.0"].shape[0], -1.0), []
    for place, (decision, action) in enumerate(zip(decisions(space, actions), actions, strict=True)):
        assert isinstance(decision, Choice)
        x = taken
        for layer in range(layers):
            x = (np.maximum(x, 0) if layer else x) @ body[f"body.weights.{layer}"] + body[f"body.biases.{layer}"][0]
        if heat:
            x = x[: len(decision.options)] / heat
            x[~np.array(decision.mask)] = -np.inf
        found.append(float(x[int(action)] - np.log(np.exp(x).sum())))
        taken[place] = action
    return found


@pytest.mark.parametrize("loss", ["as-sampled", "untempered"])
@pytest.mark.parametrize("name", TOYS)
def test_every_log_probability_is_that_of_the_formulas(name: str, loss: str) -> None:
    """All decisions share one softmax of the widest choice; candidates of a batch may answer different questions."""
    space, heat = TOYS[name], 2.5
    made = learner(space, "mlp-reinforce", 2, layers=3, temperature=heat, temperature_end=heat)
    candidates = list(space.enumerate())[::3]
    actions, lengths = (np.repeat(value, 2, 0) for value in padded(candidates))
    walk = made._follow(space, made._candidates(actions, lengths), untempered=loss == "untempered")
    for run in range(2):
        for row, one in enumerate(candidates):
            expected = by_hand(made, run, space, one, heat if loss == "as-sampled" else 0.0)
            assert walk.log_prob[run, row, : len(one)].tolist() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", TOYS)
def test_the_probabilities_of_all_candidates_sum_to_one_and_their_gradients_are_finite(name: str) -> None:
    made = learner(TOYS[name], "mlp-reinforce")
    _, walk = everything(made, TOYS[name])
    found = probabilities(walk)
    assert float(found.detach().sum()) == pytest.approx(1, abs=1e-5)
    assert float(found.detach().max()) > 1.2 * float(found.detach().min()), "the policy is uniform"
    (walk.log_prob.sum() + walk.entropy.sum()).backward()
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in made.policy.parameters())


class Longer(Toy):
    """Says that its candidates are one decision long, and asks two, the second one of more options than it says."""

    def extent(self) -> tuple[int, int]:
        return 1, 2

    def next(self, prefix: Actions) -> Decision | None:
        options = ("a", "b", "c")[: 2 + len(prefix)]
        return None if len(prefix) == 2 else Choice(f"step {len(prefix)}", options, (True,) * len(options))


def test_what_exploring_a_space_did_not_show_ends_in_a_message() -> None:
    with pytest.raises(ValueError, match="goes on after 1 decisions.*`extent`"):
        learner(Longer(), "mlp-reinforce").sample(Longer(), 1)
    first = Ragged().next(())
    assert isinstance(first, Choice) and one_head(Ragged()).begin(first) == 0
    with pytest.raises(ValueError, match=r"has 5 options, more than the 4 .*`extent`"):
        one_head(Ragged()).begin(replace(first, options=("a", "b", "c", "d", "e"), mask=(True,) * 5))

"""A child that learned nothing in its first epoch begins again: when, how, what it costs, and after a kill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from children import SPEC, cut_and_resumed, same, same_weights, task
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.data.images.tensors import Split
from rlsearch.measures import ACCURACY, CROSS_ENTROPY
from rlsearch.training import tries
from rlsearch.training.evaluate import evaluate, train
from rlsearch.training.outcome import Outcome
from rlsearch.training.tries import try_seed

NEVER, ALWAYS = {"threshold": 0.0}, {"threshold": 1.0}
"""Thresholds of an accuracy that any first epoch beats, and that none does."""
STILL = optimizer_settings(name="sgd", lr=1e-9)
"""Weights stay where they are, so that a child goes on guessing."""


def restart(**changes: Any) -> dict[str, Any]:
    return {"factor": 0.5, "most": 2, **changes}


@pytest.mark.parametrize("best", [True, False])
def test_a_child_that_has_learned_something_is_trained_as_without(best: bool, tmp_path: Path) -> None:
    plain = train(SPEC, task(tmp_path), 5, best=best)
    assert same(train(SPEC, task(tmp_path, restart=restart(**NEVER)), 5, best=best), plain)
    assert "restarts" not in plain.outcome.to_json()


@pytest.mark.parametrize("network", ["simple-cnn", "vgg-like"])
@pytest.mark.parametrize("best", [True, False])
def test_the_last_try_is_a_training_under_its_own_seed_and_rate(best: bool, network: str, tmp_path: Path) -> None:
    optimizer = optimizer_settings(name="adam", lr=0.01)
    one = task(tmp_path, network=network, restart=restart(**ALWAYS), optimizer=optimizer)
    again = train(SPEC, one, 5, best=best)
    slower = task(tmp_path, network=network, optimizer=optimizer_settings(name="adam", lr=0.01 * 0.25))
    alone = train(SPEC, slower, try_seed(5, 2), best=best)
    assert again.outcome.metrics == alone.outcome.metrics and again.curve == alone.curve
    assert same_weights(again.model, alone.model)
    assert (again.outcome.restarts, again.outcome.epochs, again.outcome.samples) == (2, 2 + 3, 5 * 96)
    assert again.outcome.flops == one.most_cost(SPEC) == one.full_cost(SPEC) * 5 // 3


def test_tries_have_seeds_by_name_and_the_first_one_the_childs(tmp_path: Path) -> None:
    assert len({try_seed(5, number) for number in range(4)} | {try_seed(6, number) for number in range(4)}) == 8
    assert try_seed(5, 0) == 5 and try_seed(5, 1) == 1417439059404321926
    assert task(tmp_path).most_cost(SPEC) == task(tmp_path).full_cost(SPEC)


def test_as_often_as_is_needed_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first epoch's level falls or rises past the threshold by hand; restarts that were not needed cost nothing."""
    one, levels = task(tmp_path, restart=restart(most=3, threshold=0.5)), iter([0.5, 0.2, 0.51])
    monkeypatch.setattr(tries, "measure", lambda *_: {"accuracy": next(levels), "loss": 1.0})
    outcome = evaluate(SPEC, one, 5)
    assert (outcome.restarts, outcome.epochs) == (2, 2 + 3) and not list(levels)
    assert outcome.flops == one.full_cost(SPEC) * 5 // 3 < one.most_cost(SPEC)


@pytest.mark.parametrize("best", [True, False])
def test_searches_look_at_the_validation_data_and_retraining_at_the_training_data(
    best: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a retraining measures on is the test set: it is looked at once, at the end."""
    one, looked, measure = task(tmp_path, restart=restart(**ALWAYS)), list[int](), tries.measure

    def notes(model: nn.Module, split: Split, *rest: Any) -> dict[str, float]:
        looked.append(len(split))
        return measure(model, split, *rest)

    monkeypatch.setattr(tries, "measure", notes)
    train(SPEC, one, 5, best=best)
    assert looked == [64 if best else 96] * 3


def test_nothing_learned_is_the_share_of_the_commonest_class() -> None:
    labels = torch.tensor([0, 2, 2, 2, 1, 2, 0, 1])
    split = Split(torch.zeros(8, 1, 2, 2, dtype=torch.uint8), labels, 4)
    assert split.guessed == 0.5 and ACCURACY.chance(split.guessed) == 0.5
    assert split.form.guessed == 0.25 and CROSS_ENTROPY.chance(0.25) == pytest.approx(1.386, abs=1e-3)


def test_a_child_that_guesses_begins_again_and_one_that_learns_does_not(tmp_path: Path) -> None:
    """By default the threshold is what nothing learned is worth."""
    split = task(tmp_path).data[1]
    constant = {"accuracy": split.guessed, "loss": 1.0}
    learned = evaluate(SPEC, task(tmp_path, epochs=1, optimizer=optimizer_settings(lr=0.01)), 1).metrics
    assert ACCURACY.of(learned) > ACCURACY.of(constant)
    fast = task(tmp_path, epochs=1, restart=restart(), optimizer=optimizer_settings(lr=0.01))
    assert evaluate(SPEC, fast, 1) == Outcome("ok", learned, 1, 96, fast.full_cost(SPEC))
    dead = {"init": {"scheme": "scaled-normal", "scale": 1e-9}}  # all logits are equal: one class alone
    assert evaluate(dead, task(tmp_path, restart=restart(most=3), optimizer=STILL), 1).restarts == 3


def test_a_child_that_diverges_at_once_begins_again(tmp_path: Path) -> None:
    wild = {"init": {"scheme": "scaled-normal", "scale": 1e30}}
    outcome = evaluate(wild, task(tmp_path, restart=restart(**NEVER)), 1)
    assert (outcome.status, outcome.restarts, outcome.epochs) == ("diverged", 2, 3)


def test_every_try_of_a_transfer_begins_with_the_weights_of_its_source(tmp_path: Path) -> None:
    source = train(SPEC, task(tmp_path), 1).model
    assert source is not None
    keep = tmp_path / "weights.pt"
    torch.save(source.state_dict(), keep)
    one = replace(task(tmp_path, restart=restart(**ALWAYS), optimizer=STILL), start=keep)
    again = train(SPEC, one, 5)
    assert again.outcome.restarts == 2 and again.model is not None
    for name, value in again.model.state_dict().items():
        assert torch.allclose(value, source.state_dict()[name], atol=1e-5), name


@pytest.mark.parametrize("best", [True, False])
@pytest.mark.parametrize("epochs", [0, 1, 3, 4])
def test_killed_in_any_try_and_resumed(
    epochs: int, best: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = {"network": "vgg-like", "augment": ("crop-flip",), "schedule": {"type": "step", "factor": 0.5, "every": 1}}
    one = task(tmp_path, restart=restart(**ALWAYS), **recipe)
    whole = train(SPEC, one, 5, best=best)
    assert same(cut_and_resumed(one, epochs, tmp_path / "c.pt", monkeypatch, best=best), whole)


def test_restarts_travel_through_json(tmp_path: Path) -> None:
    outcome = Outcome("ok", {"accuracy": 0.5}, 3, 96, 10, restarts=2)
    assert outcome.to_json()["restarts"] == 2 and Outcome.from_json(outcome.to_json()) == outcome

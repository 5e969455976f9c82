"""A child under several optimizers goes on from every stored state as if nothing had happened."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from episodes import PATHS, plan, played, same, spec, task, weights
from rlsearch.training import checkpoint, episode
from rlsearch.training.checkpoint import Checkpoint, kept_state
from rlsearch.training.episode import Episode
from rlsearch.training.evaluate import train


def equal(one: Any, other: Any) -> bool:
    """Compare containers of tensors and plain values."""
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)


@pytest.mark.parametrize("network", ["simple-cnn", "vgg-like"])
def test_a_fork_goes_on_as_the_original_does(network: str, tmp_path: Path) -> None:
    made = played(Episode(task(tmp_path, network=network, augment=("crop-flip",)), {}, plan(), 7), ("adam",))
    others = [made.fork(), made.fork()]
    played(others[0], ("sam", "sam"))  # another way first: nothing of it reaches the others
    for one in (made, others[1]):
        played(one, ("sgd", "adam"))
    assert made.steps == others[1].steps and made.labels == others[1].labels
    assert same(weights(made.model), weights(others[1].model))
    assert not same(weights(made.model), weights(others[0].model))


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("carry", [True, False])
@pytest.mark.parametrize("labels", PATHS)
def test_a_stored_state_goes_on_bit_for_bit_from_every_step(
    labels: tuple[str, ...], carry: bool, tmp_path: Path
) -> None:
    one = task(tmp_path, network="vgg-like", augment=("crop-flip",))
    whole = played(Episode(one, {}, plan(carry, 2), 5), labels)
    for stop in (1, 2):
        Checkpoint(tmp_path / "c.pt").save(played(Episode(one, {}, plan(carry, 2), 5), labels[:stop]).state())
        other = Episode(one, {}, plan(carry, 2), 5)
        state = Checkpoint(tmp_path / "c.pt").load()
        assert state is not None
        other.load(state)
        played(other, labels[stop:])
        assert other.steps == whole.steps and other.outcome == whole.outcome
        assert same(weights(other.model), weights(whole.model))
        assert equal(other.state(), whole.state())


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("stop", [1, 2])
def test_a_killed_run_goes_on_from_its_checkpoint(stop: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, whole = task(tmp_path, network="vgg-like"), train(spec(PATHS[0]), task(tmp_path, network="vgg-like"), 5)
    original, left = episode.train_epoch, [stop]

    def dies(*arguments: Any) -> Any:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        return original(*arguments)

    monkeypatch.setattr(episode, "train_epoch", dies)
    with pytest.raises(KeyboardInterrupt):
        train(spec(PATHS[0]), one, 5, Checkpoint(tmp_path / "c.pt"))
    assert kept_state(tmp_path / "c.pt")["labels"] == list(PATHS[0][:stop])
    left[0] = 3 - stop  # what was done is not done again
    resumed = train(spec(PATHS[0]), one, 5, Checkpoint(tmp_path / "c.pt"))
    assert (resumed.outcome, resumed.curve, resumed.rows) == (whole.outcome, whole.curve, whole.rows)
    assert same(weights(resumed.model), weights(whole.model))


def global_states() -> tuple[Any, ...]:
    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()


def test_generators_and_threads_outside_are_left_alone(tmp_path: Path) -> None:
    made = Episode(task(tmp_path, network="vgg-like"), {}, plan(), 7)
    actions: list[Callable[[], Any]] = [lambda: made.step("sgd"), lambda: made.step("sam"), made.fork, made.state]
    before, threads = global_states(), torch.get_num_threads()
    for act in actions:
        act()
        assert global_states() == before and torch.get_num_threads() == threads


def test_what_happens_between_two_steps_changes_nothing(tmp_path: Path) -> None:
    """A network with dropout, and another child in training beside it."""
    one = task(tmp_path, network="vgg-like", augment=("crop-flip",))
    whole = played(Episode(one, {}, plan(), 7), PATHS[0])
    made, beside = Episode(one, {}, plan(), 7), Episode(one, {}, plan(), 8)
    for label in PATHS[0]:
        torch.manual_seed(99), np.random.seed(99), random.seed(99)
        torch.rand(10)
        beside.step("adam")
        made.step(label)
    assert made.steps == whole.steps != beside.steps
    assert same(weights(made.model), weights(whole.model))


def test_the_child_is_built_at_its_first_step(tmp_path: Path) -> None:
    made = Episode(task(tmp_path), {}, plan(), 7)
    assert not made.ended
    with pytest.raises(RuntimeError, match="at its first step"):
        made.model.eval()
    assert played(made, PATHS[0]).ended

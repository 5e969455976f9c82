"""Training one child is a pure function of spec, task, data and seed; a checkpoint changes nothing."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import nn

import tiny
from rlsearch.config.models import RuntimeSettings, TaskSettings
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.networks.simple_cnn import SimpleCNN
from rlsearch.networks.vgg_like import VGGLike
from rlsearch.training import checkpoint, loop
from rlsearch.training.checkpoint import Checkpoint
from rlsearch.training.evaluate import evaluate, train
from rlsearch.training.forward_flops import forward_flops
from rlsearch.training.outcome import Outcome
from rlsearch.training.task import Task

SPEC = {"init": {"scheme": "scaled-normal", "scale": 1.0}}


UNSTEADY = optimizer_settings(name="adam", lr=0.04)
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def task(root: Path, permuted: bool = False, device: Literal["cpu", "cuda"] = "cpu", **changes: Any) -> Task:
    tiny.study(root)
    folder = root / "data" / "spots"
    settings = TaskSettings(**{"network": "simple-cnn", "epochs": 3, "batch_size": 32, **changes})
    return Task(
        settings, RuntimeSettings(device=device), (folder / "train.npz",), folder / "validation.npz", permuted=permuted
    )


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("network", ["simple-cnn", "vgg-like"])
def test_equal_arguments_equal_outcome_whatever_happened_before(network: str, device: str, tmp_path: Path) -> None:
    one = task(tmp_path, device=device, network=network)
    first = evaluate(SPEC, one, 7)
    torch.manual_seed(99), np.random.seed(99), random.seed(99)
    torch.rand(10)
    assert evaluate(SPEC, one, 7) == first
    assert evaluate(SPEC, one, 8) != first


@pytest.mark.parametrize("network", ["simple-cnn", "vgg-like"])
def test_global_generator_and_threads_are_put_back(network: str, tmp_path: Path) -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    evaluate(SPEC, task(tmp_path, network=network, epochs=1), 7)
    assert torch.equal(torch.get_rng_state(), before) and torch.get_num_threads() == threads


def test_it_learns_and_counts(tmp_path: Path) -> None:
    one = task(tmp_path, epochs=20)
    outcome = evaluate(SPEC, one, 1)
    assert outcome.status == "ok" and outcome.metrics["accuracy"] > 0.9
    assert (outcome.epochs, outcome.samples) == (20, 20 * 96)
    assert outcome.flops == 3 * forward_flops(SimpleCNN((1, 8, 8), 4), torch.zeros(1, 1, 8, 8)) * outcome.samples
    assert outcome.flops == one.full_cost(SPEC)


def test_permuted_labels_teach_nothing(tmp_path: Path) -> None:
    accuracy = evaluate(SPEC, task(tmp_path, permuted=True, epochs=20), 1).metrics["accuracy"]
    assert accuracy < 0.6


def test_a_diverging_child_is_diverged_and_charged(tmp_path: Path) -> None:
    outcome = evaluate({"init": {"scheme": "scaled-normal", "scale": 1e30}}, task(tmp_path), 1)
    assert outcome.status == "diverged" and outcome.epochs == 1 and outcome.flops > 0
    assert not all(math.isfinite(value) for value in outcome.metrics.values()) or outcome.metrics["accuracy"] < 0.5
    assert Outcome.from_json(outcome.to_json()).status == "diverged"


def test_a_spec_that_cannot_be_built_is_invalid(tmp_path: Path) -> None:
    assert evaluate({"init": {"scheme": "no-such-scheme"}}, task(tmp_path), 1) == Outcome("invalid", error="ValueError")


class Stop(BaseException):
    pass


@pytest.mark.parametrize("network", ["simple-cnn", "vgg-like"])
@pytest.mark.parametrize("augment", [(), ("crop-flip",)], ids=["plain", "crop-flip"])
@pytest.mark.parametrize("epochs_before_kill", [1, 2])
def test_killed_between_epochs_and_resumed(
    network: str, augment: tuple[str, ...], epochs_before_kill: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = task(tmp_path, network=network, augment=augment)
    whole = train(SPEC, one, 5)
    original, done = loop.train_epoch, 0

    def dies(*args: Any) -> Any:
        nonlocal done
        if done == epochs_before_kill:
            raise Stop
        done += 1
        return original(*args)

    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(loop, "train_epoch", dies)
    with pytest.raises(Stop):
        train(SPEC, one, 5, Checkpoint(tmp_path / "c.pt"))
    monkeypatch.setattr(loop, "train_epoch", original)
    resumed = train(SPEC, one, 5, Checkpoint(tmp_path / "c.pt"))
    assert (resumed.outcome, resumed.curve) == (whole.outcome, whole.curve)
    assert whole.model is not None and resumed.model is not None
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def test_the_best_of_the_last_epochs_answers_also_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shorter = [evaluate(SPEC, task(tmp_path, epochs=epochs, optimizer=UNSTEADY), 7).metrics for epochs in (2, 3)]
    one = task(tmp_path, epochs=3, best_of_last=2, optimizer=UNSTEADY)
    best = evaluate(SPEC, one, 7)
    assert shorter[0]["accuracy"] > shorter[1]["accuracy"]  # this child was better before its last epoch
    assert best.metrics == shorter[0]
    assert train(SPEC, one, 7).outcome.metrics == shorter[1]
    original, calls = loop.train_epoch, 0

    def dies(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Stop
        return original(*args)

    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(loop, "train_epoch", dies)
    with pytest.raises(Stop):
        evaluate(SPEC, one, 7, Checkpoint(tmp_path / "c.pt"))
    monkeypatch.setattr(loop, "train_epoch", original)
    assert evaluate(SPEC, one, 7, Checkpoint(tmp_path / "c.pt")) == best


def test_a_damaged_checkpoint_means_starting_again(tmp_path: Path) -> None:
    (tmp_path / "c.pt").write_bytes(b"PK\x03\x04 torn")
    assert evaluate(SPEC, task(tmp_path), 5, Checkpoint(tmp_path / "c.pt")) == evaluate(SPEC, task(tmp_path), 5)


def test_a_last_batch_of_one_is_left_out(tmp_path: Path) -> None:
    """Batch normalisation over one sample has no variance."""
    one = task(tmp_path, network="vgg-like", batch_size=19, epochs=1)  # 96 = 5 x 19 + 1
    assert evaluate(SPEC, one, 1).samples == 95
    assert one.full_cost(SPEC) == evaluate(SPEC, one, 1).flops


def test_flops_of_known_layers() -> None:
    """A linear layer costs 2 x in x out; a convolution 2 x k^2 x in x out x positions."""
    assert forward_flops(nn.Sequential(nn.Flatten(), nn.Linear(12, 5)), torch.zeros(1, 3, 2, 2)) == 2 * 12 * 5
    assert forward_flops(nn.Conv2d(3, 4, 3, padding=1), torch.zeros(1, 3, 6, 6)) == 2 * 9 * 3 * 4 * 36


def test_parameter_counts_of_the_study() -> None:
    for network, count in ((SimpleCNN, 620_362), (VGGLike, 1_343_146)):
        model = network((3, 32, 32), 10)
        assert sum(p.numel() for p in model.parameters() if p.requires_grad) == count

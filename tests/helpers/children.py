"""Children of made-up images: their task, and a training that is cut off between two epochs and goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import tiny
from rlsearch.config.models import RuntimeSettings, TaskSettings
from rlsearch.training import checkpoint, loop
from rlsearch.training.checkpoint import Checkpoint
from rlsearch.training.evaluate import Trained, train
from rlsearch.training.task import Task

SPEC = {"init": {"scheme": "scaled-normal", "scale": 1.0}}


class Cut(BaseException):
    """Stands for a kill."""


def task(root: Path, **changes: Any) -> Task:
    """Return a task of three epochs on 96 images, measured on 64 others."""
    tiny.study(root)
    folder = root / "data" / "spots"
    settings = TaskSettings(**{"network": "simple-cnn", "epochs": 3, "batch_size": 32, **changes})
    return Task(settings, RuntimeSettings(), (folder / "train.npz",), folder / "validation.npz")


def cut_and_resumed(
    one: Task,
    epochs: int,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    best: bool,
    seed: int = 5,
    spec: Mapping[str, Any] = SPEC,
) -> Trained:
    """Train a child that is cut off after so many epochs, over all its tries, and then goes on from its checkpoint."""
    original, done = loop.train_epoch, 0

    def dies(*arguments: Any) -> Any:
        nonlocal done
        if done == epochs:
            raise Cut
        done += 1
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "INTERVAL", 0.0)
        patch.setattr(loop, "train_epoch", dies)
        with pytest.raises(Cut):
            train(spec, one, seed, Checkpoint(file), best=best)
        done = -(10**6)
        return train(spec, one, seed, Checkpoint(file), best=best)


def same(one: Trained, other: Trained) -> bool:
    """Tell whether two trainings ended alike, to the last bit."""
    equal = (one.outcome, one.curve, one.parameters) == (other.outcome, other.curve, other.parameters)
    return equal and same_weights(one.model, other.model)


def same_weights(one: nn.Module | None, other: nn.Module | None) -> bool:
    """Tell whether two networks have the same state, to the last bit."""
    assert one is not None and other is not None
    theirs = other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in one.state_dict().items())

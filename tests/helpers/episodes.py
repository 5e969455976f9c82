"""Runs of a small task under several optimizers, and how two of them are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import tiny
from rlsearch.config.models import OptimizerSettings, RuntimeSettings, TaskSettings
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.training.episode import Episode
from rlsearch.training.plan import Plan
from rlsearch.training.task import Task

SETTINGS = {label: optimizer_settings(**raw) for label, raw in tiny.OPTIMIZERS.items()}
PATHS = [("sgd", "sam", "adam"), ("adam", "adam", "sam"), ("sam", "sgd", "sam")]


def task(root: Path, epochs: int = 3, network: str = "simple-cnn", **changes: Any) -> Task:
    tiny.study(root)
    folder = root / "data" / "spots"
    settings = TaskSettings(**{"network": network, "epochs": epochs, "batch_size": 32, **changes})
    return Task(settings, RuntimeSettings(), (folder / "train.npz",), folder / "validation.npz")


def plan(carry: bool = True, patience: int | None = None, **optimizers: OptimizerSettings) -> Plan:
    return Plan(optimizers or SETTINGS, 3, carry, patience)


def spec(labels: tuple[str, ...], **changes: Any) -> dict[str, Any]:
    used = {label: SETTINGS[label].model_dump(mode="json") for label in labels}
    how = {"schedule": list(labels), "optimizers": used, "steps": len(labels), "carry": True, "patience": None}
    return {"training": {**how, **changes}}


def weights(model: nn.Module | None) -> dict[str, Tensor]:
    assert model is not None
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def played(made: Episode, labels: tuple[str, ...]) -> Episode:
    for label in labels:
        made.step(label)
    return made

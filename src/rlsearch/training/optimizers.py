"""Optimizers by name, from torch.optim."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn, optim

from rlsearch.config.models import OptimizerSettings
from rlsearch.training.quick_start import without_compiler

KINDS: dict[str, type[optim.Optimizer]] = {
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "rmsprop": optim.RMSprop,
    "sgd": optim.SGD,
}


def make_optimizer(settings: OptimizerSettings, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """Return the optimizer. The fused kernels update all parameters in one call, which small networks notice."""
    kind = without_compiler(KINDS[settings.name])
    options: dict[str, Any] = {"lr": settings.lr, "weight_decay": settings.weight_decay}
    if settings.name in ("sgd", "rmsprop"):
        options["momentum"] = settings.momentum
    if settings.nesterov:
        options["nesterov"] = True
    if settings.name != "rmsprop":
        options["fused"] = True
    return kind(list(parameters), **options)


def optimizer_to(optimizer: optim.Optimizer, device: torch.device) -> None:
    """Move an optimizer's state to a device (after loading a checkpoint that was mapped to the CPU)."""
    for state in optimizer.state.values():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and name != "step":
                state[name] = value.to(device)

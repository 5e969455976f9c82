"""Optimizers by name, from torch.optim."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn, optim

from rlsearch.config.models import OptimizerSettings


def make_optimizer(settings: OptimizerSettings, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """Return the optimizer. The fused kernels update all parameters in one call, which small networks notice."""
    parameters = list(parameters)
    lr, decay = settings.lr, settings.weight_decay
    if settings.name == "adam":
        return optim.Adam(parameters, lr=lr, weight_decay=decay, fused=True)
    if settings.name == "adamw":
        return optim.AdamW(parameters, lr=lr, weight_decay=decay, fused=True)
    if settings.name == "sgd":
        return optim.SGD(parameters, lr=lr, momentum=settings.momentum, weight_decay=decay, fused=True)
    return optim.RMSprop(parameters, lr=lr, momentum=settings.momentum, weight_decay=decay)


def optimizer_to(optimizer: optim.Optimizer, device: torch.device) -> None:
    """Move an optimizer's state to a device (after loading a checkpoint that was mapped to the CPU)."""
    for state in optimizer.state.values():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and name != "step":
                state[name] = value.to(device)

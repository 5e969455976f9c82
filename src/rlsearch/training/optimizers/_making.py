"""Optimizers by name, and what the training loop asks of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn, optim

from rlsearch.config import plugins
from rlsearch.config.optimizer_models import OptimizerSettings
from rlsearch.training.quick_start import without_compiler


@runtime_checkable
class TwoPass(Protocol):
    """An optimizer that needs two gradients for a step: at the weights, and where `first_step` takes them.

    `batch_norm_updates`: how many of the two passes update BatchNorm's running statistics, 1 (the first) or 2.
    """

    batch_norm_updates: int

    def first_step(self, zero_grad: bool = False) -> None:
        """Move the weights to where the second gradient is wanted."""

    def second_step(self, zero_grad: bool = False) -> None:
        """Move them back, and step by the second gradient."""


def make_optimizer(settings: OptimizerSettings, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """Return the optimizer. Fused kernels update all parameters in one call, which small networks notice."""
    optimizer: optim.Optimizer = plugins.load("optimizers", settings.name).OPTIMIZER(settings, list(parameters))
    return optimizer


def of_class(
    kind: type[optim.Optimizer], settings: OptimizerSettings, parameters: list[nn.Parameter], **options: Any
) -> optim.Optimizer:
    """Return an optimizer of this class with the learning rate and weight decay of its settings, and with options."""
    quick = without_compiler(kind)
    optimizer: optim.Optimizer = quick(parameters, lr=settings.lr, weight_decay=settings.weight_decay, **options)
    return optimizer


def set_rate(optimizer: optim.Optimizer, rate: float) -> None:
    """Set the learning rate of all parameters."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def optimizer_to(optimizer: optim.Optimizer, device: torch.device) -> None:
    """Move an optimizer's state to a device (after loading a checkpoint that was mapped to the CPU)."""
    for state in optimizer.state.values():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and name != "step":
                state[name] = value.to(device)

"""Optimizers by name: four of torch.optim, and SAM, AdaBelief and LAMB of the package pytorch_optimizer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn, optim

from rlsearch.config.task_models import OptimizerSettings
from rlsearch.training.quick_start import without_compiler

KINDS: dict[str, type[optim.Optimizer]] = {
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "rmsprop": optim.RMSprop,
    "sgd": optim.SGD,
}
"""Those of torch.optim."""


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
    """Return the optimizer. The fused kernels update all parameters in one call, which small networks notice."""
    if settings.name in KINDS:
        kind, options = _torchs(settings, settings.name)
        return kind(list(parameters), **options)
    # Here, so that those who use torch's alone do not import the package.
    from rlsearch.training import package_optimizers

    if settings.name == "sam":
        # Over the very SGD that a study's "sgd" is: at a radius too small to move a weight the two are equal.
        base, options = _torchs(settings, "sgd")
        return package_optimizers.Sam(
            list(parameters), base, options, rho=settings.rho, batch_norm_updates=settings.batch_norm_updates
        )
    make = package_optimizers.MAKERS[settings.name]
    return make(list(parameters), settings.lr, settings.weight_decay)


def _torchs(settings: OptimizerSettings, name: str) -> tuple[type[optim.Optimizer], dict[str, Any]]:
    options: dict[str, Any] = {"lr": settings.lr, "weight_decay": settings.weight_decay}
    if name in ("sgd", "rmsprop"):
        options["momentum"] = settings.momentum
    if settings.nesterov:
        options["nesterov"] = True
    if name != "rmsprop":
        options["fused"] = True
    return without_compiler(KINDS[name]), options


def optimizer_to(optimizer: optim.Optimizer, device: torch.device) -> None:
    """Move an optimizer's state to a device (after loading a checkpoint that was mapped to the CPU)."""
    for state in optimizer.state.values():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and name != "step":
                state[name] = value.to(device)

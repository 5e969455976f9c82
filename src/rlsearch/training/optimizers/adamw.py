"""AdamW (Loshchilov & Hutter 2019); torch's, weight decay beside the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rlsearch.config.optimizer_models import OptimizerSettings

if TYPE_CHECKING:
    from torch import nn, optim


class AdamWSettings(OptimizerSettings):
    """Settings of `adamw`."""

    place: ClassVar[int] = 2
    name: Literal["adamw"] = "adamw"


def adamw(settings: AdamWSettings, parameters: list[nn.Parameter]) -> optim.Optimizer:
    """Return the optimizer."""
    from torch import optim

    from rlsearch.training.quick_start import without_compiler

    kind = without_compiler(optim.AdamW)
    optimizer: optim.Optimizer = kind(parameters, lr=settings.lr, weight_decay=settings.weight_decay, fused=True)
    return optimizer


SETTINGS, OPTIMIZER = AdamWSettings, adamw

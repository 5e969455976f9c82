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

    from rlsearch.training.optimizers._making import of_class

    return of_class(optim.AdamW, settings, parameters, fused=True)


SETTINGS, OPTIMIZER = AdamWSettings, adamw

"""Stochastic gradient descent, with momentum if asked for; torch's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from rlsearch.config.base import Number
from rlsearch.config.optimizer_models import OptimizerSettings

if TYPE_CHECKING:
    from torch import nn, optim


class DescentSettings(OptimizerSettings):
    """Settings of what descends as SGD does: `nesterov` is Nesterov's form of `momentum`."""

    momentum: Annotated[Number, Field(ge=0, lt=1)] = 0.0
    nesterov: bool = False

    @model_validator(mode="after")
    def _nesterov_has_effect(self) -> DescentSettings:
        if self.nesterov and self.momentum == 0:
            raise ValueError("`nesterov` is a form of momentum: give a `momentum` above 0")
        return self


class SgdSettings(DescentSettings):
    """Settings of `sgd`."""

    place: ClassVar[int] = 0
    name: Literal["sgd"] = "sgd"


def descent(settings: DescentSettings) -> tuple[type[Any], dict[str, Any]]:
    """Return torch's SGD and its options."""
    from torch import optim

    from rlsearch.training.quick_start import without_compiler

    options: dict[str, Any] = {"lr": settings.lr, "weight_decay": settings.weight_decay, "momentum": settings.momentum}
    if settings.nesterov:
        options["nesterov"] = True
    return without_compiler(optim.SGD), {**options, "fused": True}


def sgd(settings: SgdSettings, parameters: list[nn.Parameter]) -> optim.Optimizer:
    """Return the optimizer."""
    kind, options = descent(settings)
    optimizer: optim.Optimizer = kind(parameters, **options)
    return optimizer


SETTINGS, OPTIMIZER = SgdSettings, sgd

"""RMSprop (Hinton 2012); torch's, weight decay added to the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from rlsearch.config.base import Number
from rlsearch.config.optimizer_models import OptimizerSettings

if TYPE_CHECKING:
    from torch import nn, optim


class RmspropSettings(OptimizerSettings):
    """Settings of `rmsprop`."""

    place: ClassVar[int] = 3
    name: Literal["rmsprop"] = "rmsprop"
    momentum: Annotated[Number, Field(ge=0, lt=1)] = 0.0


def rmsprop(settings: RmspropSettings, parameters: list[nn.Parameter]) -> optim.Optimizer:
    """Return the optimizer; torch has no fused kernel for it."""
    from torch import optim

    from rlsearch.training.optimizers._making import of_class

    return of_class(optim.RMSprop, settings, parameters, momentum=settings.momentum)


SETTINGS, OPTIMIZER = RmspropSettings, rmsprop

"""Adam (Kingma & Ba 2015); torch's, weight decay added to the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rlsearch.config.optimizer_models import OptimizerSettings

if TYPE_CHECKING:
    from torch import nn, optim


class AdamSettings(OptimizerSettings):
    """Settings of `adam`."""

    place: ClassVar[int] = 1
    name: Literal["adam"] = "adam"


def adam(settings: AdamSettings, parameters: list[nn.Parameter]) -> optim.Optimizer:
    """Return the optimizer."""
    from torch import optim

    from rlsearch.training.optimizers._making import of_class

    return of_class(optim.Adam, settings, parameters, fused=True)


SETTINGS, OPTIMIZER = AdamSettings, adam

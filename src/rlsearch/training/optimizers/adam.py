"""Adam (Kingma & Ba 2015); torch's, weight decay added to the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from rlsearch.config.base import Number
from rlsearch.config.optimizer_models import OptimizerSettings

if TYPE_CHECKING:
    from torch import nn, optim


Decay = Annotated[Number, Field(ge=0, lt=1)]
"""The share of a moving average that is kept at each step."""


class MomentSettings(OptimizerSettings):
    """Settings of what keeps Adam's two moments: `betas` are the decay rates of the mean and of the mean square."""

    later: ClassVar[tuple[str, ...]] = ("betas",)

    betas: Annotated[tuple[Decay, ...], Field(strict=False, min_length=2, max_length=2)] = (0.9, 0.999)


class AdamSettings(MomentSettings):
    """Settings of `adam`."""

    place: ClassVar[int] = 1
    name: Literal["adam"] = "adam"


def adam(settings: AdamSettings, parameters: list[nn.Parameter]) -> optim.Optimizer:
    """Return the optimizer."""
    from torch import optim

    from rlsearch.training.optimizers._making import of_class

    return of_class(optim.Adam, settings, parameters, betas=settings.betas, fused=True)


SETTINGS, OPTIMIZER = AdamSettings, adam

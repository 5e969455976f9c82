"""AdamW (Loshchilov & Hutter 2019); torch's, weight decay beside the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rlsearch.training.optimizers.adam import MomentSettings

if TYPE_CHECKING:
    from torch import nn, optim


class AdamWSettings(MomentSettings):
    """Settings of `adamw`."""

    place: ClassVar[int] = 2
    name: Literal["adamw"] = "adamw"


def adamw(settings: AdamWSettings, parameters: list[nn.Parameter]) -> optim.Optimizer:
    """Return the optimizer."""
    from torch import optim

    from rlsearch.training.optimizers._making import of_class

    return of_class(optim.AdamW, settings, parameters, betas=settings.betas, fused=True)


SETTINGS, OPTIMIZER = AdamWSettings, adamw

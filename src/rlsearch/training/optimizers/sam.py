"""Sharpness-aware minimisation (Foret et al. 2021) over SGD: each step takes two passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rlsearch.config.base import Positive
from rlsearch.training.optimizers.sgd import DescentSettings, descent

if TYPE_CHECKING:
    from torch import nn, optim


class SamSettings(DescentSettings):
    """Settings of `sam`, which steps by the gradient found within a radius `rho`.

    `batch_norm_updates` counts updates of BatchNorm's running statistics in one of its steps: 1 = in the first pass
    only; 2 = in both, which counts the perturbed weights in.
    """

    passes: ClassVar[int] = 2  # what a step is charged: twice the FLOPs of one pass
    place: ClassVar[int] = 4
    name: Literal["sam"] = "sam"
    rho: Positive = 0.05
    batch_norm_updates: Literal[1, 2] = 1


def sam(settings: SamSettings, parameters: list[nn.Parameter]) -> optim.Optimizer:
    """Return the optimizer, over the very SGD that a study's "sgd" is.

    At a radius too small to move a weight the two are equal.
    """
    from rlsearch.training.optimizers._package import Sam

    base, options = descent(settings)
    return Sam(parameters, base, options, rho=settings.rho, batch_norm_updates=settings.batch_norm_updates)


SETTINGS, OPTIMIZER = SamSettings, sam

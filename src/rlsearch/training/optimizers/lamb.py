"""LAMB (You et al. 2020): Adam's step, lr * |weights| long in each tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rlsearch.config.optimizer_models import OptimizerSettings

if TYPE_CHECKING:
    from torch import nn, optim


class LambSettings(OptimizerSettings):
    """Settings of `lamb`."""

    place: ClassVar[int] = 6
    name: Literal["lamb"] = "lamb"


def lamb(settings: LambSettings, parameters: list[nn.Parameter]) -> optim.Optimizer:
    """Return LAMB (algorithm 2 of its paper): Adam's step, weight decay included, of the length lr * |weights|.

    The moments are not corrected for their start at 0: in the paper the correction cancels out, but for the decay's
    share. The package's defaults differ: they apply the decay beside the step, and divide lr by the first moment's
    correction, which makes the first step ten times as long as lr says. The |weights| count up to 10.
    """
    from rlsearch.training.optimizers._making import of_class
    from rlsearch.training.optimizers._package import Lamb

    return of_class(Lamb, settings, parameters, weight_decouple=False, adam_debias=True)


SETTINGS, OPTIMIZER = LambSettings, lamb

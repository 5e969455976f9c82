"""AdaBelief (Zhuang et al. 2020), with decoupled weight decay."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rlsearch.config.optimizer_models import OptimizerSettings

if TYPE_CHECKING:
    from torch import nn, optim


class AdaBeliefSettings(OptimizerSettings):
    """Settings of `adabelief`."""

    place: ClassVar[int] = 5
    name: Literal["adabelief"] = "adabelief"


def adabelief(settings: AdaBeliefSettings, parameters: list[nn.Parameter]) -> optim.Optimizer:
    """Return AdaBelief (algorithm 2 of its paper), with decoupled weight decay and without rectification."""
    from rlsearch.training.optimizers._making import of_class
    from rlsearch.training.optimizers._package import AdaBelief

    return of_class(AdaBelief, settings, parameters)


SETTINGS, OPTIMIZER = AdaBeliefSettings, adabelief

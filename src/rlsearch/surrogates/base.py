"""What a surrogate is: a function of the candidate that stands for training it, with a known optimum."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rlsearch.config import plugins
from rlsearch.config.evaluator_models import SurrogateSettings
from rlsearch.measures import ACCURACY, Measure
from rlsearch.spaces.base import Space, Spec, representatives


class Surrogate(ABC):
    """A surrogate of one space. Its file defines `SETTINGS` (a `SurrogateSettings`) and `SURROGATE` (the class).

    Attributes:
        measure: whose level stands for what training would have reached.
        cost: FLOPs of one answer, the same for all candidates: a budget then counts answers.
    """

    measure: ClassVar[Measure] = ACCURACY
    cost: ClassVar[int] = 1

    @classmethod
    @abstractmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether there is such a function on this space."""

    @abstractmethod
    def __init__(self, space: Space, settings: SurrogateSettings) -> None:
        """Take a space that is supported, and settings of the file's `SETTINGS`."""

    @abstractmethod
    def value(self, spec: Spec) -> float:
        """Return what a candidate is worth without noise: a level of the measure.

        Raises:
            RlsearchError: the candidate is not in the space.
        """

    @property
    @abstractmethod
    def optimum(self) -> float:
        """The best value of any candidate."""


def make_surrogate(space: Space, settings: SurrogateSettings) -> Surrogate:
    """Return the surrogate that settings name, on a space."""
    surrogate: Surrogate = plugins.load("surrogates", settings.name).SURROGATE(space, settings)
    return surrogate


def values(surrogate: Surrogate, space: Space) -> NDArray[np.float64]:
    """Return what each different candidate of a space of choices is worth without noise, (candidates,), by row."""
    return np.array([surrogate.value(space.decode(actions)) for actions in representatives(space)])

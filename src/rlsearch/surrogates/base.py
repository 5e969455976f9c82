"""What a surrogate is: a function of the candidate that stands for training it, with a known optimum."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import islice
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rlsearch.config import plugins
from rlsearch.config.evaluator_models import SurrogateSettings
from rlsearch.errors import RlsearchError
from rlsearch.measures import ACCURACY, Measure
from rlsearch.spaces.base import Continuous, ContinuousError, Space, Spec, representatives
from rlsearch.surrogates._reading import listen, watched

MOST = 20_000
"""Sequences of decisions of the largest space that is gone through as a whole."""

listen()  # every module of a surrogate imports this one, and is watched from here on


class Surrogate(ABC):
    """A surrogate of one space. Its file defines `SETTINGS` (a `SurrogateSettings`) and `SURROGATE` (the class).

    It may read files that lie beside its own and are named there, `READS = ("scores.csv",)`; opening another one there
    or in the project is an error while it is imported, made or asked (`_reading` says what is seen).

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
    kind: type[Surrogate] = plugins.load("surrogates", settings.name).SURROGATE
    with watched(kind.__module__):
        return kind(space, settings)


def value(surrogate: Surrogate, spec: Spec) -> float:
    """Return what a candidate is worth without noise.

    Raises:
        PluginError: the surrogate opens a file that it does not name.
    """
    with watched(type(surrogate).__module__):
        return surrogate.value(spec)


def optimum(surrogate: Surrogate) -> float:
    """Return the best value of any candidate.

    Raises:
        PluginError: the surrogate opens a file that it does not name.
    """
    with watched(type(surrogate).__module__):
        return surrogate.optimum


def enumerable(space: Space) -> bool:
    """Tell whether all decisions of a space are choices, and its sequences few enough to be gone through (`MOST`)."""
    if (space.nominal_size or 0) > MOST and not isinstance(space.next(()), Continuous):
        return False
    try:
        return sum(1 for _ in islice(space.enumerate(), MOST + 1)) <= MOST
    except ContinuousError:
        return False


def values(surrogate: Surrogate, space: Space) -> NDArray[np.float64]:
    """Return what each different candidate of an `enumerable` space is worth without noise, (candidates,), by row.

    Raises:
        RlsearchError: it is no such space.
    """
    if not enumerable(space):
        raise RlsearchError(
            f"the candidates of a {type(space).__name__} cannot all be asked for", allowed=f"choices, at most {MOST:,}"
        )
    return np.array([value(surrogate, space.decode(actions)) for actions in representatives(space)])

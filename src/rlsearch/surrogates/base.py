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
from rlsearch.measures import VALUE, Measure
from rlsearch.spaces._rows import PADDING
from rlsearch.spaces.base import Continuous, ContinuousError, Space, Spec, representatives
from rlsearch.surrogates._reading import listen, watched

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST = 20_000
"""Sequences of decisions of the largest space that is gone through as a whole."""

listen()  # every module of a surrogate imports this one, and is watched from here on


class Surrogate(ABC):
    """A surrogate of one space. Its file defines `SETTINGS` (a `SurrogateSettings`) and `SURROGATE` (the class).

    The conformance suite tries it on all spaces as these are tested, or with the settings that it asks for by their
    type: `TEST_SPACES = {"nasnet-cells": {"blocks": 2}}`.

    It may read files that lie beside its own and are named there, `READS = ("scores.csv",)`; opening another one there
    or in the project is an error while it is imported, made or asked (`_reading` says what is seen).

    Attributes:
        measure: what its values are levels of: surrogate values, unless they are what some network could reach.
        cost: FLOPs of one answer, the same for all candidates: a budget then counts answers.
        takes: the spaces that it supports, in words, for the message that refuses another one.
    """

    measure: ClassVar[Measure] = VALUE
    cost: ClassVar[int] = 1
    takes: ClassVar[str] = ""

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

    def values_of(self, actions: Integers) -> Floats | None:
        """Return what many candidates of a space of choices are worth, (n,), to the last bit as `value` does.

        None, which it is by default: each is decoded and asked for. Whole searches are repeated by it, so one that
        computes all at once saves most of their time.

        Args:
            actions: int64 (n, decisions); candidates of fewer decisions end in -1.
        """
        return None

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


def values_of(surrogate: Surrogate, space: Space, actions: Integers) -> Floats:
    """Return what many candidates are worth without noise, (n,) (see `Surrogate.values_of`).

    Raises:
        PluginError: the surrogate opens a file that it does not name.
    """
    with watched(type(surrogate).__module__):
        if (found := surrogate.values_of(actions)) is not None:
            return found
        rows = (tuple(row[: row.index(PADDING)] if PADDING in row else row) for row in actions.tolist())
        return np.array([surrogate.value(space.decode(row)) for row in rows], np.float64)


def optimum(surrogate: Surrogate) -> float:
    """Return the best value of any candidate.

    Raises:
        PluginError: the surrogate opens a file that it does not name.
    """
    with watched(type(surrogate).__module__):
        return surrogate.optimum


def of_choices(space: Space) -> bool:
    """Tell whether all decisions of a space are choices, as far as its first candidate shows."""
    try:
        next(space.enumerate())
    except ContinuousError:
        return False
    return True


def enumerable(space: Space) -> bool:
    """Tell whether all decisions of a space are choices, and its sequences few enough to be gone through (`MOST`)."""
    if (space.nominal_size or 0) > MOST and not isinstance(space.next(()), Continuous):
        return False
    try:
        return sum(1 for _ in islice(space.enumerate(), MOST + 1)) <= MOST
    except ContinuousError:
        return False


def values(surrogate: Surrogate, space: Space) -> Floats:
    """Return what each different candidate of an `enumerable` space is worth without noise, (candidates,), by row.

    Raises:
        RlsearchError: it is no such space.
    """
    if not enumerable(space):
        raise RlsearchError(
            f"the candidates of a {type(space).__name__} cannot all be asked for", allowed=f"choices, at most {MOST:,}"
        )
    return np.array([value(surrogate, space.decode(actions)) for actions in representatives(space)])

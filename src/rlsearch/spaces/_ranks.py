"""The number of a candidate among all combinations of options, worked out for many candidates at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlsearch.spaces.base import Actions, Space, decisions

Integers = NDArray[np.int64]
Ranks = Callable[[ArrayLike], Integers]


def ranking(space: Space, candidates: Sequence[Actions]) -> Ranks:
    """Return what numbers candidates (..., decisions) as (...): the options of a decision count like digits.

    Args:
        candidates: all of the space, in the order of `enumerate`.

    Raises:
        ValueError: they are not all combinations of options.
    """
    options = [len(getattr(decision, "options", ())) for decision in decisions(space, candidates[0])]
    if math.prod(options) != len(candidates):
        raise ValueError("the candidates of this space are not all combinations of options")
    weights = np.array([math.prod(options[place + 1 :]) for place in range(len(options))], np.int64)
    return lambda actions: np.asarray(np.asarray(actions, np.int64) @ weights)

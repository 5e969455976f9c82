"""By which rule a search picks its finalists; the same for real searches and for those that are simulated in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def distinct(keys: NDArray[Any], rewards: Floats) -> tuple[Integers, Floats, Integers]:
    """Return the first trial and the mean reward of every distinct candidate, and the candidate of every trial.

    Args:
        keys, rewards: (trials,); equal keys are of equal candidates.
    """
    # np.unique returns the first place of each key, hence the trial in which the candidate was asked first.
    _, first, position = np.unique(keys, return_index=True, return_inverse=True)
    return first, np.bincount(position, rewards) / np.bincount(position), position


def finalist_places(
    means: Floats, first: Integers, count: int, able: NDArray[np.bool_] | None = None, *, earliest: bool = False
) -> Integers:
    """Return the places of the `count` candidates of the highest mean reward; ties go to the one that was asked first.

    Args:
        means, first: (candidates,), mean reward and first trial; able: which of them can be finalists, all by default.
        earliest: take those that were asked first, whatever they earned (`answer: first` of an agent).
    """
    # lexsort takes the most important key last.
    order = np.argsort(first) if earliest else np.lexsort((first, -means))
    return np.asarray(order if able is None else order[able[order]])[:count]

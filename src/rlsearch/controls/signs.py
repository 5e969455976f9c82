"""Signs of "learning" that a run shows: how tight it ends, where it ends, how much its reward rose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SETTLED_SD = 0.15
"""A search whose last quarter of actions spreads less than this looks as if it had converged."""
SETTLED_SHARE = 0.5
"""The same in a space of choices: at most this share of the last quarter's proposals are distinct candidates."""


def quarter(count: int) -> int:
    """Return how many trials the first and the last quarter of a search hold (at least 2, to have a spread)."""
    return max(2, count // 4)


def signs(actions: Floats, rewards: Floats) -> dict[str, list[float]]:
    """Return three signs of learning of each run: how tight it ends, where it ends, how much its reward rose.

    The last quarter of the proposals is compared with the first; standard deviations have ddof 1.
    """
    part = quarter(actions.shape[1])
    last, first = slice(-part, None), slice(None, part)
    return {
        "last_sd": actions[:, last].std(axis=1, ddof=1).tolist(),
        "last_mean": actions[:, last].mean(axis=1).tolist(),
        "reward_gain": (rewards[:, last].mean(axis=1) - rewards[:, first].mean(axis=1)).tolist(),
    }


def choice_signs(candidates: NDArray[Any], rewards: Floats) -> dict[str, list[float]]:
    """Return two signs of learning of each run in a space of choices.

    Args:
        candidates: (runs, episodes), equal numbers or keys for equal candidates; rewards: (runs, episodes).

    Returns:
        `distinct_share`, the distinct candidates among the last quarter of the proposals divided by their number, and
        `reward_gain` as in `signs`.
    """
    part = quarter(candidates.shape[1])
    last, first = slice(-part, None), slice(None, part)
    # Sorted, so that equal candidates are neighbours: distinct ones are counted for all runs at once.
    proposed = np.sort(candidates[:, last], axis=1)
    distinct = 1 + (proposed[:, 1:] != proposed[:, :-1]).sum(axis=1)
    return {
        "distinct_share": (distinct / proposed.shape[1]).tolist(),
        "reward_gain": (rewards[:, last].mean(axis=1) - rewards[:, first].mean(axis=1)).tolist(),
    }


def of_search(proposed: Sequence[float | str], rewards: Sequence[float], *, choices: bool) -> dict[str, float]:
    """Return the signs of one search, from its actions or, in a space of choices, the keys of its candidates."""
    found = (choice_signs if choices else signs)(np.array([proposed]), np.array([rewards], float))
    return {name: values[0] for name, values in found.items()}

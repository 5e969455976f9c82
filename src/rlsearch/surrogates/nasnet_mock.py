"""The made-up reward by which code of a source tests its controller: exact, and cheap enough for thousands of searches.

Of four blocks of two inputs, two operations and a combination, it rewards operations late in the paper's list, many
different ones, and inputs without gaps. What it prefers says nothing about networks.
"""

from __future__ import annotations

import math
from functools import cached_property
from itertools import combinations_with_replacement
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from rlsearch.cell_notation import COMBINATIONS, OPERATIONS
from rlsearch.config.base import Number
from rlsearch.config.evaluator_models import SurrogateSettings
from rlsearch.errors import RlsearchError
from rlsearch.spaces.base import Space, Spec
from rlsearch.spaces.nasnet_cells import NASNetCells
from rlsearch.surrogates.base import Floats, Integers, Surrogate

BLOCKS, DECISIONS = 4, 5
LEAST = 0.5
NEEDED: dict[str, Any] = {
    "blocks": BLOCKS // 2,
    "cells": "both",
    "operations": OPERATIONS,
    "combinations": tuple(COMBINATIONS),
    "wiring": "published",
    "canonical": False,
}
"""Settings of the space of cells that give the source's four blocks; `inputs` may be of either kind."""
SINES = np.array([math.sin(math.pi * total / (2 * BLOCKS) / 6.5) for total in range(2 * BLOCKS * len(OPERATIONS))])
"""By the sum of the indices of all operations: looked up, so that one candidate and many get the same bits."""


class Settings(SurrogateSettings):
    """Values are kept within 0.5 and `clamp`, which many candidates share; null: neither, so that all are ranked."""

    name: Literal["nasnet-mock"] = "nasnet-mock"
    noise: Annotated[Number, Field(ge=0)] = 0.0
    clamp: Annotated[Number, Field(gt=LEAST)] | None = 0.998


class NASNetMock(Surrogate):
    """raw ** 2, clamped; raw is what `raw` returns.

    >>> from rlsearch.spaces.nasnet_cells import CellSettings
    >>> space = NASNetCells(CellSettings(canonical=False))
    >>> mock = NASNetMock(space, Settings())
    >>> mock.value(space.decode((0, 0, 12, 12, 0) * 4)), mock.value(space.decode((0,) * 20)), mock.optimum
    (0.998, 0.5, 0.998)
    """

    takes: ClassVar[str] = (
        f"nasnet-cells with blocks: 2, cells: both, all {len(OPERATIONS)} operations, both combinations, "
        "wiring: published and canonical: false"
    )

    def __init__(self, space: Space, settings: SurrogateSettings) -> None:
        assert isinstance(settings, Settings)
        self.settings = settings

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Take four blocks whose sequence of decisions is kept, with every option that there is."""
        return isinstance(space, NASNetCells) and space.settings == space.settings.model_copy(update=NEEDED)

    def value(self, spec: Spec) -> float:
        """Return what a candidate is worth, at most the optimum."""
        rows = [row for cell in ("normal", "reduction") for row in spec["network"][cell]["blocks"]]
        try:
            return float(self.values_of(np.array([_numbers(rows)], np.int64))[0])
        except ValueError:
            raise RlsearchError(f"blocks {rows} are no four of the space", where="surrogate nasnet-mock") from None

    def values_of(self, actions: Integers) -> Floats:
        """Return the same of many candidates, (n,), from their decisions (n, 20)."""
        squares = raw(actions) ** 2
        return squares if self.settings.clamp is None else np.clip(squares, LEAST, self.settings.clamp)

    @cached_property
    def optimum(self) -> float:
        """The best value: of all choices of operations, with inputs without gaps and both combinations."""
        chosen = np.array(list(combinations_with_replacement(range(len(OPERATIONS)), 2 * BLOCKS)), np.int64)
        actions = np.zeros((len(chosen), BLOCKS, DECISIONS), np.int64)
        actions[:, :, 2:4] = chosen.reshape(-1, BLOCKS, 2)
        actions[:, 1::2, 4] = 1
        return float(self.values_of(actions.reshape(len(chosen), -1)).max())


def raw(actions: Integers) -> Floats:
    """Return 0.5 + 0.4 hi - 0.1 lo + 0.15 inDiv + 0.1 combVar + 0.15 opDiv + 0.13 sin(pi m / 6.5), (n,).

    hi and lo are the shares of operations whose index is above 8 and below 4, m is their mean index, and opDiv the
    number of different ones over 13. inDiv is the number of different inputs over the largest one plus 1, combVar that
    of different combinations over the 4 blocks.

    Args:
        actions: int64 (n, 20), of each of four blocks two inputs, two operations and a combination.
    """
    blocks = actions.reshape(-1, BLOCKS, DECISIONS)
    inputs, operations = (blocks[:, :, part].reshape(len(blocks), -1) for part in (slice(0, 2), slice(2, 4)))
    return np.asarray(
        0.5
        + 0.4 * (operations > 8).mean(axis=1)
        - 0.1 * (operations < 4).mean(axis=1)
        + 0.15 * (_different(inputs) / (inputs.max(axis=1) + 1))
        + 0.1 * (_different(blocks[:, :, 4]) / BLOCKS)
        + 0.15 * (_different(operations) / len(OPERATIONS))
        + 0.13 * SINES[operations.sum(axis=1)]
    )


def _different(values: Integers) -> NDArray[Any]:
    """Return the number of different values of each row."""
    ordered = np.sort(values, axis=1)
    return np.asarray(1 + (ordered[:, 1:] != ordered[:, :-1]).sum(axis=1))


def _numbers(rows: Any) -> list[int]:
    """Return blocks as decisions.

    Raises:
        ValueError: there are not four, or one names what there is not.
    """
    if len(rows) != BLOCKS:
        raise ValueError(f"{len(rows)} blocks")
    combinations = tuple(COMBINATIONS)
    return [
        number
        for left, right, first, second, combination in rows
        for number in (left, right, OPERATIONS.index(first), OPERATIONS.index(second), combinations.index(combination))
    ]


SETTINGS, SURROGATE = Settings, NASNetMock
TEST_SPACES = {"nasnet-cells": NEEDED}

"""The settings of the space of recurrent cells: how large the tree is, and what its nodes may be."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from rlsearch.config.base import Distinct, SpaceSettings
from rlsearch.tree_cell import ACTIVATIONS, COMBINATIONS

Combination = Literal["add", "mult", "max"]
Activation = Literal["identity", "tanh", "sigmoid", "relu", "sin"]


class RecurrentSettings(SpaceSettings):
    """What a cell is made of; the defaults are those of Zoph & Le (2017).

    `combinations` and `activations` may be given in any order: options come in that of the paper. `injection` fixes
    how c goes in, by any combination and activation there is; null: it is searched like that of a node.
    """

    type: Literal["recurrent-cell"] = "recurrent-cell"
    base: Literal[2, 4, 8] = 8
    combinations: Annotated[tuple[Combination, ...], Field(strict=False, min_length=1), Distinct] = ("add", "mult")
    activations: Annotated[tuple[Activation, ...], Field(strict=False, min_length=1), Distinct] = (
        "identity",
        "tanh",
        "sigmoid",
        "relu",
    )
    injection: Annotated[tuple[Combination, Activation], Field(strict=False)] | None = None

    @field_validator("combinations")
    @classmethod
    def _combinations(cls, names: tuple[Combination, ...]) -> tuple[Combination, ...]:
        # In the paper's order, so that equal settings have equal digests.
        return tuple(sorted(names, key=COMBINATIONS.index))

    @field_validator("activations")
    @classmethod
    def _activations(cls, names: tuple[Activation, ...]) -> tuple[Activation, ...]:
        return tuple(sorted(names, key=ACTIVATIONS.index))

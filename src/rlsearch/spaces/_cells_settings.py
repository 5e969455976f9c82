"""The settings of the space of cells: which blocks, operations and combinations there are, and what is told apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from rlsearch.cell_notation import COMBINATIONS, OPERATIONS
from rlsearch.config.base import Distinct, SpaceSettings

MOST_BLOCKS = 10

Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1), Distinct]


class CellSettings(SpaceSettings):
    """What a cell is made of; the defaults are all operations of Zoph et al. (2018) and two blocks a cell.

    `operations` and `combinations` may be given in any order: options come in that of the paper. `cells: shared` makes
    both cells of one cell's decisions. With `canonical: false` a candidate keeps its sequence of decisions, and
    sequences that mean one network have keys of their own. `inputs: running` counts the blocks on through the
    reduction cell, so that its first block chooses among more states than it has: for surrogates, since no network can
    be built. `wiring: as-published` builds what code of the source builds: every operation reads the cell before, the
    last block of the normal cell is all that counts, and no reduction cell is built.
    """

    naming: ClassVar[frozenset[str]] = frozenset({"canonical"})

    type: Literal["nasnet-cells"] = "nasnet-cells"
    blocks: Annotated[int, Field(ge=1, le=MOST_BLOCKS)] = 2
    operations: Names = OPERATIONS
    combinations: Names = tuple(COMBINATIONS)
    cells: Literal["both", "shared"] = "both"
    canonical: bool = True
    inputs: Literal["per-cell", "running"] = "per-cell"
    wiring: Literal["published", "as-published"] = "published"

    @field_validator("operations")
    @classmethod
    def _operations(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _ordered("operation", names, OPERATIONS)

    @field_validator("combinations")
    @classmethod
    def _combinations(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _ordered("combination", names, COMBINATIONS)

    @model_validator(mode="after")
    def _possible(self) -> CellSettings:
        if self.inputs == "running" and self.canonical:
            raise ValueError(
                "`inputs: running` makes no network, so none are known to be equal; give `canonical: false` beside it"
            )
        if self.inputs == "running" and self.cells == "shared":
            raise ValueError("`inputs: running` counts on into a second cell; give `cells: both`")
        return self


def _ordered(noun: str, names: tuple[str, ...], known: Iterable[str]) -> tuple[str, ...]:
    """Return names in the paper's order, so that equal settings have equal digests."""
    there = tuple(known)
    if unknown := [name for name in names if name not in there]:
        raise ValueError(f"unknown {noun} {unknown[0]!r}; there are {', '.join(there)}")
    return tuple(name for name in there if name in names)

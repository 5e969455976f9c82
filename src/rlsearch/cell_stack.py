"""How cells are stacked into a network, from settings alone: where each stands, what it reads, and of which size.

The rules are those of the published networks (Zoph et al. 2018, figure 2 and appendix A): a stem, then stages of N
normal cells with a reduction cell between them, which halves the maps and doubles the filters. A cell reads h_i, the
output of the cell before it, and h_(i-1), of the one before that; for the first cell the stem is both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from rlsearch.cell_notation import INPUTS, Block, Cell, cell_of

Maps = tuple[int, int, int]
"""(channels, height, width)."""
Wiring = Literal["published", "as-published"]
WIRINGS: tuple[Wiring, ...] = ("published", "as-published")
STEM = 3
"""Filters of the stem for each of the first cell, where the stem's are not given: the paper's CIFAR-10 networks have 96
for 32."""
LIMITS = {
    "filters": (2, 10_000),
    "cells": (1, 100),
    "reductions": (0, 10),
    "stem": (1, 30_000),
    "stem_stride": (1, 100),
}
"""Of each count the smallest and the largest, so that a slip of the pen is a message. A factorized reduction makes two
halves of the filters."""


@dataclass(frozen=True)
class Build:
    """Two cells and how a network is made of them; `networks.nasnet` says what each of it means.

    Raises:
        ValueError: no network can be made so.
    """

    normal: Cell
    reduction: Cell
    filters: int
    cells: int
    reductions: int
    stem: int | None
    stem_stride: int
    drop_path: float
    auxiliary: float
    wiring: Wiring

    def __post_init__(self) -> None:
        if self.wiring not in WIRINGS:
            raise ValueError(f"nasnet has no wiring {self.wiring!r}; allowed: {', '.join(WIRINGS)}")
        for name, (least, most) in LIMITS.items():
            value = self.stem_filters if name == "stem" else getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise ValueError(f"nasnet needs {name} as a whole number from {least} to {most}, got {value!r}")
        if not _number(self.drop_path) or not 0 <= self.drop_path < 1:
            raise ValueError(
                f"nasnet needs drop_path from 0 to below 1, got {self.drop_path!r}: at 1 nothing is left of the last"
                " cell; the paper's networks have about 0.3"
            )
        if not _number(self.auxiliary) or not 0 <= self.auxiliary < math.inf:
            raise ValueError(f"nasnet needs auxiliary, a weight, of at least 0, got {self.auxiliary!r}")
        if self.auxiliary and not self.built_reductions:
            raise ValueError(
                "nasnet has its auxiliary head before the last reduction, and this network has none: set auxiliary to"
                " 0, or reductions to at least 1 (with wiring published)"
            )

    @property
    def built_reductions(self) -> int:
        """How many reduction cells are built: none as published."""
        return self.reductions if self.wiring == "published" else 0

    @property
    def stem_filters(self) -> int:
        """Filters of the stem."""
        return STEM * self.filters if self.stem is None else self.stem

    @property
    def head_after(self) -> int | None:
        """The number of the cell (from 0) whose output the auxiliary head reads; None: there is no such head."""
        if not self.auxiliary:
            return None
        return self.built_reductions * (self.cells + 1) - 2


def build_of(normal: Mapping[str, Any] | None, reduction: Mapping[str, Any] | None, **options: Any) -> Build:
    """Return the build of two plain cells (`Cell.plain`).

    Raises:
        ValueError: a cell is missing or none, or no network can be made so.
    """
    if not normal or not reduction:
        raise ValueError("nasnet needs a spec with a normal and a reduction cell")
    return Build(cell_of(normal), cell_of(reduction), **options)


@dataclass(frozen=True)
class Place:
    """A cell where it stands in a network.

    Attributes:
        cell: with the blocks that are built. filters: of each operation. stride: 2 of a reduction.
        current, previous: the maps of h_i and of h_(i-1), as they come.
        first: h_(i-1) is taken as it comes, whatever its channels: the stem's output, in the first cell.
    """

    cell: Cell
    filters: int
    stride: int
    current: Maps
    previous: Maps
    first: bool

    @cached_property
    def reached(self) -> frozenset[int]:
        """The states that the output is made of, directly or through blocks; nothing else is built."""
        reached = set(self.cell.output)
        for number in reversed(range(len(self.cell.blocks))):
            if number + INPUTS in reached:
                reached |= {state for state, _ in self.cell.blocks[number].operands}
        return frozenset(reached)

    @cached_property
    def states(self) -> tuple[Maps, ...]:
        """The maps of all states, of which the first two have the size of h_i."""
        channels, size = self.filters, self.current[1:]
        states: list[Maps] = [(channels, *size), (self.previous[0] if self.first else channels, *size)]
        for block in self.cell.blocks:
            states.append((channels * (2 if block.combination == "concat" else 1), *self.size))
        return tuple(states)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the blocks and of the output: a stride rounds up."""
        return strided(self.current[1:], self.stride)

    def stride_on(self, state: int) -> int:
        """Return the stride of an operation on a state: a reduction halves what the cell is given, once."""
        return self.stride if state < INPUTS else 1

    def fitted(self, state: int) -> bool:
        """Tell whether a state has to be brought to the cell's filters and size before it can be part of its output.

        Only one of the cell's own inputs: blocks have the size already, and are concatenated as wide as they are.
        """
        return state < INPUTS and self.states[state] != (self.filters, *self.size)

    @property
    def output(self) -> Maps:
        """The maps of the cell's output: its output states, concatenated."""
        channels = (self.filters if self.fitted(state) else self.states[state][0] for state in self.cell.output)
        return (sum(channels), *self.size)


def places(build: Build, shape: Maps) -> list[Place | None]:
    """Return the cells of a network in order, None for a cell whose output nothing reads: it is not built.

    A cell that reads h_(i-1) alone makes the cell before it one of these, unless the auxiliary head reads that.

    Raises:
        ValueError: images are too small to be halved so often; the message names the smallest size.
    """
    _, height, width = shape
    smallest = (2**build.built_reductions - 1) * build.stem_stride + 1
    if min(height, width) < smallest:
        raise ValueError(
            f"nasnet with {build.built_reductions} reductions and a stem of stride {build.stem_stride} needs images of"
            f" at least {smallest}x{smallest} pixels, got {height}x{width}"
        )
    stem = (build.stem_filters, *strided((height, width), build.stem_stride))
    maps, made = [stem, stem], list[Place]()
    for number, (cell, stride) in enumerate(_order(build)):
        filters = made[-1].filters * stride if made else build.filters
        made.append(Place(cell, filters, stride, maps[-1], maps[-2], first=not number))
        maps.append(made[-1].output)
    read = _read(made, build.head_after)
    return [place if number in read else None for number, place in enumerate(made)]


def strided(size: tuple[int, int], stride: int) -> tuple[int, int]:
    """Return height and width after a stride, rounded up."""
    return -(-size[0] // stride), -(-size[1] // stride)


def _order(build: Build) -> list[tuple[Cell, int]]:
    """Return the cells of a network with their strides."""
    if build.wiring == "as-published":
        # One stage, of what is left of the normal cell: both operations of its last block, on the cell before.
        last = build.normal.blocks[-1]
        return [(Cell((Block(0, 0, last.first, last.second, last.combination),)), 1)] * build.cells
    stage = [(build.normal, 1)] * build.cells
    return stage + [(build.reduction, 2), *stage] * build.reductions


def _read(made: list[Place], head_after: int | None) -> set[int]:
    """Return the numbers of the cells whose outputs are read: by a cell that is, by a head, or as the last."""
    read = {len(made) - 1} | ({head_after} if head_after is not None else set())
    for number in reversed(range(len(made))):
        if number in read:
            # State 0 is the output of the cell before, state 1 of the one before that.
            read |= {number - 1 - state for state in range(INPUTS) if state in made[number].reached}
    return read


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

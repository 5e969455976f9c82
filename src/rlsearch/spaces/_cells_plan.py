"""The decisions of the space of cells: five a block, the normal cell before the reduction cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rlsearch.cell_notation import INPUTS
from rlsearch.spaces._cells_canonical import Row, Rows
from rlsearch.spaces._cells_settings import CellSettings
from rlsearch.spaces.base import Actions, Choice

CELLS = NORMAL, REDUCTION = "normal", "reduction"
DECISIONS = 5
"""Decisions of a block: left input, right input, first operation, second operation, combination."""


def plan(settings: CellSettings) -> list[Choice]:
    """Return the decisions of a candidate; of `cells: shared`, those of the one cell.

    Decisions of one kind ("input", "operation", "combination") mean the same in every block; `place` is the number of
    the block, counted over both cells.
    """
    names = [""] if settings.cells == "shared" else [f"{cell} " for cell in CELLS]
    return [choice for number, name in enumerate(names) for choice in _cell(settings, number, name)]


def rows_of(settings: CellSettings, actions: Actions) -> tuple[Rows, Rows]:
    """Return the blocks of both cells as they are decided, as numbers."""
    rows = tuple(_rows(list(map(int, actions))))
    return rows[: settings.blocks], rows[-settings.blocks :]


def actions_of(settings: CellSettings, network: Mapping[str, Any]) -> Actions | None:
    """Return decisions that name the blocks of a spec's cells, whatever else it says; None where none do."""
    operations = {name: number for number, name in enumerate(settings.operations)}
    if "identity" in operations:
        operations.setdefault("conv-1x1", operations["identity"])  # a 1x1 is what an identity may have to be
    combinations = {name: number for number, name in enumerate(settings.combinations)}
    cells = [network[name]["blocks"] for name in CELLS[: 1 if settings.cells == "shared" else 2]]
    actions: list[int] = []
    for left, right, first, second, combination in (row for cell in cells for row in cell):
        if not {first, second} <= operations.keys() or combination not in combinations:
            return None
        actions += [int(left), int(right), operations[first], operations[second], combinations[combination]]
    sizes = [len(decision.options) for decision in plan(settings)]
    fits = len(sizes) == len(actions) and all(action < size for action, size in zip(actions, sizes, strict=True))
    return tuple(actions) if fits else None


def _cell(settings: CellSettings, cell: int, name: str) -> Iterator[Choice]:
    first = cell * settings.blocks
    before = first if settings.inputs == "running" else 0
    for block in range(settings.blocks):
        states = tuple(range(INPUTS + before + block))
        for decision, kind, options in (
            ("left input", "input", states),
            ("right input", "input", states),
            ("first operation", "operation", settings.operations),
            ("second operation", "operation", settings.operations),
            ("combination", "combination", settings.combinations),
        ):
            groups = tuple(map(_group, settings.operations)) if kind == "operation" else ()
            free = (True,) * len(options)
            yield Choice(f"{name}block {block + 1} {decision}", options, free, kind, first + block, groups=groups)


def _group(operation: str) -> str:
    """Return what an operation is, for figures of what is chosen.

    >>> _group("conv-1x7-7x1"), _group("max-pool-3x3"), _group("separable-conv-3x3"), _group("identity")
    ('convolution', 'pool', 'separable', 'identity')
    """
    if operation.startswith("separable"):
        return "separable"
    if "pool" in operation:
        return "pool"
    return "convolution" if "conv" in operation else operation


def _rows(digits: Sequence[int]) -> Iterator[Row]:
    for start in range(0, len(digits), DECISIONS):
        left, right, first, second, combination = digits[start : start + DECISIONS]
        yield left, right, first, second, combination

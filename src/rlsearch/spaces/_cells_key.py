"""What a spec of cells says, as numbers that are the same in every space: what keys are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from rlsearch.cell_notation import COMBINATIONS, INPUTS, OPERATIONS
from rlsearch.spaces._cells_canonical import Codes, Row, Rows, form
from rlsearch.spaces._cells_plan import CELLS, NORMAL, REDUCTION

AS_PUBLISHED = "as-published"


def codes(operations: Sequence[str], combinations: Sequence[str], strided: bool) -> Codes:
    """Return what numbers mean that are places in these lists."""

    def place(name: str, names: Sequence[str]) -> int:
        return names.index(name) if name in names else -1

    identity, conv = (place(name, operations) for name in ("identity", "conv-1x1"))
    return Codes(identity, conv, place("concat", combinations), strided)


def as_decided(network: Mapping[str, Any]) -> list[Any]:
    """Return what tells two specs apart that are kept as they were decided."""
    cells = [(_numbers(network[name]), list(map(int, network[name]["output"]))) for name in CELLS]
    return [cells, *_other(network)]


def as_built(network: Mapping[str, Any]) -> list[Any]:
    """Return what tells two networks apart that are built."""
    if network.get("wiring") == AS_PUBLISHED:
        return [last_block(_numbers(network[NORMAL])), *_other(network)]
    forms = [
        form(*_reached(_numbers(network[name]), network[name]["output"]), _CODES[name == REDUCTION]) for name in CELLS
    ]
    return [[(made.rows, made.output) for made in forms], *_other(network)]


def last_block(rows: Rows) -> Row:
    """Return all that counts under `wiring: as-published`: what the last block does to the cell before, in one order.

    Sums do not depend on the order of the operands, and of concatenations it only names the channels.
    """
    _, _, first, second, combination = rows[-1]
    return 0, 0, min(first, second), max(first, second), combination


def _numbers(cell: Mapping[str, Any]) -> Rows:
    return tuple(
        (int(left), int(right), _OPERATION[first], _OPERATION[second], _COMBINATION[combination])
        for left, right, first, second, combination in cell["blocks"]
    )


def _reached(rows: Rows, output: Sequence[int]) -> tuple[Rows, tuple[int, ...]]:
    """Return the blocks that the output is made of, all that is built, and the states of the output among them."""
    reached = {int(state) for state in output}
    for state in reversed(range(INPUTS, INPUTS + len(rows))):
        reached |= {*rows[state - INPUTS][:2]} if state in reached else set()
    kept = [state for state in range(INPUTS, INPUTS + len(rows)) if state in reached]
    names = {**dict(enumerate(range(INPUTS))), **{state: number for number, state in enumerate(kept, INPUTS)}}
    blocks = (rows[state - INPUTS] for state in kept)
    renamed = tuple((names[left], names[right], *rest) for left, right, *rest in blocks)
    return cast("Rows", renamed), tuple(names[int(state)] for state in output)


def _other(network: Mapping[str, Any]) -> list[Any]:
    filters = network.get("filters")
    return [None if filters is None else int(filters), network.get("wiring")]


_OPERATION = {name: number for number, name in enumerate(OPERATIONS)}
_COMBINATION = {name: number for number, name in enumerate(COMBINATIONS)}
_CODES = [codes(OPERATIONS, tuple(COMBINATIONS), strided) for strided in (False, True)]

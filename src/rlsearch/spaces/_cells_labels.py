"""Labels of pairs of cells: "normal 0.sep3+1.id; reduction 0.max3|1.max3"; of two that are alike, "both ..."."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.cell_notation import Block, read, unused
from rlsearch.cell_stack import LIMITS
from rlsearch.spaces._cells_key import AS_PUBLISHED
from rlsearch.spaces._cells_plan import CELLS

BOTH, FILTERS = "both", "filters"


def write(network: Mapping[str, Any]) -> str:
    """Return the label of the network of a spec: the cells, then the filters and the wiring where it tells them."""
    normal, reduction = (_text(network[name]) for name in CELLS)
    cells = [f"{BOTH} {normal}"] if normal == reduction else [f"{CELLS[0]} {normal}", f"{CELLS[1]} {reduction}"]
    filters = [f"{FILTERS} {int(network[FILTERS])}"] if FILTERS in network else []
    return "; ".join([*cells, *filters, *([AS_PUBLISHED] if network.get("wiring") == AS_PUBLISHED else [])])


def network_of(text: str) -> dict[str, Any]:
    """Return the network of the spec that a label names.

    Raises:
        ValueError: it names none.
    """
    found: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, rest = part.partition(" ")
        if part == AS_PUBLISHED:
            named: dict[str, Any] = {"wiring": part}
        elif name == FILTERS and rest.isdecimal():
            named = {name: _filters(int(rest))}
        elif name in (BOTH, *CELLS):
            named = {cell: read(rest).plain() for cell in CELLS if name in (BOTH, cell)}
        else:
            raise ValueError(f"{part!r} is none of {', '.join([*CELLS, BOTH])} with a cell, {FILTERS} with a number")
        if twice := found.keys() & named.keys():
            raise ValueError(f"it names the {min(twice)} twice")
        found |= named
    if missing := [name for name in CELLS if name not in found]:
        raise ValueError(
            f"there is no {missing[0]} cell; a network has both: normal 0.sep3+1.id; reduction 0.max3+1.id"
        )
    return found


def _text(plain: Mapping[str, Any]) -> str:
    """Return the text of a cell, also of one whose blocks name states of another cell (`inputs: running`)."""
    blocks = [Block(int(left), int(right), *names) for left, right, *names in plain["blocks"]]
    output, rest = tuple(map(int, plain["output"])), unused([(block.left, block.right) for block in blocks])
    outside = f" > {' '.join(map(str, output))}" if output and output != rest else ""
    return ", ".join(map(str, blocks)) + outside


def _filters(number: int) -> int:
    least, most = LIMITS[FILTERS]
    if not least <= number <= most:
        raise ValueError(f"{FILTERS} has to be {least} to {most}, got {number}")
    return number

"""Random cells, and random options of the network that is stacked of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlsearch.cell_notation import COMBINATIONS, OPERATIONS, Block, Cell

NORMAL = "0.sep5+1.sep3, 1.sep5+1.sep3, 0.avg3+1.id, 1.avg3+1.avg3, 0.sep3+0.id"
REDUCTION = "0.sep5+1.sep7, 0.max3+1.sep7, 0.avg3+1.sep5, 3.id+2.avg3, 2.sep3+0.max3"
"""NASNet-A (Zoph et al. 2018, figure 4); "> 1 2 3 4 5 6" and "> 3 4 5 6" are the outputs of its published code."""


def cell(rng: np.random.Generator) -> Cell:
    """Return a cell of 1 to 5 blocks, whose output is now and then not just its unused blocks."""
    blocks = []
    for number in range(int(rng.integers(1, 6))):
        states = (int(state) for state in rng.integers(0, 2 + number, 2))
        operations = (OPERATIONS[int(index)] for index in rng.integers(0, len(OPERATIONS), 2))
        blocks.append(Block(*states, *operations, str(rng.choice(list(COMBINATIONS)))))
    output = np.flatnonzero(rng.random(2 + len(blocks)) < 0.5).tolist() if rng.random() < 0.3 else []
    return Cell(tuple(blocks), tuple(output))


def options(rng: np.random.Generator) -> dict[str, Any]:
    """Return a pair of cells and how they are stacked, with few filters."""
    chosen: dict[str, Any] = {"normal": cell(rng).plain(), "reduction": cell(rng).plain()}
    for name, low, high in (("filters", 2, 6), ("cells", 1, 3), ("reductions", 0, 3), ("stem", 1, 9)):
        chosen[name] = int(rng.integers(low, high))
    if rng.random() < 0.15:
        chosen["wiring"] = "as-published"
    elif chosen["reductions"] and rng.random() < 0.4:
        chosen["auxiliary"] = 0.4
    return chosen

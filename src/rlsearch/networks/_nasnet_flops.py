"""FLOPs of a network of two cells from its spec alone: settings need no torch."""

from __future__ import annotations

from typing import Any

from rlsearch.cell_costs import costs
from rlsearch.cell_stack import Maps


def forward_flops(input_shape: Maps, classes: int, *cells: Any, **options: Any) -> int:
    """Return the FLOPs of one forward pass of one sample in training, without building the network.

    The auxiliary head counts, and paths that drop-path may leave out count in full.

    Raises:
        ValueError: as the network does.
    """
    return costs(input_shape, classes, *cells, **options).flops

"""Recurrent cells for tests: random trees, and the layers that are built of them."""

from __future__ import annotations

import random

import torch

from rlsearch.networks._recurrent_cells import Recurrent, build
from rlsearch.tree_cell import ACTIVATIONS, COMBINATIONS, TreeCell


def tree(rng: random.Random, base: int, *, published: bool = True) -> TreeCell:
    """Return a random tree, of the paper's combinations and activations or of all."""
    combinations, activations = (COMBINATIONS[:2], ACTIVATIONS[:4]) if published else (COMBINATIONS, ACTIVATIONS)
    nodes = tuple((rng.choice(combinations), rng.choice(activations)) for _ in range(2 * base))
    return TreeCell(base, nodes[:-1], nodes[-1], rng.randrange(2 * base - 1), rng.randrange(2 * base - 1))


def double(cell: str | TreeCell, inputs: int, width: int, bias: str = "recurrent", dropout: float = 0.0) -> Recurrent:
    """Return a layer in float64."""
    plain = cell if isinstance(cell, str) else cell.plain()
    return build(plain, inputs, width, bias, dropout).double()


def filled(layer: Recurrent, ih: torch.Tensor | float, hh: torch.Tensor | float) -> Recurrent:
    """Return the layer with these weights, given row by row."""
    with torch.no_grad():
        for weight, values in ((layer.weight_ih, ih), (layer.weight_hh, hh)):
            weight.copy_(torch.as_tensor(values, dtype=weight.dtype).expand(weight.numel()).view_as(weight))
    return layer

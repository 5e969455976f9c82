"""Random recurrent cells, and what one computes, written down a second time: slowly, and with derivatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlsearch.tree_cell import ACTIVATIONS, BASES, COMBINATIONS, TreeCell

Floats = NDArray[np.float64]
Dual = tuple[Floats, Floats]
"""A value and its derivative in one direction of all weights, inputs and biases."""
PUBLISHED = COMBINATIONS[:2], ACTIVATIONS[:4]


def tree(
    rng: np.random.Generator,
    base: int | None = None,
    names: tuple[tuple[str, ...], tuple[str, ...]] = (COMBINATIONS, ACTIVATIONS),
) -> TreeCell:
    """Return a random cell, of any base where none is given."""
    base = base or BASES[rng.integers(len(BASES))]
    count = 2 * base - 1
    first, second = (rng.integers(len(those), size=count + 1).tolist() for those in names)
    *nodes, inject = ((names[0][one], names[1][other]) for one, other in zip(first, second, strict=True))
    return TreeCell(base, tuple(nodes), inject, *rng.integers(count, size=2).tolist())


def exchanged(cell: TreeCell, rng: np.random.Generator) -> TreeCell:
    """Return the cell with the branches below some of its nodes exchanged."""
    rows = [[cell.root]]
    while (row := rows[-1])[0] >= cell.base:
        pairs = [[2 * (node - cell.base), 2 * (node - cell.base) + 1] for node in row]
        rows.append([int(node) for pair in pairs for node in rng.permutation(pair)])
    order = [node for row in reversed(rows) for node in row]
    nodes = tuple(cell.nodes[node] for node in order)
    return TreeCell(cell.base, nodes, cell.inject, order.index(cell.c_from), order.index(cell.c_into))


def weights(rng: np.random.Generator, base: int, width: int, *, bias: bool) -> list[tuple[Dual, Dual, Dual]]:
    """Return W_k, U_k and the bias of every leaf, with a direction for each; no bias is one of zeros."""

    def drawn(*shape: int) -> Dual:
        # As wide as they are: products of products stay within what a double holds.
        return rng.normal(size=shape) / width**0.5, rng.normal(size=shape)

    nothing = np.zeros(width), np.zeros(width)
    return [(drawn(width, width), drawn(width, width), drawn(width) if bias else nothing) for _ in range(base)]


def step(cell: TreeCell, leaves: list[tuple[Dual, Dual, Dual]], x: Dual, h: Dual, c: Dual) -> tuple[Dual, Dual]:
    """Return h and c after a step: node = activation(combination(left, right)), as the issue's facts have it."""
    values, kept = list[Dual](), c
    for number, (combination, activation) in enumerate(cell.nodes):
        if number < cell.base:
            w, u, b = leaves[number]
            left, right = _product(w, x), _combined("add", _product(u, h), b)
        else:
            left, right = values[2 * (number - cell.base)], values[2 * (number - cell.base) + 1]
        value = _combined(combination, left, right)
        kept = value if number == cell.c_from else kept
        value = _activated(activation, value)
        if number == cell.c_into:
            value = _activated(cell.inject[1], _combined(cell.inject[0], value, c))
        values.append(value)
    return values[-1], kept


def learns(cell: TreeCell, rng: np.random.Generator, *, bias: bool = False, width: int = 8, steps: int = 10) -> bool:
    """Tell whether some h depends on anything from a state of zeros on, by a derivative in a random direction."""
    leaves = weights(rng, cell.base, width, bias=bias)
    h: Dual = (np.zeros(width), np.zeros(width))
    c = h
    for _ in range(steps):
        h, c = step(cell, leaves, (rng.normal(size=width), rng.normal(size=width)), h, c)
        if h[1].any():
            return True
    return False


def _product(matrix: Dual, vector: Dual) -> Dual:
    return matrix[0] @ vector[0], matrix[1] @ vector[0] + matrix[0] @ vector[1]


def _combined(name: str, one: Dual, other: Dual) -> Dual:
    if name == "add":
        return one[0] + other[0], one[1] + other[1]
    if name == "mult":
        return one[0] * other[0], one[1] * other[0] + one[0] * other[1]
    first = one[0] >= other[0]
    return np.where(first, one[0], other[0]), np.where(first, one[1], other[1])


def _activated(name: str, of: Dual) -> Dual:
    value, slope = of
    if name == "tanh":
        return np.tanh(value), slope * (1 - np.tanh(value) ** 2)
    if name == "sigmoid":
        made = 0.5 + 0.5 * np.tanh(value / 2)
        return made, slope * made * (1 - made)
    if name == "relu":
        return np.maximum(value, 0), slope * (value > 0)
    return (np.sin(value), slope * np.cos(value)) if name == "sin" else of

"""A network for tests, made of a recurrent cell: it reads the rows of an image one after the other.

One product a leaf, word for word as the tree says; what is searched is trained with `recurrent-lm`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rlsearch.tree_cell import cell_of, children

COMBINED: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add,
    "mult": torch.mul,
    "max": torch.maximum,
}
ACTIVATED: Mapping[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda value: value,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "sin": torch.sin,
}


class TreeNetwork(nn.Module):
    """Images (n, 1, steps, features) to (n, outputs); a cell that is named is a sum and a tanh."""

    def __init__(self, input_shape: tuple[int, ...], outputs: int, cell: Mapping[str, Any] | str, width: int = 4):
        super().__init__()
        self.cell = None if isinstance(cell, str) else cell_of(cell)
        leaves = 1 if self.cell is None else self.cell.base
        self.width = width
        self.inputs = nn.ModuleList(nn.Linear(input_shape[-1], width, bias=False) for _ in range(leaves))
        self.recurrent = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(leaves))
        self.head = nn.Linear(width, outputs)

    def forward(self, images: Tensor) -> Tensor:
        h = images.new_zeros(len(images), self.width)
        c = h
        for x in images[:, 0].unbind(1):
            h, c = self._step(x, h, c)
        answer: Tensor = self.head(h)
        return answer

    def _step(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        pairs = [(one(x), other(h)) for one, other in zip(self.inputs, self.recurrent, strict=True)]
        if self.cell is None:
            return torch.tanh(pairs[0][0] + pairs[0][1]), c
        values, kept = list[Tensor](), c
        for number, (combination, activation) in enumerate(self.cell.nodes):
            below = children(self.cell.base, number)
            left, right = pairs[number] if below is None else (values[below[0]], values[below[1]])
            value = COMBINED[combination](left, right)
            kept = value if number == self.cell.c_from else kept
            value = ACTIVATED[activation](value)
            if number == self.cell.c_into:
                combination, activation = self.cell.inject
                value = ACTIVATED[activation](COMBINED[combination](value, c))
            values.append(value)
        return values[-1], kept


NETWORK = TreeNetwork

"""A cell that is a tree, written down as simply as can be: one product a leaf and a step, and torch's own gradients.

What the package's loop is measured against (`recurrent_cells.py`), and what tests hold it to.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rlsearch.networks._recurrent_cells import Recurrent
from rlsearch.tree_cell import TreeCell

COMBINE = {"add": torch.add, "mult": torch.mul, "max": torch.maximum}
ACTIVATE = {
    "identity": lambda value: value,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "sin": torch.sin,
}


class PlainTree(nn.Module):
    """The weights of a layer of the package as one W, U and bias a leaf, with the same call.

    Args:
        layer: of a tree whose leaves are all built.
    """

    def __init__(self, cell: TreeCell, layer: Recurrent) -> None:
        super().__init__()
        self.cell, self.width = cell, layer.width
        self.w, self.u = (_each(part, cell.base) for part in (layer.weight_ih, layer.weight_hh))
        self.b = None if layer.bias_hh is None else _each(layer.bias_hh, cell.base)

    def forward(self, inputs: Tensor, state: tuple[Tensor, ...] | None = None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return outputs (n, time, width) and the state after the last step."""
        zeros = inputs.new_zeros(inputs.shape[0], self.width)
        h, c = state or (zeros, zeros)
        outputs = []
        for x in inputs.unbind(1):
            h, c = self.step(x, h, c)
            outputs.append(h)
        return torch.stack(outputs, 1), (h, c)

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Return h and c after one step."""
        cell, values, after = self.cell, list[Tensor](), c
        for number, (combination, activation) in enumerate(cell.nodes):
            if number < cell.base:
                left, right = x @ self.w[number].t(), h @ self.u[number].t()
                right = right if self.b is None else right + self.b[number]
            else:
                below = 2 * (number - cell.base)
                left, right = values[below], values[below + 1]
            value = COMBINE[combination](left, right)
            after = value if number == cell.c_from else after
            value = ACTIVATE[activation](value)
            if number == cell.c_into:
                value = ACTIVATE[cell.inject[1]](COMBINE[cell.inject[0]](value, c))
            values.append(value)
        return values[-1], after

    def gradients(self) -> list[Tensor]:
        """Return the gradients as the layer has them: of W, of U and, if there is one, of the bias."""
        parts = [self.w, self.u, *([] if self.b is None else [self.b])]
        return [torch.cat([torch.zeros_like(p) if p.grad is None else p.grad for p in part]) for part in parts]


def _each(rows: Tensor, count: int) -> nn.ParameterList:
    return nn.ParameterList([nn.Parameter(part.detach().clone()) for part in rows.chunk(count)])

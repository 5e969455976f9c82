"""The elementwise operations of recurrent cells, and the gradients of their operands."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

BINARY: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mult": torch.mul,
    "max": torch.maximum,
}
UNARY: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "sin": torch.sin,
}
_aten = torch.ops.aten
SLOPES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "tanh": lambda slope, before, after: _aten.tanh_backward.default(slope, after),
    "sigmoid": lambda slope, before, after: _aten.sigmoid_backward.default(slope, after),
    "relu": lambda slope, before, after: _aten.threshold_backward.default(slope, after, 0),
    "sin": lambda slope, before, after: slope * torch.cos(before),
}
"""The gradient of an operand, from that of the result, the operand and the result."""


def shares(operation: str, slope: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients of the two operands of a combination, from that of the result and the operands."""
    if operation == "mult":
        return slope * second, slope * first
    if operation == "max":
        # Half to each where they are equal, as torch has it.
        one = slope * torch.heaviside(first - second, slope.new_tensor(0.5))
        return one, slope - one
    return slope, -slope if operation == "sub" else slope

"""A cell's program over a whole sequence, with a backward pass of its own.

Torch's would record every elementwise step, and add to the gradient of U after every time step. Here the gradients of
all steps' products are kept, and that of U is one product at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from rlsearch.networks._cell_operations import BINARY, SLOPES, UNARY, shares
from rlsearch.networks._cell_program import Program

Registers = list[Tensor]
"""Tensors (n, width), in the order of `Program`."""


@dataclass(frozen=True)
class Weights:
    """What the recurrent product is made of, all gates.

    Attributes:
        matrix: U (gates * width, width). bias: (gates * width,), or None.
        mask: what h is multiplied by before (n, width), or None.
    """

    matrix: Tensor
    bias: Tensor | None = None
    mask: Tensor | None = None

    def to(self, dtype: torch.dtype) -> Weights:
        """Return the same in a type."""
        return Weights(*(None if part is None else part.to(dtype) for part in self.parts))  # type: ignore[arg-type]

    @property
    def parts(self) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Return all three."""
        return self.matrix, self.bias, self.mask

    def masked(self, h: Tensor) -> Tensor:
        """Return what is multiplied by U."""
        return h if self.mask is None else h * self.mask

    def product(self, h: Tensor, turned: Tensor) -> Tensor:
        """Return U h of all gates with its bias, from h and the transpose of U."""
        read = self.masked(h)
        return torch.mm(read, turned) if self.bias is None else torch.addmm(self.bias, read, turned)


def sequence(
    program: Program, inputs: Tensor, state: tuple[Tensor, Tensor], weights: Weights
) -> tuple[Tensor, Tensor | None]:
    """Return h and c after each time step, (time, n, width); c is None of a cell that has none.

    Args:
        program: of the cell.
        inputs: W x of all gates, (time, n, gates * width).
        state: h and c before the first step, (n, width); c is not read where the cell has none.
        weights: of the recurrent product.
    """
    # Under autocast the product that made the inputs is in the smaller type, and so is all that follows.
    h, c = (part.to(inputs.dtype) for part in state)
    weights = weights.to(inputs.dtype)
    # What is exported or compiled has no backward pass.
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        found: tuple[Tensor, Tensor | None] = _Recurrence.apply(program, inputs, h, c, *weights.parts)
        return found
    return _forward(program, inputs, (h, c), weights)


def _forward(
    program: Program,
    inputs: Tensor,
    state: tuple[Tensor, Tensor],
    weights: Weights,
    kept: list[Registers] | None = None,
) -> tuple[Tensor, Tensor | None]:
    """Return h and c of all time steps; what the backward pass needs is added to `kept`."""
    h, c = state
    functions: dict[str, Callable[..., Tensor]] = {**BINARY, **UNARY}
    steps = [(functions[op], op in UNARY, result, first, second) for op, result, first, second in program.steps]
    # Copied once, each product is a fifth faster than with a view.
    unread, turned = program.unread, weights.matrix.t().contiguous()
    hs, cs, room = list[Tensor](), list[Tensor](), [h] * len(steps)
    for entering in inputs.unbind(0):
        values = [*entering.chunk(program.gates, 1), *weights.product(h, turned).chunk(program.gates, 1), h, c, *room]
        for function, alone, result, first, second in steps:
            values[result] = function(values[first]) if alone else function(values[first], values[second])
        h = values[program.h]
        hs.append(h)
        if program.c is not None:
            c = values[program.c]
            cs.append(c)
        if kept is not None:
            for register in unread:
                values[register] = h
            kept.append(values)
    return torch.stack(hs), torch.stack(cs) if cs else None


class _Recurrence(Function):
    """`_forward` with its gradients, which can be asked for once."""

    @staticmethod
    def forward(
        ctx: Any,
        program: Program,
        inputs: Tensor,
        h: Tensor,
        c: Tensor,
        matrix: Tensor,
        bias: Tensor | None,
        mask: Tensor | None,
    ) -> tuple[Tensor, Tensor | None]:
        """Return h and c of all time steps."""
        ctx.program, ctx.kept, ctx.biased = program, [], bias is not None
        ctx.save_for_backward(matrix, mask)
        ctx.set_materialize_grads(False)
        return _forward(program, inputs, (h, c), Weights(matrix, bias, mask), ctx.kept)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_h: Tensor | None, of_c: Tensor | None) -> Any:
        """Return the gradients of inputs, h, c, U and its bias."""
        matrix, mask = ctx.saved_tensors
        if not ctx.kept:
            raise RuntimeError("the gradients of a recurrent cell can be asked for once: what they need is freed then")
        kept, ctx.kept = ctx.kept, []
        products, inputs, before, h, c = _backward(ctx.program, kept, (of_h, of_c), Weights(matrix, None, mask))
        flat = products.flatten(0, 1)
        bias = flat.sum(0) if ctx.biased else None
        return None, inputs, h, c, flat.t() @ before.flatten(0, 1), bias, None


def _backward(
    program: Program, kept: list[Registers], outer: tuple[Tensor | None, Tensor | None], weights: Weights
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return the gradients of U h and of W x of all time steps, what U was multiplied by, and the gradients of h and c.

    What was kept of a time step is freed as it is gone through.
    """
    gates, past = program.gates, 2 * program.gates
    zeros, time = torch.zeros_like(kept[0][past]), len(kept)
    products = zeros.new_empty(time, len(zeros), len(weights.matrix))
    inputs = torch.empty_like(products) if program.separate else products
    before = zeros.new_empty(time, *zeros.shape)
    of_h, of_c = outer
    h = c = zeros
    for at in reversed(range(time)):
        values = kept.pop()
        h = h if of_h is None else h + of_h[at]
        c = c if of_c is None else c + of_c[at]
        slopes = [zeros if slope is None else slope for slope in _slopes(program, values, h, c)]
        torch.cat(slopes[gates:past], 1, out=products[at])
        if program.separate:
            torch.cat(slopes[:gates], 1, out=inputs[at])
        before[at] = weights.masked(values[past])
        h, c = weights.masked(torch.mm(products[at], weights.matrix)) + slopes[past], slopes[past + 1]
    return products, inputs, before, h, c


def _slopes(program: Program, values: Registers, h: Tensor, c: Tensor) -> list[Tensor | None]:
    """Return the gradients of all registers of a time step, from those of its h and c; None: zero."""
    slopes: list[Tensor | None] = [None] * program.registers
    slopes[program.h] = h
    if program.c is not None:
        slopes[program.c] = c if program.c != program.h else h + c
    for operation, result, first, second in reversed(program.steps):
        slope = slopes[result]
        if slope is None:
            continue
        if operation in UNARY:
            one = SLOPES[operation](slope, values[first], values[result])
        else:
            one, other = shares(operation, slope, values[first], values[second])
            known = slopes[second]
            slopes[second] = other if known is None else known + other
        known = slopes[first]
        slopes[first] = one if known is None else known + one
    return slopes

"""Recurrent cells as modules that are called as torch's: (n, time, features) and a state to outputs and a state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rlsearch.networks import _cell_program as programs
from rlsearch.networks._cell_loop import Weights, sequence
from rlsearch.networks._named_cells import Bias, CellForm, check_bias, form_of

State = tuple[Tensor, ...]
"""h and, of a cell that has one, c: each (n, width)."""
BIAS_RANGE = 0.1
"""A bias starts in U(-0.1, 0.1): a cell of products alone would be zero, and stay so, from a state of zeros."""


def build(
    cell: str | Mapping[str, Any], inputs: int, width: int, bias: Bias = "recurrent", dropout: float = 0.0
) -> Recurrent:
    """Return a layer of a cell.

    Weights are drawn as torch's recurrent layers draw theirs, from U(-1, 1) / sqrt(width).

    Args:
        cell: its name, or a tree (`TreeCell.plain`).
        inputs, width: features of x and of h.
        bias: of the recurrent products, or "none" as published.
        dropout: rate at which units of h do not enter the next step's product: one mask for a sequence and a window
            (Gal & Ghahramani 2016).

    Raises:
        ValueError: there is no such cell or bias.
    """
    check_bias(bias)
    form = form_of(cell)
    made = Highway if form.name == "rhn" else Elementwise
    return made(form, inputs, width, bias == "recurrent", dropout)


class Recurrent(nn.Module):
    """What the cells share: one product of the whole input, the state, and how a window is read.

    Attributes:
        weight_ih: W of all gates, (gates * width, inputs), the gates in the order of the cell's leaves.
        weight_hh: U of all gates, (gates * width, width), those of further rounds behind them.
        bias_hh: of the recurrent products, as many; or None.
    """

    has_c = False

    def __init__(self, form: CellForm, inputs: int, width: int, biased: bool, dropout: float) -> None:
        super().__init__()
        self.width, self.dropout = width, dropout
        bound, rows = 1 / math.sqrt(width), form.gates * width
        self.weight_ih = nn.Parameter(torch.empty(rows, inputs).uniform_(-bound, bound))
        self.weight_hh = nn.Parameter(torch.empty(form.rounds * rows, width).uniform_(-bound, bound))
        drawn = torch.empty(form.rounds * rows).uniform_(-BIAS_RANGE, BIAS_RANGE) if biased else None
        self.bias_hh = None if drawn is None else nn.Parameter(drawn)

    def forward(
        self, inputs: Tensor, state: State | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Return h of all steps and the state after the last.

        Args:
            inputs: (n, time, features), time at least 1.
            state: before the first step; None: zeros.
            lengths: (n,), at least 1: the state is that after so many steps of each sequence.

        Returns:
            Outputs (n, time, width), and the state.
        """
        entering = functional.linear(inputs.transpose(0, 1).contiguous(), self.weight_ih)
        if state is None:
            state = tuple(inputs.new_zeros(inputs.shape[0], self.width) for _ in range(2 if self.has_c else 1))
        mask = None
        if self.training and self.dropout:
            mask = functional.dropout(torch.ones_like(state[0]), self.dropout)
        states = self._run(entering, state, mask)
        if lengths is None:
            return states[0].transpose(0, 1), tuple(part[-1] for part in states)
        each = torch.arange(len(lengths), device=inputs.device)
        return states[0].transpose(0, 1), tuple(part[lengths - 1, each] for part in states)

    def _run(self, entering: Tensor, state: State, mask: Tensor | None) -> State:
        """Return the parts of the state after all steps, (time, n, width), from W x and the state before."""
        raise NotImplementedError


class Elementwise(Recurrent):
    """A cell of one recurrent product a step and elementwise nodes: a tree, or `gru` or `rnn`."""

    def __init__(self, form: CellForm, inputs: int, width: int, biased: bool, dropout: float) -> None:
        super().__init__(form, inputs, width, biased, dropout)
        if form.tree is None:
            self.program = programs.of_gru() if form.name == "gru" else programs.of_elman()
        else:
            self.program = programs.of_tree(form.tree, form.without)
        self.has_c = self.program.c is not None

    def _run(self, entering: Tensor, state: State, mask: Tensor | None) -> State:
        h, c = state if self.has_c else (state[0], state[0])
        hs, cs = sequence(self.program, entering, (h, c), Weights(self.weight_hh, self.bias_hh, mask))
        return (hs,) if cs is None else (hs, cs)


class Highway(Recurrent):
    """A recurrent highway network (Zilly et al. 2016, equations 6 to 9), with a carry gate of its own.

    s_l = h_l t_l + s_(l-1) c_l in each round l, where h_l = tanh(W_H x [l = 1] + R_H s_(l-1) + b), and t_l and c_l are
    sigmoids of such sums. h of a step is s of its last round.
    """

    def _run(self, entering: Tensor, state: State, mask: Tensor | None) -> State:
        rows = entering.shape[2]
        # Under autocast the product that made the input is in the smaller type, and so is all that follows.
        weights = self.weight_hh.to(entering.dtype).split(rows)
        biases = [None] * len(weights) if self.bias_hh is None else self.bias_hh.to(entering.dtype).split(rows)
        h, mask = state[0].to(entering.dtype), None if mask is None else mask.to(entering.dtype)
        states = list[Tensor]()
        for x in entering.unbind(0):
            for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
                sums = functional.linear(h if mask is None else h * mask, weight, bias)
                new, transform, carry = (sums if number else sums + x).chunk(3, 1)
                h = torch.tanh(new) * torch.sigmoid(transform) + h * torch.sigmoid(carry)
            states.append(h)
        return (torch.stack(states),)

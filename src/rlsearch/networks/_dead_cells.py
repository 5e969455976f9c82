"""Cells with which nothing can be learnt: all gradients are 0 from a state of zeros, and stay so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from rlsearch.networks._named_cells import Bias
from rlsearch.networks._recurrent_cells import build

STEPS, SEQUENCES, WIDTH = 12, 4, 8
"""Values are 0 in a cell that is dead, whatever its inputs: a few steps tell. Cells that wake up do so in two."""


def dead(cell: str | Mapping[str, Any], bias: Bias = "none", seed: int = 0) -> bool:
    """Tell whether no weight has a gradient other than 0, from a state of zeros, in weights and inputs as drawn.

    Without a bias U h is 0 at first, and so is a product with it: h, and with it all that depends on W, may be 0 for
    ever. The same is true of a root that multiplies by c, where c is 0 and stays so.

    Args:
        cell: its name, or a tree (`TreeCell.plain`).
        bias: "none", or "recurrent": drawn from U(-0.1, 0.1), and a gradient of its own counts.
        seed: of weights, inputs and what the outputs are weighed by; torch's generators are left as they are.
    """
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        layer = build(cell, WIDTH, WIDTH, bias).double()
        outputs, _ = layer(torch.randn(SEQUENCES, STEPS, WIDTH, dtype=torch.float64))
        (outputs * torch.randn_like(outputs)).sum().backward()
        return not any(bool(weight.grad.any()) for weight in layer.parameters() if weight.grad is not None)

"""The cost of training: 3 x forward FLOPs per sample x samples. Never seconds."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def forward_flops(model: nn.Module, input_shape: tuple[int, int, int]) -> int:
    """Return the FLOPs of one forward pass of one sample (a multiply-add counts two), measured by torch's counter.

    Args:
        model: any module; it is not changed (a copy on the meta device is counted, which computes nothing).
        input_shape: (channels, height, width).
    """
    mode = model.training
    model.eval()
    counter = FlopCounterMode(display=False)
    with torch.device("meta"), torch.no_grad():
        sample = torch.empty(1, *input_shape)
        state = {name: torch.empty_like(value, device="meta") for name, value in _tensors(model)}
        with counter:
            torch.func.functional_call(model, state, (sample,))
    model.train(mode)
    return int(counter.get_total_flops())


def training_flops(forward: int, samples: int) -> int:
    """Return forward + backward cost; the backward pass is counted as two forward passes."""
    return 3 * forward * samples


def _tensors(model: nn.Module) -> list[tuple[str, torch.Tensor]]:
    return [*model.named_parameters(), *model.named_buffers()]

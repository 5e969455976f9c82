"""The cost of training: 3 x forward FLOPs per sample x samples. Never seconds."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils import flop_counter

from rlsearch.training.quick_start import skip_compiler


def forward_flops(model: nn.Module, example: Tensor) -> int:
    """Return the FLOPs of one forward pass of one sample (a multiply-add counts two), measured by torch's counter.

    Args:
        model: any module; its mode is put back and nothing else changes.
        example: one sample as the model is given it.
    """
    # A private class: where a version of torch lacks it, the first count is merely slow.
    mode = getattr(flop_counter, "_FlopCounterMode", None)
    skip_compiler(getattr(mode, "__torch_dispatch__", None))
    was_training = model.training
    # The pass is carried out; in training mode it would update BatchNorm's statistics and draw for dropout.
    model.eval()
    counter = flop_counter.FlopCounterMode(display=False)
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    with torch.no_grad(), counter:
        model(example.to(device))
    model.train(was_training)
    return int(counter.get_total_flops())


def training_flops(forward: int, samples: int) -> int:
    """Return forward + backward cost; the backward pass is counted as two forward passes."""
    # Backward multiplies twice for each product of the forward pass: for the inputs' and the weights' gradients.
    return 3 * forward * samples

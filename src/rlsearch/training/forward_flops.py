"""The cost of training: 3 x forward FLOPs per sample x samples. Never seconds."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import flop_counter

from rlsearch.data.kinds.base import Form, Kind
from rlsearch.networks import _registry as registry
from rlsearch.training.quick_start import skip_compiler
from rlsearch.training.scope import child_scope

Example = Tensor | tuple[Tensor, ...]
"""What a network is called with: one tensor, or several."""


def arguments(example: Example, device: torch.device) -> tuple[Tensor, ...]:
    """Return what `Kind.example` gives as the arguments of a network on a device."""
    return tuple(tensor.to(device) for tensor in (example if isinstance(example, tuple) else (example,)))


def forward_flops(model: nn.Module, example: Example) -> int:
    """Return the FLOPs of one forward pass of one sample (a multiply-add counts two), measured by torch's counter.

    It is a pass in training: what a network computes there alone, such as an auxiliary head, counts.

    Args:
        model: any module; its mode is put back and nothing else changes.
        example: one sample as the model is given it.
    """
    # A private class: where a version of torch lacks it, the first count is merely slow.
    mode = getattr(flop_counter, "_FlopCounterMode", None)
    skip_compiler(getattr(mode, "__torch_dispatch__", None))
    was_training = model.training
    # The pass is carried out; in training mode layers would update BatchNorm's statistics and draw for dropout. So
    # only the network itself is told that it trains, and whatever it draws leaves no trace.
    model.eval()
    model.training = True
    counter = flop_counter.FlopCounterMode(display=False)
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    drawn_on = [device] if device.type == "cuda" else []
    with torch.no_grad(), torch.random.fork_rng(devices=drawn_on), counter:
        model(*arguments(example, device))
    model.train(was_training)
    return int(counter.get_total_flops())


def counted_forward(name: str, kind: Kind, form: Form, options: Mapping[str, Any], *, meta: bool = False) -> int:
    """Return the FLOPs of one forward pass of one sample of a network, whose weights nobody needs.

    Its file says them (`networks._registry.forward_flops`), or they are counted.

    Args:
        name, options: of the network; kind, form: of the data that it is for.
        meta: count on torch's meta device, which has shapes and no numbers. That pays for large networks and for many:
            its first use in a process takes more than a second.

    Raises:
        ValueError: the network cannot be built for data of this form.
    """
    if (flops := registry.forward_flops(name, form.shape, form.outputs, options)) is not None:
        return flops
    example = kind.example(form)
    with child_scope(0, torch.device("cpu"), 1):  # constructors draw from the global generators
        if meta:
            # What looks at its numbers has no way without them.
            with suppress(NotImplementedError, RuntimeError), torch.device("meta"):
                return forward_flops(registry.build(name, form.shape, form.outputs, options), example)
        return forward_flops(registry.build(name, form.shape, form.outputs, options), example)


def training_flops(forward: int, samples: int) -> int:
    """Return forward + backward cost; the backward pass is counted as two forward passes."""
    # Backward multiplies twice for each product of the forward pass: for the inputs' and the weights' gradients.
    return 3 * forward * samples

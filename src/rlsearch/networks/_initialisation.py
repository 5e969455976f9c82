"""Initial weights, drawn from one generator: the scaled normal of the study and the initialisers it is compared with.

Sources: He et al. 2015 (std = sqrt(2 / fan_in), here times a scale s), Glorot & Bengio 2010 ("xavier"), Saxe et al.
2014 ("orthogonal"), Mishkin & Matas 2016 ("lsuv"). The normal is not truncated, unlike the one of Keras' HeNormal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
SCHEMES = ("scaled-normal", "xavier", "orthogonal", "lsuv")
LSUV_TOLERANCE = 0.1
LSUV_ITERATIONS = 10


def initialise(
    model: nn.Module, spec: Mapping[str, Any], generator: torch.Generator, batch: Tensor | None = None
) -> None:
    """Set the weights of all convolution and linear layers by a scheme, and their biases to 0, in place.

    All other parameters (batch norm's among them) and all buffers keep their values. Random numbers are drawn on
    the CPU in the order of `model.modules()`, so that equal generators give equal weights on every device (for "lsuv",
    whose scales are measured on the model's own device, equal up to rounding), and two scales given equal generators
    differ by a factor only.

    Args:
        model: the network, on any device.
        spec: {"scheme": "scaled-normal", "scale": s} draws N(0, std) with std = s * sqrt(2 / fan_in);
            {"scheme": "xavier" | "orthogonal" | "lsuv"} take nothing else.
        generator: a CPU generator.
        batch: inputs as the model takes them, at least two samples; needed by "lsuv" only.

    Raises:
        ValueError: unknown scheme, missing, surplus or non-positive values, no batch for "lsuv".
    """
    scheme, scale = _read(spec)
    with torch.no_grad():
        for layer in _layers(model):
            layer.weight.copy_(_draw(scheme, scale, layer.weight.shape, generator))
            if layer.bias is not None:
                layer.bias.zero_()
        if scheme == "lsuv":
            _unit_variance(model, batch)


def _read(spec: Mapping[str, Any]) -> tuple[str, float]:
    scheme = spec.get("scheme")
    if scheme not in SCHEMES:
        raise ValueError(f"there is no initialisation scheme {scheme!r}; allowed: {', '.join(SCHEMES)}")
    expected = {"scheme", "scale"} if scheme == "scaled-normal" else {"scheme"}
    if set(spec) != expected:
        raise ValueError(f"scheme {scheme!r} takes exactly {sorted(expected)}, got {sorted(spec)}")
    scale = spec.get("scale", 1.0)
    if not (isinstance(scale, int | float) and math.isfinite(scale) and scale > 0):
        raise ValueError(f"the scale must be a finite number above 0, got {scale!r}")
    return str(scheme), float(scale)


def _layers(model: nn.Module) -> list[Any]:
    return [module for module in model.modules() if isinstance(module, LAYERS)]


def _draw(scheme: str, scale: float, shape: torch.Size, generator: torch.Generator) -> Tensor:
    """Return weights of a shape (outputs, inputs, *kernel) on the CPU in float32."""
    weight = torch.empty(shape, dtype=torch.float32, device="cpu")
    if scheme == "scaled-normal":
        fan_in = math.prod(shape[1:])
        return nn.init.normal_(weight, 0.0, scale * math.sqrt(2 / fan_in), generator=generator)
    if scheme == "xavier":
        return nn.init.xavier_normal_(weight, generator=generator)
    return nn.init.orthogonal_(weight, gain=1.0, generator=generator)


def _unit_variance(model: nn.Module, batch: Tensor | None) -> None:
    """Scale each layer's weights until the variance of its output on the batch is 1 (Mishkin & Matas 2016, alg. 1).

    One forward pass does it: a layer is scaled the moment it is reached, when all layers before it are done.
    """
    if batch is None or len(batch) < 2:
        raise ValueError("scheme 'lsuv' needs a batch of at least two samples to measure variances on")
    scaled: set[nn.Module] = set()

    def scale_now(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        if layer not in scaled:
            scaled.add(layer)
            output = _scaled(layer, inputs[0], output)
        return output

    # What a hook returns takes the place of the layer's output, so later layers see it scaled.
    handles = [layer.register_forward_hook(scale_now) for layer in _layers(model)]
    try:
        with _measuring(model):
            first = next(model.parameters())
            model(batch.to(first.device, first.dtype))
    finally:
        for handle in handles:
            handle.remove()


def _scaled(layer: Any, inputs: Tensor, output: Tensor) -> Tensor:
    for _ in range(LSUV_ITERATIONS):
        variance = float(output.var(correction=0))
        # A constant or overflowing output has no scale to correct; dividing by it would spoil the weights.
        if not (math.isfinite(variance) and variance > 0) or abs(variance - 1) < LSUV_TOLERANCE:
            break
        layer.weight.div_(math.sqrt(variance))
        # forward, not a call: a call would run this hook again.
        output = layer.forward(inputs)
    return output


@contextmanager
def _measuring(model: nn.Module) -> Iterator[None]:
    """Run the model as at the first training step, but without randomness and without a trace.

    Batch norm uses the batch's own statistics, as it will in training (its running ones say nothing before that),
    dropout is off, and buffers and modes are put back afterwards.
    """
    modes = {module: module.training for module in model.modules()}
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    try:
        for module in model.modules():
            # Set by hand, since `train()` would reach the modules inside as well.
            module.training = isinstance(module, nn.modules.batchnorm._BatchNorm)
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
        for name, buffer in model.named_buffers():
            buffer.copy_(buffers[name])

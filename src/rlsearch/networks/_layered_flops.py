"""Which layers of a layered network feed which, and its FLOPs, from its spec alone: settings need no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlsearch.layer_costs import Maps

Size = tuple[int, int]


def check(input_shape: Maps, layers: Sequence[Mapping[str, Any]]) -> None:
    """Raise a ValueError unless there are layers and pixels."""
    if not layers:
        raise ValueError("layered-cnn needs a spec with at least one layer")
    if min(input_shape) < 1:
        raise ValueError(f"layered-cnn needs images of at least 1x1 pixels, got {input_shape}")


def sources_of(number: int, layer: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the layers that feed a layer; none: it reads the image.

    Raises:
        ValueError: not each of them is an earlier layer, once.
    """
    if "inputs" not in layer:
        return [number - 1] if number else []
    inputs = sorted(int(source) for source in layer["inputs"])
    if any(not 0 <= source < number for source in inputs) or len(set(inputs)) < len(inputs):
        raise ValueError(f"layer {number} cannot be fed by {inputs}: inputs are earlier layers, each once")
    return inputs


def sizes_of(layer: Mapping[str, Any]) -> tuple[Size, Size, int]:
    """Return kernel, stride and filters of a layer.

    Raises:
        ValueError: they make no layer.
    """
    kernel: Size = (int(layer["kernel"][0]), int(layer["kernel"][1]))
    stride: Size = (int(layer["stride"][0]), int(layer["stride"][1]))
    filters = int(layer["filters"])
    if min(*kernel, *stride, filters) < 1 or kernel[0] % 2 == 0 or kernel[1] % 2 == 0:
        raise ValueError(f"kernels must be odd, strides and filters at least 1, got {dict(layer)}")
    return kernel, stride, filters


def forward_flops(
    input_shape: Maps, classes: int, layers: Sequence[Mapping[str, Any]] = (), batch_norm: bool = False
) -> int:
    """Return the FLOPs of one forward pass of one sample: 2 x height x width x filters x inputs x kernel of each layer.

    Normalisation, activations and pooling do not count, as in torch's counter.

    Raises:
        ValueError: as the network does.
    """
    check(input_shape, layers)
    maps: list[tuple[int, int, int]] = []
    flops = 0
    for number, layer in enumerate(layers):
        channels, height, width = _joined([maps[source] for source in sources_of(number, layer)] or [input_shape])
        kernel, stride, filters = sizes_of(layer)
        height, width = -(-height // stride[0]), -(-width // stride[1])
        flops += 2 * height * width * filters * channels * kernel[0] * kernel[1]
        if layer.get("pool", False):
            height, width = -(-height // 2), -(-width // 2)
        maps.append((filters, height, width))
    used = {source for number, layer in enumerate(layers) for source in sources_of(number, layer)}
    ends = [filters for number, (filters, _, _) in enumerate(maps) if number not in used]
    return flops + 2 * sum(ends) * classes


def _joined(maps: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    channels, heights, widths = zip(*maps, strict=True)
    return sum(channels), max(heights), max(widths)

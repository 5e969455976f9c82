"""Which layers feed which, and how many parameters that takes: from the spec alone, without building anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.spaces._matched_width import nearest_width


def chain(number: int) -> list[int]:
    """Return the inputs of a layer of a plain chain: the layer before it; the first reads the image."""
    return [number - 1] if number else []


def sources(number: int, layer: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the layers that feed a layer, in order; a spec that does not say means a chain."""
    return sorted(int(source) for source in layer["inputs"]) if "inputs" in layer else chain(number)


def matched_width(network: Mapping[str, Any], channels: int, classes: int) -> int:
    """Return the filters of every layer with which a chain of 3x3 layers comes nearest to a network's parameters.

    The depth and the normalisation are the network's; of two widths that are equally near, the smaller.
    """
    wanted = parameters(network, channels, classes)

    def size(width: int) -> int:
        layers = [{"kernel": [3, 3], "filters": width}] * len(network["layers"])
        return parameters({**network, "layers": layers}, channels, classes)

    return nearest_width(size, wanted)


def parameters(network: Mapping[str, Any], channels: int, classes: int) -> int:
    """Return the number of trainable parameters of the network of a layered spec.

    Args:
        channels: of the images; classes: outputs of the head.
    """
    layers = network["layers"]
    filters = [int(layer["filters"]) for layer in layers]
    fed = [sources(number, layer) for number, layer in enumerate(layers)]
    # With batch normalisation the convolution has no bias, and each filter a scale and a shift.
    per_filter = 2 if network.get("batch_norm", False) else 1
    total = 0
    for layer, width, inputs in zip(layers, filters, fed, strict=True):
        height, across = (int(size) for size in layer["kernel"])
        depth = sum(filters[source] for source in inputs) or channels
        total += height * across * depth * width + per_filter * width
    # The head is one linear layer over the averages of all maps that feed no other layer.
    used = {source for inputs in fed for source in inputs}
    head = sum(width for number, width in enumerate(filters) if number not in used)
    return total + (head + 1) * classes

"""Sizes, parameters and FLOPs of a chain of layers, from its text alone: nothing is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

from rlsearch.layer_notation import Layer

Padding = Literal["same", "valid"]
Maps = tuple[int, int, int]
"""(channels, height, width); a vector of u values is (u, 1, 1)."""


@dataclass(frozen=True)
class Step:
    """A layer where it stands: how it is padded, the maps that it makes, its parameters and its FLOPs for one sample.

    FLOPs are those of one forward pass, a multiply-add as two; pooling, activations and biases count none
    (`training.forward_flops`, which counts a network that is built, agrees).
    """

    layer: Layer
    padding: Padding
    maps: Maps
    parameters: int
    flops: int


def steps(
    layers: Sequence[Layer], shape: Maps, outputs: int, first: Padding = "same", pools: Padding = "valid"
) -> list[Step]:
    """Return the steps of a whole chain.

    Args:
        layers: as `layer_notation.read` returns them.
        shape: of one image. outputs: units of the classifier.
        first: padding of a convolution that is the very first layer; all others are padded to keep their size. pools:
            padding of the pools. "same": ceil(n / stride) of n pixels; "valid": floor((n - size) / stride) + 1.

    Raises:
        ValueError: a layer is larger than the map on which it would stand.
    """
    made: list[Step] = []
    for number, layer in enumerate(layers):
        maps = made[-1].maps if made else shape
        try:
            made.append(step(layer, maps, padding_of(number, layer, first, pools), outputs))
        except ValueError as error:
            raise ValueError(f"layer {number + 1} {error}") from None
    return made


def padding_of(number: int, layer: Layer, first: Padding, pools: Padding) -> Padding:
    """Return how the layer at a position (from 0) is padded."""
    if layer.kind == "P":
        return pools
    return first if layer.kind == "C" and number == 0 else "same"


def step(layer: Layer, maps: Maps, padding: Padding, outputs: int) -> Step:
    """Return what a layer makes of maps; of an end, the classifier's `outputs` logits are no maps and not shown.

    Raises:
        ValueError: it is larger than the maps.
    """
    channels, height, width = maps
    if layer.kind == "FC":
        (units,) = layer.numbers
        return Step(layer, padding, (units, 1, 1), *_linear(prod(maps), units))
    if layer.ends:
        after = (channels, 1, 1) if layer.kind == "GAP" else maps
        return Step(layer, padding, after, *_linear(prod(after), outputs))
    field, stride = layer.numbers[-2:]
    if padding == "valid" and field > min(height, width):
        raise ValueError(f"{layer} is larger than its map of {height}x{width}")
    high, wide = (_size(pixels, field, stride, padding) for pixels in (height, width))
    if layer.kind == "P":
        return Step(layer, padding, (channels, high, wide), 0, 0)
    filters = layer.numbers[0]
    weights = channels * field * field * filters
    return Step(layer, padding, (filters, high, wide), weights + filters, 2 * weights * high * wide)


def _linear(inputs: int, units: int) -> tuple[int, int]:
    return (inputs + 1) * units, 2 * inputs * units


def _size(pixels: int, field: int, stride: int, padding: Padding) -> int:
    return -(-pixels // stride) if padding == "same" else (pixels - field) // stride + 1

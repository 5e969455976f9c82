"""Which layers do the same: on maps of one pixel a 1x1 convolution is a fully connected layer, and GAP changes nothing.

So are pools whose one window covers all. Networks that differ in such spellings alone are equal.
"""

from __future__ import annotations

from collections.abc import Sequence

from rlsearch.layer_costs import Maps, Padding, Step
from rlsearch.layer_notation import Layer


def effect(layer: Layer, size: tuple[int, int], padding: Padding) -> tuple[object, ...]:
    """Return what a layer does, equal for layers that do the same to maps of a size (height, width)."""
    one_pixel = size == (1, 1)
    if layer.kind in ("FC", "GAP", "SM"):
        # The average of one pixel is the pixel.
        return ("SM",) if layer.kind == "GAP" and one_pixel else (layer.kind, *layer.numbers)
    field, stride = layer.numbers[-2:]
    if layer.kind == "P":
        return _pool(size, field, stride, padding)
    if field == 1:
        # Without padding a field of one pixel makes the same maps as with it.
        return ("FC", layer.numbers[0]) if one_pixel else ("C", *layer.numbers)
    return ("C", *layer.numbers, padding)


def effects(steps: Sequence[Step], shape: Maps) -> list[tuple[object, ...]]:
    """Return what each layer of a network does to the maps that it gets; equal for equal networks."""
    before = [shape, *(step.maps for step in steps)]
    return [effect(step.layer, maps[1:], step.padding) for step, maps in zip(steps, before, strict=False)]


def _pool(size: tuple[int, int], field: int, stride: int, padding: Padding) -> tuple[object, ...]:
    reach = max(size) - field if padding == "valid" else max(size) - 1
    if reach < stride:  # a single window, which does not move: it covers what it reaches
        return ("P", min(field, size[0]), min(field, size[1]))
    return ("P", field, stride, padding)

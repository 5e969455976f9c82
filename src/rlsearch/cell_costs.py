"""Parameters and FLOPs of a network of two cells, from its settings alone: nothing is built.

`networks.nasnet` builds by the same rules, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from rlsearch.cell_notation import INPUTS
from rlsearch.cell_stack import Build, Maps, Place, Wiring, build_of, places, strided

HEAD_FIELD, HEAD_STRIDE = 5, 3
"""The average pool with which the auxiliary head begins; smaller maps are averaged whole."""
HEAD_FILTERS = 4, 24
"""Filters of the auxiliary head's two convolutions for each of the first cell: the paper's 128 and 768 for 32."""


@dataclass(frozen=True)
class Costs:
    """Parameters, and FLOPs of one forward pass of one sample, a multiply-add as two.

    Convolutions and matrix products count, as in torch's counter; pools, activations and normalisation do not.
    """

    parameters: int = 0
    flops: int = 0

    def __add__(self, other: Costs) -> Costs:
        return Costs(self.parameters + other.parameters, self.flops + other.flops)


def costs(
    input_shape: Maps,
    classes: int,
    normal: Mapping[str, Any] | None = None,
    reduction: Mapping[str, Any] | None = None,
    filters: int = 8,
    cells: int = 1,
    reductions: int = 1,
    stem: int | None = None,
    stem_stride: int = 1,
    drop_path: float = 0.0,
    auxiliary: float = 0.0,
    wiring: Wiring = "published",
) -> Costs:
    """Return what the network `nasnet` of these options has and takes, its auxiliary head in training included.

    >>> from rlsearch.cell_notation import read
    >>> normal = "0.sep5+1.sep3, 1.sep5+1.sep3, 0.avg3+1.id, 1.avg3+1.avg3, 0.sep3+0.id > 1 2 3 4 5 6"
    >>> reduction = "0.sep5+1.sep7, 0.max3+1.sep7, 0.avg3+1.sep5, 3.id+2.avg3, 2.sep3+0.max3 > 3 4 5 6"
    >>> both = read(normal).plain(), read(reduction).plain()
    >>> costs((3, 32, 32), 10, *both, filters=32, cells=6, reductions=2).parameters
    3346538

    Raises:
        ValueError: as the network does.
    """
    build = build_of(
        normal,
        reduction,
        filters=filters,
        cells=cells,
        reductions=reductions,
        stem=stem,
        stem_stride=stem_stride,
        drop_path=drop_path,
        auxiliary=auxiliary,
        wiring=wiring,
    )
    placed = places(build, input_shape)
    last = placed[-1]
    assert last is not None, "nothing reads the last cell but the classifier, which always does"
    pixels = prod(strided(input_shape[1:], stem_stride))
    stand = [place for place in placed if place is not None]
    total = _convolution(input_shape[0], build.stem_filters, 9, pixels) + _linear(last.output[0], classes)
    return sum(map(of_cell, stand), total) + _of_head(build, placed, classes)


def of_cell(place: Place) -> Costs:
    """Return what a cell has and takes where it stands."""
    reached, total = place.reached, Costs()
    for state, maps in enumerate((place.current, place.previous)):
        if state in reached and adapted(place, state):
            # A factorized reduction: two halves of the filters, each of a 1x1 convolution on every fourth pixel.
            total += _convolution(maps[0], place.filters, 1, prod(place.current[1:]))
    for number, block in enumerate(place.cell.blocks):
        for state, name in block.operands if number + INPUTS in reached else ():
            total += of_operation(name, place.states[state], place.filters, place.stride_on(state))
    for state in place.cell.output:
        if place.fitted(state):
            total += _convolution(place.states[state][0], place.filters, 1, prod(place.size))
    return total


def adapted(place: Place, state: int) -> bool:
    """Tell whether one of a cell's inputs (state 0 or 1) is brought to its filters, and to the size of h_i."""
    if state == 0:
        return True
    return not place.first and place.previous != (place.filters, *place.current[1:])


def of_operation(name: str, maps: Maps, filters: int, stride: int) -> Costs:
    """Return what an operation (`cell_notation.OPERATIONS`) has and takes that makes `filters` maps of others."""
    channels, height, width = maps
    after = strided((height, width), stride)
    if name == "identity" or "-pool-" in name:
        widened = channels != filters or (name == "identity" and stride > 1)
        return _convolution(channels, filters, 1, prod(after)) if widened else Costs()
    if name.startswith("separable"):
        field = int(name[-1])
        first = _depthwise(channels, field, prod(after)) + _convolution(channels, filters, 1, prod(after))
        return first + _depthwise(filters, field, prod(after)) + _convolution(filters, filters, 1, prod(after))
    if (length := factorised(name)) is not None:
        # 1 x k strides along its row, k x 1 along its column.
        first = _convolution(channels, filters, length, height * after[1])
        return first + _convolution(filters, filters, length, prod(after))
    return _convolution(channels, filters, int(name[-1]) ** 2, prod(after))


def factorised(name: str) -> int | None:
    """Return k of a 1 x k then k x 1 convolution; None for another operation."""
    return {"conv-1x3-3x1": 3, "conv-1x7-7x1": 7}.get(name)


def head_size(maps: Maps) -> tuple[int, int]:
    """Return height and width of maps after the pool of the auxiliary head."""
    height, width = ((pixels - HEAD_FIELD) // HEAD_STRIDE + 1 for pixels in maps[1:])
    return (height, width) if min(maps[1:]) >= HEAD_FIELD else (1, 1)


def _of_head(build: Build, placed: list[Place | None], classes: int) -> Costs:
    place = None if build.head_after is None else placed[build.head_after]
    if place is None:
        return Costs()
    narrow, wide = (times * build.filters for times in HEAD_FILTERS)
    pixels = prod(head_size(place.output))
    # The second convolution covers its maps whole, so it has one position.
    return (
        _convolution(place.output[0], narrow, 1, pixels)
        + _convolution(narrow, wide, pixels, 1)
        + _linear(wide, classes)
    )


def _convolution(channels: int, filters: int, field: int, positions: int) -> Costs:
    """A convolution without biases, of a field of so many pixels, and the two numbers a filter of the batch norm."""
    weights = channels * filters * field
    return Costs(weights + 2 * filters, 2 * weights * positions)


def _depthwise(channels: int, field: int, positions: int) -> Costs:
    weights = channels * field * field
    return Costs(weights, 2 * weights * positions)


def _linear(inputs: int, units: int) -> Costs:
    return Costs((inputs + 1) * units, 2 * inputs * units)

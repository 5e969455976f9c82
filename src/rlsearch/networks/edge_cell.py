"""A stack of equal cells of which every edge has an operation (NAS-Bench-201, Dong & Yang 2020, section 2)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rlsearch.networks.base import FeaturesAndHead, Flatten, InputShape, pooled_shape

NODES = 4
EDGES = tuple((source, node) for node in range(NODES) for source in range(node))
"""(from, to), in the order in which edges are given."""
NONE, SKIP, POOL = "none", "skip", "avg-pool-3x3"
KERNELS = {"conv-1x1": 1, "conv-3x3": 3}


class EdgeCell(FeaturesAndHead):
    """A 3x3 convolution, stages of cells with a residual block that halves the map between them, and a linear head.

    The source has 16 filters, 5 cells a stage and 2 reductions; its convolutions are ReLU, convolution, batch norm. An
    edge that brings nothing to the cell's last node, or gets nothing, is not built. The largest of the source's
    networks has 1,531,546 parameters:

    >>> network = EdgeCell((3, 32, 32), 10, ["conv-3x3"] * 6, filters=16, cells=5, reductions=2)
    >>> sum(p.numel() for p in network.parameters())
    1531546

    Args:
        input_shape: (channels, height, width), at least 2^reductions pixels each way.
        classes: number of outputs.
        edges: the operations from node 0 to 1, 0 to 2, 1 to 2, 0 to 3, 1 to 3 and 2 to 3.
        filters: channels of the first stage; each further one has twice as many.
        cells: in each stage, at least 1.
        reductions: stages but the first.

    Raises:
        ValueError: an unknown operation, another number of edges, a number that is too small, or images too small to be
            halved so often.
    """

    def __init__(
        self,
        input_shape: InputShape,
        classes: int,
        edges: Sequence[str] = (),
        filters: int = 16,
        cells: int = 1,
        reductions: int = 2,
    ) -> None:
        super().__init__()
        known = (NONE, SKIP, *KERNELS, POOL)
        if len(edges) != len(EDGES) or not set(edges) <= set(known):
            raise ValueError(f"edge-cell needs {len(EDGES)} edges of {', '.join(known)}, got {list(edges)}")
        if min(filters, cells) < 1 or reductions < 0:
            raise ValueError(
                f"edge-cell needs filters and cells of at least 1 and reductions of at least 0, got {filters}, {cells} "
                f"and {reductions}"
            )
        pooled_shape(input_shape, reductions, "edge-cell")
        stem = nn.Conv2d(input_shape[0], filters, 3, padding=1, bias=False)
        layers: list[nn.Module] = [stem, nn.BatchNorm2d(filters)]
        width = filters
        for stage in range(reductions + 1):
            if stage:
                layers.append(_Reduction(width))
                width *= 2
            layers += [_Cell(edges, width) for _ in range(cells)]
        self.features = nn.Sequential(*layers, nn.BatchNorm2d(width), nn.ReLU())
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), Flatten(), nn.Linear(width, classes))


class _Cell(nn.Module):
    """Nodes that are sums of what their edges bring; sums of sums are written out, and no sum is zeros."""

    def __init__(self, edges: Sequence[str], width: int) -> None:
        super().__init__()
        self.built = _used(edges)
        self.operations = nn.ModuleList(_operation(edges[number], width) for number in self.built)

    def forward(self, maps: Tensor) -> Tensor:
        terms: list[list[Tensor]] = [[] for _ in range(NODES)]
        terms[0].append(maps)
        for number, operation in zip(self.built, self.operations, strict=True):
            source, node = EDGES[number]
            # A node with two edges in has one out, so that no sum is worked out twice.
            brought = terms[source] if isinstance(operation, nn.Identity) else [operation(_sum(terms[source]))]
            terms[node] += brought
        return _sum(terms[-1]) if terms[-1] else torch.zeros_like(maps)


def _sum(terms: Sequence[Tensor]) -> Tensor:
    """Return the sum of some tensors, all at once."""
    return terms[0] if len(terms) == 1 else torch.stack(list(terms)).sum(0)


def _used(edges: Sequence[str]) -> list[int]:
    """Return the edges on a way from the first node to the last, by number."""
    chosen = [number for number, operation in enumerate(edges) if operation != NONE]
    fed, asked = {0}, {NODES - 1}
    for number in chosen:  # in the order of the nodes that they lead to
        if EDGES[number][0] in fed:
            fed.add(EDGES[number][1])
    for number in reversed(chosen):
        if EDGES[number][1] in asked:
            asked.add(EDGES[number][0])
    return [number for number in chosen if EDGES[number][0] in fed and EDGES[number][1] in asked]


def _operation(name: str, width: int) -> nn.Module:
    if name == SKIP:
        return nn.Identity()
    if name == POOL:
        return nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    return _convolution(width, width, KERNELS[name])


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), layer, nn.BatchNorm2d(outputs))


class _Reduction(nn.Module):
    """Two 3x3 convolutions, the first with stride 2, and the mean of 2x2 pixels through a 1x1 convolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(_convolution(width, 2 * width, 3, 2), _convolution(2 * width, 2 * width, 3))
        # Where the number of pixels is odd, the last window has one row less: strides round up too.
        mean = nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)
        self.shortcut = nn.Sequential(mean, nn.Conv2d(width, 2 * width, 1, bias=False))

    def forward(self, maps: Tensor) -> Tensor:
        found: Tensor = self.residual(maps) + self.shortcut(maps)
        return found


NETWORK, NEEDS = EdgeCell, ("edges",)

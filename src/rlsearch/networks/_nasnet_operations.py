"""The operations of NASNet cells (Zoph et al. 2018, section 3): each convolution is ReLU, convolution, batch norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rlsearch.cell_costs import factorised

Field = tuple[int, int]


def operation(name: str, channels: int, filters: int, stride: int) -> nn.Module:
    """Return an operation by its name in `cell_notation.OPERATIONS`.

    It maps (n, channels, height, width) to (n, filters, height / stride, width / stride), rounded up. An identity that
    has to change either is a 1x1 convolution; a pool that has to change its channels has one behind it, without a ReLU.
    Separable convolutions are applied twice, as published, and only the first time with the stride.
    """
    if name == "identity":
        return nn.Identity() if (channels, stride) == (filters, 1) else convolution(channels, filters, (1, 1), stride)
    if "-pool-" in name:
        pool = _pool(name, stride)
        return pool if channels == filters else nn.Sequential(pool, *projection(channels, filters))
    if name.startswith("separable"):
        field = int(name[-1])
        return nn.Sequential(_separable(channels, filters, field, stride), _separable(filters, filters, field, 1))
    if (length := factorised(name)) is not None:
        across = convolution(channels, filters, (1, length), (1, stride))
        return nn.Sequential(across, convolution(filters, filters, (length, 1), (stride, 1)))
    side = int(name[-1])
    return convolution(channels, filters, (side, side), stride, dilation=2 if name.startswith("dilated") else 1)


def convolution(channels: int, filters: int, field: Field, stride: int | Field = 1, dilation: int = 1) -> nn.Module:
    """Return ReLU, a convolution that keeps the size but for its stride, and batch norm."""
    padding = tuple(dilation * (side // 2) for side in field)
    layer = nn.Conv2d(channels, filters, field, stride, padding, dilation, bias=False)  # type: ignore[arg-type]
    return nn.Sequential(nn.ReLU(), layer, nn.BatchNorm2d(filters))


def projection(channels: int, filters: int, stride: int = 1) -> list[nn.Module]:
    """Return a 1x1 convolution and batch norm."""
    return [nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters)]


class FactorizedReduction(nn.Module):
    """Halves maps without leaving out pixels (published code of Zoph et al. 2018).

    One half of the filters is a 1x1 convolution of the pixels at even places, the other of those one further to the
    right and below, with zeros beyond the edge; batch norm follows.

    Args:
        channels: of the maps. filters: of the result, at least 2.
        activate: begin with ReLU.
    """

    def __init__(self, channels: int, filters: int, activate: bool = True) -> None:
        super().__init__()
        self.activation = nn.ReLU() if activate else nn.Identity()
        self.even = nn.Conv2d(channels, filters // 2, 1, stride=2, bias=False)
        self.odd = nn.Conv2d(channels, filters - filters // 2, 1, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(filters)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (n, channels, height, width) to (n, filters, height / 2, width / 2), rounded up."""
        maps = self.activation(maps)
        moved = nn.functional.pad(maps, (0, 1, 0, 1))[:, :, 1:, 1:]
        halved: Tensor = self.norm(torch.cat([self.even(maps), self.odd(moved)], dim=1))
        return halved


class DropPath(nn.Module):
    """In training leaves out a path, for each sample by itself, and scales those that are kept.

    Each value keeps its mean (Larsson et al. 2017; the schedule of Zoph et al. 2018 is `NASNet.set_progress`). Random
    numbers come from the global generator of the device, which belongs to the child and is part of its checkpoints.

    Attributes:
        rate: of paths that are left out, at least 0 and below 1.
    """

    rate = 0.0

    def forward(self, maps: Tensor) -> Tensor:
        """Map (n, channels, height, width) to as many."""
        if not self.training or not self.rate:
            return maps
        kept = 1 - self.rate
        return maps * maps.new_empty(len(maps), 1, 1, 1).bernoulli_(kept).div_(kept)


def _pool(name: str, stride: int) -> nn.Module:
    side = int(name[-1])
    if name.startswith("avg"):
        # Means are those of the pixels that there are: zeros beyond the edge do not count.
        return nn.AvgPool2d(side, stride, side // 2, count_include_pad=False)
    return nn.MaxPool2d(side, stride, side // 2)


def _separable(channels: int, filters: int, side: int, stride: int) -> nn.Module:
    depthwise = nn.Conv2d(channels, channels, side, stride, side // 2, groups=channels, bias=False)
    return nn.Sequential(nn.ReLU(), depthwise, *projection(channels, filters))

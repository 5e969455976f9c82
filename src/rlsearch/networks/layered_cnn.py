"""The child network of the layer-by-layer search, built from its spec (Zoph & Le 2017, section 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rlsearch.networks._layered_flops import check, sizes_of, sources_of
from rlsearch.networks._layered_flops import forward_flops as forward_flops
from rlsearch.networks.base import Flatten, InputShape


class LayeredCNN(nn.Module):
    """Convolutions of any kernel, stride and width, joined in a chain or by skip connections, then a linear head.

    Every layer keeps its input's size divided by the stride, rounded up ("same" padding). Its inputs are concatenated
    in depth, smaller maps padded with zeros on the right and below. A layer without an input reads the image. All
    layers that feed no other are concatenated before the head: global average pooling and a linear layer.

    >>> layer = {"kernel": [3, 3], "stride": [2, 2], "filters": 32}
    >>> sum(p.numel() for p in LayeredCNN((1, 8, 8), 10, layers=[layer, layer]).parameters())
    9898

    Args:
        input_shape: (channels, height, width).
        classes: number of outputs.
        layers: one mapping a layer: `kernel` and `stride` (height, width), `filters`; `pool` (False): 2x2 max pooling
            follows; `inputs`: numbers of the earlier layers (from 0) that feed it, without it the layer before.
        batch_norm: normalise between convolution and ReLU.

    Raises:
        ValueError: no layer, an input that is not an earlier layer, sizes that make no layer, or an image without
            pixels. Every other image is large enough: no layer makes a map smaller than 1x1.
    """

    def __init__(
        self, input_shape: InputShape, classes: int, layers: Sequence[Mapping[str, Any]] = (), batch_norm: bool = False
    ) -> None:
        super().__init__()
        check(input_shape, layers)
        self.sources = [sources_of(number, layer) for number, layer in enumerate(layers)]
        used = {source for inputs in self.sources for source in inputs}
        self.outputs = [number for number in range(len(layers)) if number not in used]

        channels, blocks = [int(layer["filters"]) for layer in layers], []
        for number, layer in enumerate(layers):
            inputs = sum(channels[source] for source in self.sources[number]) or input_shape[0]
            blocks.append(_block(inputs, layer, batch_norm))
        self.layers = nn.ModuleList(blocks)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), Flatten(), nn.Linear(sum(channels[number] for number in self.outputs), classes)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width) to logits (n, classes)."""
        maps: list[Tensor] = []
        for sources, layer in zip(self.sources, self.layers, strict=True):
            maps.append(layer(_join([maps[source] for source in sources]) if sources else images))
        logits: Tensor = self.head(_join([maps[number] for number in self.outputs]))
        return logits


def _block(inputs: int, layer: Mapping[str, Any], batch_norm: bool) -> nn.Module:
    (height, width), stride, filters = sizes_of(layer)
    # An odd kernel with this padding gives ceil(size / stride), which is what "same" means with a stride.
    parts: list[nn.Module] = [
        nn.Conv2d(inputs, filters, (height, width), stride, (height // 2, width // 2), bias=not batch_norm)
    ]
    if batch_norm:
        parts.append(nn.BatchNorm2d(filters))
    parts.append(nn.ReLU())
    if layer.get("pool", False):
        # Rounded up, so that a map of one pixel is not pooled away.
        parts.append(nn.MaxPool2d(2, ceil_mode=True))
    return nn.Sequential(*parts)


def _join(maps: Sequence[Tensor]) -> Tensor:
    if len(maps) == 1:
        return maps[0]
    height, width = (max(feature_map.shape[axis] for feature_map in maps) for axis in (2, 3))
    return torch.cat([_grown(feature_map, height, width) for feature_map in maps], dim=1)


def _grown(feature_map: Tensor, height: int, width: int) -> Tensor:
    if feature_map.shape[2:] == (height, width):
        return feature_map
    # From the last axis backwards: left, right, above, below.
    return functional.pad(feature_map, (0, width - feature_map.shape[3], 0, height - feature_map.shape[2]))


NETWORK, NEEDS, FLOPS = LayeredCNN, ("layers",), "rlsearch.networks._layered_flops"

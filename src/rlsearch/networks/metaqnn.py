"""Any chain of layers in MetaQNN's notation, such as C(128,3,1) - P(2,2) - SM() (Baker et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rlsearch.layer_costs import Padding, Step
from rlsearch.layer_notation import Layer
from rlsearch.networks._metaqnn_flops import Head, check, steps_of
from rlsearch.networks._metaqnn_flops import forward_flops as forward_flops
from rlsearch.networks.base import FeaturesAndHead, Flatten, InputShape


class MetaQNN(FeaturesAndHead):
    """Convolutions and fully connected layers (ReLU), max pools, and a linear classifier.

    GAP() averages each map before the classifier, SM() flattens them. Weights are drawn by Glorot & Bengio's (2010)
    uniform rule, biases are 0. Chains that the space `metaqnn` would never propose are built too.

    >>> text = "C(128,5,1) - C(64,1,1) - SM()"
    >>> sum(p.numel() for p in MetaQNN((1, 64, 64), 2, text, first="valid", head="sigmoid").parameters())
    241985

    Args:
        input_shape: (channels, height, width).
        classes: number of outputs.
        layers: the chain (`rlsearch.layer_notation`).
        first: padding of a convolution that is the very first layer; later ones keep the size of their maps.
        pools: padding of the pools: "valid" leaves out what no window fits into, "same" rounds up.
        head: "softmax" has a unit for each class; "sigmoid", for two classes, has one unit, the logit of the second
            against 0 for the first.
        dropout: after every second layer; the i-th of n has the rate i / (2 n) (Baker et al. 2017, section 4.2).

    Raises:
        ValueError: text that is no chain, a layer larger than its map, an unknown padding or head, a `dropout` that is
            not true or false, or "sigmoid" for more or fewer than two classes.
    """

    def __init__(
        self,
        input_shape: InputShape,
        classes: int,
        layers: str = "",
        first: Padding = "same",
        pools: Padding = "valid",
        head: Head = "softmax",
        dropout: bool = True,
    ) -> None:
        super().__init__()
        check(first=first, pools=pools, head=head, dropout=dropout)
        *body, end = steps_of(input_shape, classes, layers, first, pools, head)
        shapes = [tuple(input_shape), *(step.maps for step in body)]
        rates = _rates(len(body)) if dropout else {}
        blocks: list[nn.Module] = []
        for number, (step, shape) in enumerate(zip(body, shapes, strict=False), 1):
            blocks += _block(step, shape)
            if number in rates:
                blocks.append(nn.Dropout(rates[number]))
        self.features = nn.Sequential(*blocks)
        average = [nn.AdaptiveAvgPool2d(1)] if end.layer.kind == "GAP" else []
        inputs = end.maps[0] * end.maps[1] * end.maps[2]
        linear = nn.Linear(inputs, 1 if head == "sigmoid" else classes)
        self.head = nn.Sequential(*average, Flatten(), linear, *([TwoLogits()] if head == "sigmoid" else []))
        self.apply(_xavier)


class TwoLogits(nn.Module):
    """One logit as two: 0 for the first class. Their softmax is the sigmoid of the one."""

    def forward(self, logit: Tensor) -> Tensor:
        """Map (n, 1) to (n, 2)."""
        return torch.cat([torch.zeros_like(logit), logit], dim=1)


def _rates(layers: int) -> dict[int, float]:
    """Return the dropout rates by the number of the layer (from 1) that they follow."""
    count = layers // 2
    return {2 * place: place / (2 * count) for place in range(1, count + 1)}


def _block(step: Step, shape: tuple[int, ...]) -> list[nn.Module]:
    """Return the modules of a layer on maps of a shape."""
    layer, size = step.layer, (shape[1], shape[2])
    if layer.kind == "FC":
        # Maps of one pixel, as the vector is for what follows it.
        units = layer.numbers[0]
        linear = nn.Linear(shape[0] * size[0] * size[1], units)
        return [Flatten(), linear, nn.ReLU(), nn.Unflatten(1, (units, 1, 1))]
    field, stride = layer.numbers[-2:]
    pad = _padding(size, layer) if step.padding == "same" else (0, 0, 0, 0)
    if layer.kind == "P":
        # Minus infinity is never the largest value of a window, each of which holds a pixel.
        padded: list[nn.Module] = [nn.ConstantPad2d(pad, -torch.inf)] if any(pad) else []
        return [*padded, nn.MaxPool2d(field, stride)]
    if pad[0] == pad[1] == pad[2] == pad[3]:
        return [nn.Conv2d(shape[0], layer.numbers[0], field, stride, pad[0]), nn.ReLU()]
    return [nn.ZeroPad2d(pad), nn.Conv2d(shape[0], layer.numbers[0], field, stride), nn.ReLU()]


def _padding(size: tuple[int, int], layer: Layer) -> tuple[int, int, int, int]:
    """Return pixels to add left, right, above and below, so that n pixels become ceil(n / stride).

    An odd one is added on the right and below, as TensorFlow does.
    """
    field, stride = layer.numbers[-2:]
    height, width = (max((-(-pixels // stride) - 1) * stride + field - pixels, 0) for pixels in size)
    return width // 2, width - width // 2, height // 2, height - height // 2


def _xavier(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


NETWORK, NEEDS, FLOPS = MetaQNN, ("layers",), "rlsearch.networks._metaqnn_flops"

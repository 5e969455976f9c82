"""ResNet-18 of He et al. 2016 as torchvision has it, with a first layer for small images or for large ones."""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor, nn

from rlsearch.networks.base import InputShape, pooled_shape

Stem = Literal["cifar", "imagenet"]
HALVINGS = 3
CHANNELS = 64


class ResNet18(nn.Module):
    """torchvision's resnet18 from scratch, for any number of channels and classes.

    Its stem, a 7x7 convolution of stride 2 and 3x3 max pooling of stride 2, leaves 8x8 of 32x32 pixels; the stem
    `cifar` is the usual one for small images: a 3x3 convolution of stride 1 and no pooling. 11,173,962
    trainable parameters at 3x32x32 and 10 classes (`imagenet`: 11,181,642). Weights are drawn as torchvision draws
    them: convolutions from He et al. 2015, by fan-out.

    Args:
        input_shape: (channels, height, width), at least 8x8 pixels: three stages halve the map, rounded up.
        classes: number of outputs.
        stem: cifar or imagenet.

    Raises:
        ValueError: the images are too small, or there is no such stem.
    """

    def __init__(self, input_shape: InputShape, classes: int, stem: Stem = "cifar") -> None:
        super().__init__()
        pooled_shape(input_shape, HALVINGS, "resnet-18")
        if stem not in get_args(Stem):
            raise ValueError(f"resnet-18 has no stem {stem!r}; allowed: {', '.join(get_args(Stem))}")
        # Here, since torchvision.models imports torch's compiler, which takes seconds.
        from torchvision.models import resnet18

        self.network = resnet18(num_classes=classes)
        kernel, stride = (3, 1) if stem == "cifar" else (7, 2)
        first = nn.Conv2d(input_shape[0], CHANNELS, kernel, stride, padding=kernel // 2, bias=False)
        # As torchvision draws the layer that this one replaces.
        nn.init.kaiming_normal_(first.weight, mode="fan_out", nonlinearity="relu")
        self.network.conv1 = first
        if stem == "cifar":
            self.network.maxpool = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width) to logits (n, classes)."""
        logits: Tensor = self.network(images)
        return logits


NETWORK = ResNet18

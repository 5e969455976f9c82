"""The small convolutional network on which initialisation scales are searched (Yaman & Shondhani 2025)."""

from __future__ import annotations

from torch import nn

from rlsearch.networks.base import FeaturesAndHead, Flatten, InputShape, pooled_shape

FILTERS = (32, 64, 128)
HIDDEN = 256


class SimpleCNN(FeaturesAndHead):
    """Three blocks of [3x3 convolution, SiLU, 2x2 max pooling], a hidden layer of 256 units and a linear head.

    620,362 trainable parameters at 3x32x32 and 10 classes.

    >>> sum(p.numel() for p in SimpleCNN((3, 32, 32), 10).parameters())
    620362

    Args:
        input_shape: (channels, height, width), at least 8x8 pixels.
        classes: number of outputs.

    Raises:
        ValueError: the images are too small for three poolings.
    """

    def __init__(self, input_shape: InputShape, classes: int) -> None:
        super().__init__()
        height, width = pooled_shape(input_shape, len(FILTERS), "simple-cnn")
        widths = (input_shape[0], *FILTERS)
        # Not strict: `widths` begins one earlier, so pairs are (inputs, filters) of each block.
        self.features = nn.Sequential(*(self._block(*pair) for pair in zip(widths, FILTERS, strict=False)))
        self.head = nn.Sequential(
            Flatten(), nn.Linear(FILTERS[-1] * height * width, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, classes)
        )

    @staticmethod
    def _block(inputs: int, filters: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(inputs, filters, 3, padding=1), nn.SiLU(), nn.MaxPool2d(2))


NETWORK = SimpleCNN

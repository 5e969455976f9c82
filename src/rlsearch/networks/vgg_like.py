"""The deeper network with batch normalisation on which selected candidates are retrained (Yaman & Shondhani 2025)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from rlsearch.networks.base import FeaturesAndHead, Flatten, InputShape, pooled_shape

FILTERS = (32, 64, 128)
HIDDEN = 512
DROPOUT = (0.2, 0.3, 0.4, 0.5)
"""After each of the three blocks and after the hidden layer. The source gives no rates: this ladder is our choice."""


class VGGLike(FeaturesAndHead):
    """Three blocks of two [3x3 convolution, Swish, batch norm], each ended by 2x2 max pooling and dropout.

    A hidden layer of 512 units (Swish, batch norm, dropout) and a linear head follow. 1,343,146 trainable parameters
    at 3x32x32 and 10 classes. As in the source, normalisation comes after the activation. Batch norm has torch's
    defaults (momentum 0.1, epsilon 1e-5) where Keras has 0.99, which is 0.01 in torch's convention, and 1e-3.

    >>> sum(p.numel() for p in VGGLike((3, 32, 32), 10).parameters() if p.requires_grad)
    1343146

    Args:
        input_shape: (channels, height, width), at least 8x8 pixels.
        classes: number of outputs.
        dropout: four rates in [0, 1): after each block and after the hidden layer.

    Raises:
        ValueError: the images are too small for three poolings, or the rates are not four numbers in [0, 1).
    """

    def __init__(self, input_shape: InputShape, classes: int, dropout: Sequence[float] = DROPOUT) -> None:
        super().__init__()
        height, width = pooled_shape(input_shape, len(FILTERS), "vgg-like")
        rates = _rates(dropout)
        widths = (input_shape[0], *FILTERS)
        # Not strict: `widths` begins one earlier, and the last rate belongs to the hidden layer.
        blocks = zip(widths, FILTERS, rates, strict=False)
        self.features = nn.Sequential(*(self._block(*block) for block in blocks))
        self.head = nn.Sequential(
            Flatten(),
            nn.Linear(FILTERS[-1] * height * width, HIDDEN),
            nn.SiLU(),
            nn.BatchNorm1d(HIDDEN),
            nn.Dropout(rates[-1]),
            nn.Linear(HIDDEN, classes),
        )

    @staticmethod
    def _block(inputs: int, filters: int, rate: float) -> nn.Module:
        layers: list[nn.Module] = []
        for width in (inputs, filters):
            layers += [nn.Conv2d(width, filters, 3, padding=1), nn.SiLU(), nn.BatchNorm2d(filters)]
        return nn.Sequential(*layers, nn.MaxPool2d(2), nn.Dropout(rate))


def _rates(dropout: Sequence[float]) -> tuple[float, ...]:
    try:
        rates = tuple(float(rate) for rate in dropout)
    except (TypeError, ValueError):
        rates = ()
    if len(rates) != len(DROPOUT) or not all(0 <= rate < 1 for rate in rates):
        raise ValueError(f"vgg-like needs {len(DROPOUT)} dropout rates in [0, 1), got {dropout!r}")
    return rates


NETWORK = VGGLike

"""What the networks share: their two parts, flattening, and the check that an image survives their pooling."""

from __future__ import annotations

import torch
from torch import Tensor, nn

InputShape = tuple[int, int, int]
"""(channels, height, width)."""


def pooled_shape(input_shape: InputShape, pools: int, network: str) -> tuple[int, int]:
    """Return height and width after `pools` halvings, each rounded down.

    Raises:
        ValueError: nothing would be left; the message names the smallest size that works.
    """
    _, height, width = input_shape
    smallest = 2**pools
    if min(height, width) < smallest:
        raise ValueError(
            f"{network} halves its input {pools} times and needs images of at least {smallest}x{smallest} pixels, "
            f"got {height}x{width}"
        )
    return height // smallest, width // smallest


class FeaturesAndHead(nn.Module):
    """A network in two parts: `features` makes maps of images, and `head` makes logits of maps."""

    features: nn.Module
    head: nn.Module

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width) to logits (n, classes)."""
        logits: Tensor = self.head(self.features(images))
        return logits


class Flatten(nn.Flatten):
    """As torch's; after channels-last images its gradient is channels-last too.

    The pooling before it would otherwise copy its own gradient twice: 2 to 4 % of a small network's time on the CPU.
    No number changes.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Map (n, channels, height, width) to (n, channels * height * width)."""
        # Without gradients, as in measuring, there is nothing to lay out anew.
        if input.requires_grad and not input.is_contiguous():
            input.register_hook(_channels_last)
        return super().forward(input)


def _channels_last(gradient: Tensor) -> Tensor:
    return gradient.contiguous(memory_format=torch.channels_last)

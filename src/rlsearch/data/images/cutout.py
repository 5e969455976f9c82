"""Cutout: a square of each image is hidden from the network (DeVries & Taylor 2017, section 3)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

NAME = "cutout-"


def sizes(augment: Sequence[str]) -> list[int]:
    """Return the sides, in pixels, of the squares that a task's `augment` names: 16 of "cutout-16"."""
    return [int(name.removeprefix(NAME)) for name in augment if name.startswith(NAME)]


def hidden(images: Tensor, sides: Sequence[int], generator: torch.Generator) -> Tensor:
    """Return which pixels are hidden, bool (n, 1, height, width), of one square a side in each image.

    A square is centred on any pixel, and what of it lies outside of the image is lost. The network is to see 0 there,
    once the images are scaled.

    Args:
        images: (n, channels, height, width).
        sides: of the squares, at least 1.
        generator: all randomness; with a CPU generator the result does not depend on the images' device.
    """
    count, _, height, width = images.shape
    squares = torch.zeros(count, 1, height, width, dtype=torch.bool, device=generator.device)
    for side in sides:
        rows, columns = (_covered(count, pixels, side, generator) for pixels in (height, width))
        squares |= rows[:, None, :, None] & columns[:, None, None, :]
    return squares.to(images.device)


def _covered(count: int, pixels: int, side: int, generator: torch.Generator) -> Tensor:
    """Return, bool (n, pixels), which rows or columns the square of each image covers."""
    centre = torch.randint(0, pixels, (count, 1), generator=generator, device=generator.device)
    first, place = centre - side // 2, torch.arange(pixels, device=generator.device)
    return (place >= first) & (place < first + side)

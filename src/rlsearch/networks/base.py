"""What the networks share: the check that an image survives their pooling."""

from __future__ import annotations

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

"""The layers of a chain in MetaQNN's notation and their FLOPs, from its text alone: settings need no torch."""

from __future__ import annotations

from typing import Literal

from rlsearch.layer_costs import Maps, Padding, Step, steps
from rlsearch.layer_notation import read

Head = Literal["softmax", "sigmoid"]
CHOICES: dict[str, tuple[object, ...]] = {
    "first": ("same", "valid"),
    "pools": ("valid", "same"),
    "head": ("softmax", "sigmoid"),
    "dropout": (True, False),
}
"""What each option but the layers may be; a rate for `dropout` would be taken for true without a word."""


def forward_flops(
    input_shape: Maps,
    outputs: int,
    layers: str = "",
    first: Padding = "same",
    pools: Padding = "valid",
    head: Head = "softmax",
    dropout: bool = True,
) -> int:
    """Return the FLOPs of one forward pass of one sample without building the network.

    Raises:
        ValueError: as the network does.
    """
    check(first=first, pools=pools, head=head, dropout=dropout)
    return sum(step.flops for step in steps_of(input_shape, outputs, layers, first, pools, head))


def check(**options: object) -> None:
    """Raise a ValueError for what an option cannot be."""
    for name, value in options.items():
        if value not in CHOICES[name]:
            raise ValueError(f"metaqnn has no {name} {value!r}; allowed: {', '.join(map(str, CHOICES[name]))}")


def steps_of(shape: Maps, classes: int, text: str, first: Padding, pools: Padding, head: Head) -> list[Step]:
    """Return the layers of a chain where they stand, the classifier last.

    Raises:
        ValueError: as the network does.
    """
    if not text:
        raise ValueError("metaqnn needs a spec with at least one layer")
    if head == "sigmoid" and classes != 2:
        raise ValueError(f"metaqnn's head 'sigmoid' tells two classes apart, not {classes}; use 'softmax'")
    return steps(read(text), shape, 1 if head == "sigmoid" else classes, first, pools)

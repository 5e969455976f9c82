"""The form of data: what a network is told of its samples before it is built."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """What a network has to know of its data: the first two arguments of its class.

    Attributes:
        shape: of one sample, e.g. (channels, height, width) of an image, or (window,) of tokens that are read together.
        outputs: how many answers it chooses from: classes, words of a vocabulary.
    """

    shape: tuple[int, ...]
    outputs: int

    @property
    def guessed(self) -> float:
        """The probability of a right answer without having learned anything."""
        return 1 / self.outputs

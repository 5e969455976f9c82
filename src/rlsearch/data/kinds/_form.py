"""The form of data: what a network is told of its samples before it is built."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """What a network has to know of its data: the first two arguments of its class.

    Attributes:
        shape: of one sample, e.g. (channels, height, width) of an image, (window,) of tokens that are read together, or
            () of a token that is read with a state.
        outputs: how many answers it chooses from: classes, words of a vocabulary.
        length: of samples that differ in length, the mean, on which FLOPs are counted; no argument of a network.
    """

    shape: tuple[int, ...]
    outputs: int
    length: int = 1

    @property
    def guessed(self) -> float:
        """The probability of a right answer without having learned anything."""
        return 1 / self.outputs

"""Tokens as numbers: the vocabulary of a text, taken from its training part alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.data.text.parts import UNKNOWN
from rlsearch.errors import DataError

Numbers = NDArray[np.unsignedinteger[Any]]
"""Tokens as positions in a vocabulary, in the smallest of uint8, uint16 and uint32 that holds them all."""


@dataclass(frozen=True)
class Vocabulary:
    """Different tokens, each numbered by its position."""

    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words)}

    @property
    def unknown(self) -> int | None:
        """The number of `<unk>`; None where nothing is unknown."""
        return self._numbers.get(UNKNOWN)

    def numbers(self, tokens: Sequence[str]) -> Numbers:
        """Return tokens as numbers (n,); those that the vocabulary does not hold become `<unk>`, which it then has."""
        numbers, unknown = self._numbers, self.unknown
        found = np.fromiter((numbers.get(token, unknown) for token in tokens), np.int64, len(tokens))
        return found.astype(smallest(len(self.words)))

    def frequencies(self, numbers: Numbers) -> NDArray[np.int64]:
        """Return how often each token occurs, int64 (words,)."""
        return np.bincount(numbers, minlength=len(self.words)).astype(np.int64)

    def array(self) -> NDArray[np.str_]:
        """Return the tokens as an array of text, little-endian on every machine."""
        return np.array(self.words, dtype=f"<U{max(map(len, self.words))}")


def of_training(
    train: Iterable[str], others: Iterable[Sequence[str]], most: int | None, where: str, first: Sequence[str] = ()
) -> Vocabulary:
    """Return the most frequent tokens of a training part, of equally frequent ones the first by code points.

    `<unk>` is one of them where it is a token of the text; else it comes last, where some token of any part needs it.

    Args:
        train: the tokens to count.
        others: the parts that are not counted; they decide nothing but whether `<unk>` is needed.
        most: how many tokens; None: all.
        where: the source, for messages.
        first: tokens that every vocabulary begins with, beside the `most`.

    Raises:
        DataError: a token ends with the character NUL, which arrays of text cannot hold.
    """
    counts = Counter(train)
    for token in first:
        counts.pop(token, None)
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    if bad := [token for token in ranked if token.endswith("\0")]:
        raise DataError(
            f"a token ends with the character NUL: {bad[0]!r}",
            where=where,
            remedy="take it out of the text",
        )
    words = (*first, *ranked[:most])
    known = set(words)
    needed = len(words) < len(first) + len(ranked) or any(token not in known for part in others for token in part)
    return Vocabulary((*words, UNKNOWN) if needed and UNKNOWN not in known else words)


def expected(known: int | None, most: int | None, beside: int = 1) -> int | None:
    """Return how large a vocabulary will be at most, before the text is read; None where nothing tells.

    Args:
        known: different tokens of the text, if that is known. most: as in `of_training`.
        beside: tokens that the vocabulary has beside the `most`: `<unk>`, unless the text has it, and those it begins
            with.
    """
    bounds = [bound for bound in (known, None if most is None else most + beside) if bound is not None]
    return min(bounds, default=None)


def smallest(count: int) -> type[np.unsignedinteger[Any]]:
    """Return the smallest unsigned type for the numbers 0 to count - 1."""
    return next(kind for kind in (np.uint8, np.uint16, np.uint32) if count - 1 <= np.iinfo(kind).max)


def unigram_loss(counted: NDArray[np.int64], frequencies: NDArray[np.int64]) -> float:
    """Return the mean loss (nats) of a unigram model on tokens that were counted.

    It gives a token its frequency in the training part, one added to each: so none that is new there has probability 0.

    Args:
        counted: how often each token is to be predicted; frequencies: in the training part; int64 (words,) both.
    """
    chances = (frequencies + 1) / (frequencies.sum() + len(frequencies))
    return float(-(counted * np.log(chances)).sum() / max(1, counted.sum()))


def guess(loss: float, outputs: int) -> float:
    """Return `Resident.guessed` of a unigram model's loss (nats); guessing alike among all outputs is never better."""
    return float(max(np.exp(-loss), 1 / outputs))

"""Text as a source reads it: tokens as strings, before the cut and before they have numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

END, UNKNOWN = "<eos>", "<unk>"
"""The end of a line, which is a token like others, and what stands for words that the vocabulary does not hold."""

Pair = tuple[Sequence[str], Sequence[str]]
"""The tokens of a sentence and of its translation, without ends."""


@dataclass(frozen=True)
class RawText:
    """One stream of tokens for each part.

    Attributes:
        train: the tokens to learn from, in order; parts that are missing are cut from its end.
        validation, test: the source's own parts; None where it has none.
        entropy: of a token, nats: what no model can go below on average, known exactly of made-up text; else None.
        files: what was taken, for the manifest.
    """

    train: Sequence[str]
    validation: Sequence[str] | None = None
    test: Sequence[str] | None = None
    entropy: float | None = None
    files: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RawPairs:
    """Pairs of sentences for each part; missing parts are drawn by name from the pairs to learn from."""

    train: Sequence[Pair]
    validation: Sequence[Pair] | None = None
    test: Sequence[Pair] | None = None
    files: Mapping[str, Any] = field(default_factory=dict)

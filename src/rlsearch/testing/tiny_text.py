"""A made-up text and made-up translations, and small networks for both: cases of the suite of kinds."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rlsearch import seeds
from rlsearch.config.base import Share
from rlsearch.data.text.parts import RawPairs, RawText
from rlsearch.data.text.settings import TextSettings

WORDS = ("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen")


class CutSettings(TextSettings):
    """Settings of a text without parts of its own."""

    test: Share = 0.2

    @property
    def test_share(self) -> float:
        """The share held out first."""
        return self.test


def text(count: int = 4000) -> RawText:
    """Return a text in which each word is followed by the next one, nine times in ten."""
    rng = seeds.generator("tiny text")
    steps = np.where(rng.random(count) < 0.9, 1, rng.integers(0, len(WORDS), count))
    return RawText([WORDS[number] for number in np.cumsum(steps) % len(WORDS)])


class TinyLM(nn.Module):
    """An embedding, an LSTM of torch and a linear layer.

    Args:
        input_shape: (); outputs: words of the vocabulary; hidden: units.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int, hidden: int = 16) -> None:
        super().__init__()
        self.embedding = nn.Embedding(outputs, hidden)
        self.inner = nn.LSTM(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Map tokens (streams, window) and a state to logits (streams, window, outputs) and the state after them."""
        found, state = self.inner(self.embedding(tokens), state)
        return self.head(found), state


def pairs(count: int = 400) -> RawPairs:
    """Return sentences of 2 to 6 words, and their translation: each word's first letter, twice."""
    rng = seeds.generator("tiny pairs")
    sources = [[WORDS[number] for number in rng.integers(0, len(WORDS), rng.integers(2, 7))] for _ in range(count)]
    return RawPairs([(source, [2 * word[0] for word in source]) for source in sources])


class TinyTranslator(nn.Module):
    """Translates word by word: what is said at a place hangs on the source token there and on what was said before.

    Args:
        input_shape: (source words,); outputs: target words; hidden: units.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int, hidden: int = 16) -> None:
        super().__init__()
        self.sources = nn.Embedding(input_shape[0], hidden)
        self.targets = nn.Embedding(outputs, hidden)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, sources: Tensor, targets: Tensor) -> Tensor:
        """Map sources (n, s) and the targets so far (n, t) to logits (n, t, outputs)."""
        beside = nn.functional.pad(sources, (0, max(0, targets.shape[1] - sources.shape[1])))[:, : targets.shape[1]]
        logits: Tensor = self.head(self.sources(beside) + self.targets(targets))
        return logits

    def translate(self, sources: Tensor, most: int) -> Tensor:
        """Return the likeliest next token again and again, (n, at most `most`)."""
        said = sources.new_zeros(len(sources), 1)
        for _ in range(most):
            said = torch.cat([said, self(sources, said)[:, -1:].argmax(2)], dim=1)
        return said[:, 1:]

"""A Markov chain over a few glyphs: the law of the made-up text, and what its readers can know at best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from rlsearch import seeds
from rlsearch.config.base import Distinct, Natural, Settings, Share

WINDOW = 4
"""Glyphs that a reader can see before the one it predicts."""

Floats = NDArray[np.float64]
Lags = Annotated[
    tuple[Annotated[int, Field(ge=1, le=WINDOW)], ...], Field(strict=False, min_length=1, max_length=2), Distinct
]


class LawSettings(Settings):
    """The settings of a chain, which its source and its surrogate share.

    `reads`: how far back the glyphs lie that decide the next one; `favour`: the probability of the glyph that they
    call for, all others being equally likely; `number`: which of all such chains.
    """

    glyphs: Annotated[int, Field(ge=2, le=6)] = 4
    reads: Lags = (1, 3)
    favour: Share = 0.85
    number: Natural = 0


@dataclass(frozen=True)
class MarkovChain:
    """The chain of a law."""

    law: LawSettings

    @property
    def entropy(self) -> float:
        """Nats of a glyph to whom the law and all that it reads are known: no reader does better."""
        others = (1 - self.law.favour) / (self.law.glyphs - 1)
        return -self.law.favour * math.log(self.law.favour) - (1 - self.law.favour) * math.log(others)

    @cached_property
    def next(self) -> Floats:
        """Probabilities of the next glyph, (glyphs,) * (WINDOW + 1): the oldest glyph first, the next one last."""
        law, count = self.law, self.law.glyphs
        shape = (count,) * len(law.reads)
        called = seeds.generator("glyph-chain", "law", law.number).integers(count, size=shape)
        past = np.indices((count,) * WINDOW)
        favourite = called[tuple(past[WINDOW - lag] for lag in law.reads)]
        found = np.full((*favourite.shape, count), (1 - law.favour) / (count - 1))
        np.put_along_axis(found, favourite[..., None], law.favour, axis=-1)
        return found

    @cached_property
    def windows(self) -> Floats:
        """Probabilities of WINDOW + 1 glyphs in a row, once the chain has forgotten how it began."""
        past = np.full(self.next.shape[:-1], 1 / self.next[..., 0].size)
        for _ in range(1000):
            past = (past[..., None] * self.next).sum(axis=0)
        return np.asarray(past[..., None] * self.next)

    def uncertainty(self, lags: Sequence[int]) -> float:
        """Return the nats of a glyph to a reader that sees those which lie so far back, and nothing else."""
        seen = self.windows.sum(axis=tuple(place for place in range(WINDOW) if WINDOW - place not in lags))
        share = seen / seen.sum(axis=-1, keepdims=True)
        return float(-(seen * np.log(share)).sum())

    def text(self, length: int) -> NDArray[np.uint8]:
        """Return a text of the chain, uint8 (length,), drawn by name."""
        rng = seeds.generator("glyph-chain", "text", self.law.number, length)
        steps, drawn = self.next.cumsum(axis=-1), rng.random(length)
        found = [0] * WINDOW
        for one in drawn:
            following = steps[tuple(found[-WINDOW:])]
            found.append(min(int(np.searchsorted(following, one, side="right")), self.law.glyphs - 1))
        return np.array(found[WINDOW:], dtype=np.uint8)

"""Perplexities of word counts: what a text is worth without any network."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise


def perplexities(train: Sequence[str], held_out: Sequence[str]) -> tuple[float, float]:
    """Return the perplexity of add-one unigrams, and of 0.7 bigram + 0.3 unigram, both counted on `train`.

    Every token of the held-out part counts once; the first one, which follows nothing, by its unigram in both.
    """
    counts, following, before = Counter(train), Counter(pairwise(train)), Counter(train[:-1])
    total = len(train) + len(counts)

    def unigram(token: str) -> float:
        return (counts[token] + 1) / total

    def mixed(previous: str, token: str) -> float:
        share = following[previous, token] / before[previous] if before[previous] else 0.0
        return 0.7 * share + 0.3 * unigram(token)

    alone = [math.log(unigram(token)) for token in held_out]
    pairs = [math.log(mixed(previous, token)) for previous, token in pairwise(held_out)]
    means = math.fsum(alone) / len(held_out), (alone[0] + math.fsum(pairs)) / len(held_out)
    return math.exp(-means[0]), math.exp(-means[1])

"""BLEU: how much of what was translated stands in a reference, counted in groups of one to four tokens.

Papineni, Roukos, Ward & Zhu 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation", section 2.3.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence

LONGEST = 4
"""The N of BLEU-N: groups of so many tokens at most."""

Sentence = Sequence[Hashable]


def bleu(translations: Sequence[Sentence], references: Sequence[Sentence]) -> float:
    """Return the BLEU of a corpus, 0 to 100, with one reference for each sentence and without smoothing.

    The geometric mean of the precisions of all orders, each counted over the whole corpus, times the brevity penalty.
    0 where one of the precisions is 0, also where no sentence is long enough for a group of four.

    Args:
        translations: sentences as tokens, without an end; references: those that they should be.

    Raises:
        ValueError: there are not as many references as translations.

    >>> bleu(["the cat sat on the mat".split()], ["the cat sat on the mat".split()])
    100.0
    """
    right, total = [0] * LONGEST, [0] * LONGEST
    for translation, reference in zip(translations, references, strict=True):
        for order in range(LONGEST):
            found, there = groups(translation, order + 1), groups(reference, order + 1)
            # A group counts at most as often as the reference has it (`&` keeps the smaller count).
            right[order] += (found & there).total()
            total[order] += found.total()
    if not all(right):
        return 0.0
    precision = sum(math.log(hits / count) for hits, count in zip(right, total, strict=True)) / LONGEST
    length, wanted = sum(map(len, translations)), sum(map(len, references))
    return 100 * math.exp(precision + min(0.0, 1 - wanted / length))


def groups(sentence: Sentence, order: int) -> Counter[tuple[Hashable, ...]]:
    """Return how often each group of so many neighbouring tokens occurs in a sentence."""
    return Counter(zip(*(sentence[start:] for start in range(order)), strict=False))

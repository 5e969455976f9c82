"""The toy language read by hand: the probability of a sentence, without the grammar that drew it."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from rlsearch.data.sources._toy_words import Words

PLURAL, ADJECTIVE, ADVERB, TRANSITIVE, ABOUT_OBJECT = 0.4, 0.4, 0.3, 0.6, 0.4


def rank_share(stems: Sequence[str], stem: str) -> float:
    """Return the probability of a word by Zipf's law."""
    return 1 / (1 + stems.index(stem)) / harmonic(len(stems))


@functools.cache
def harmonic(count: int) -> float:
    """Return 1 + 1/2 + ... + 1/count."""
    return sum(1 / rank for rank in range(1, count + 1))


class Parser:
    """Reads one sentence from the left and multiplies what each of its choices had as a chance.

    Every verb has to have the ending of its subject: an assertion fails where it has not.
    """

    def __init__(self, words: Words, relative: float, sentence: Sequence[str]) -> None:
        self.known, self.relative, self.rest, self.log = words, relative, list(sentence), 0.0
        self.agreements = 0

    def read(self) -> float:
        """Return the log probability of the whole sentence, its end included."""
        self.verbs(self.nouns())
        assert self.rest == ["<eos>"]
        return self.log

    def nouns(self) -> str:
        """Read a noun phrase and return the ending of its noun."""
        self.chance(rank_share(self.known.determiners, self.rest.pop(0)))
        adjective = self.rest[0] in self.known.adjectives
        self.chance(ADJECTIVE if adjective else 1 - ADJECTIVE)
        if adjective:
            self.chance(rank_share(self.known.adjectives, self.rest.pop(0)))
        noun = self.rest.pop(0)
        stem, ending = noun[:5], noun[5:]
        self.chance(rank_share(self.known.nouns, stem) * (PLURAL if ending.endswith("s") else 1 - PLURAL))
        # The class of a noun is that of its rank.
        assert ending[0] == "ao"[self.known.nouns.index(stem) % 2]
        self.clause(ending)
        return ending

    def clause(self, ending: str) -> None:
        """Read the relative clause of a noun, if it has one."""
        if self.rest[0] != "ke":
            return self.chance(1 - self.relative)
        self.rest.pop(0)
        about_object = self.rest[0] in self.known.determiners
        self.chance(self.relative * (ABOUT_OBJECT if about_object else 1 - ABOUT_OBJECT))
        if about_object:
            return self.verb(self.known.transitive, self.nouns())
        return self.verbs(ending)

    def verbs(self, ending: str) -> None:
        """Read a verb with its object or adverb."""
        transitive = self.rest[0][:5] in self.known.transitive
        self.chance(TRANSITIVE if transitive else 1 - TRANSITIVE)
        self.verb(self.known.transitive if transitive else self.known.intransitive, ending)
        if transitive:
            self.nouns()
            return
        adverb = self.rest[0] in self.known.adverbs
        self.chance(ADVERB if adverb else 1 - ADVERB)
        if adverb:
            self.chance(rank_share(self.known.adverbs, self.rest.pop(0)))

    def verb(self, stems: Sequence[str], ending: str) -> None:
        """Read a verb, which agrees."""
        verb = self.rest.pop(0)
        assert verb[5:] == ending, f"{verb} does not agree with {ending}"
        self.chance(rank_share(stems, verb[:5]))
        self.agreements += 1

    def chance(self, probability: float) -> None:
        """Count a choice."""
        self.log += math.log(probability)

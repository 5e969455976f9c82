"""The words of the toy language: made up, and each shows in its ending what it is.

A stem has two syllables of a consonant and a vowel. What follows tells the part of speech: `n` a noun, `t` a verb, `l`
an adjective, `m` an adverb, `d` a determiner. Nouns and verbs then have an ending for class and number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CONSONANTS, VOWELS = "bfgkprtvz", "aeiou"
MOST_STEMS = (len(CONSONANTS) * len(VOWELS)) ** 2
STEP = 157
"""Prime, so that steps of it reach every stem before they repeat one, and neighbours in rank look unlike."""

ENDINGS = ("a", "as", "o", "os")
"""Of nouns and verbs: class a or o, singular or plural (s)."""

THAT = "ke"
"""Begins a relative clause."""

INFLECTED = re.compile(r"[a-z]{4}(?P<sort>[nt])(?P<ending>[ao]s?)")


@dataclass(frozen=True)
class Words:
    """The words by what they are, the most frequent first; nouns and verbs without their endings."""

    determiners: tuple[str, ...]
    adjectives: tuple[str, ...]
    adverbs: tuple[str, ...]
    nouns: tuple[str, ...]
    transitive: tuple[str, ...]
    intransitive: tuple[str, ...]


def words(determiners: int, adjectives: int, adverbs: int, nouns: int, transitive: int, intransitive: int) -> Words:
    """Return so many words of each sort."""
    verbs = _stems(transitive + intransitive, "t")
    return Words(
        determiners=_stems(determiners, "d"),
        adjectives=_stems(adjectives, "l"),
        adverbs=_stems(adverbs, "m"),
        nouns=_stems(nouns, "n"),
        transitive=verbs[:transitive],
        intransitive=verbs[transitive:],
    )


def is_determiner(word: str) -> bool:
    """Tell whether a word begins a noun phrase."""
    return word.endswith("d")


def is_adjective(word: str) -> bool:
    """Tell whether a word is an adjective of this language; those of the mirror language have endings."""
    return word.endswith("l")


def is_adverb(word: str) -> bool:
    """Tell whether a word is an adverb."""
    return word.endswith("m")


def ending(word: str, sort: str) -> str | None:
    """Return class and number of a noun ("n") or verb ("t"); None where a word is none."""
    match = INFLECTED.fullmatch(word)
    return match["ending"] if match and match["sort"] == sort else None


def _stems(count: int, last: str) -> tuple[str, ...]:
    return tuple(_stem(rank) + last for rank in range(count))


def _stem(rank: int) -> str:
    syllables = [consonant + vowel for consonant in CONSONANTS for vowel in VOWELS]
    first, second = divmod(rank * STEP % MOST_STEMS, len(syllables))
    return syllables[first] + syllables[second]

"""Sentences of the toy language, and what they are in its mirror language: a translation that loses nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from itertools import islice
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from rlsearch import seeds
from rlsearch.data.sources._mirror import mirror, mirrored
from rlsearch.data.sources._toy_settings import Several, ToySettings
from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.store import RawStore
from rlsearch.data.text.parts import END, RawPairs
from rlsearch.data.text.reading import spelled
from rlsearch.data.text.vocabulary import expected
from rlsearch.errors import DataError

TRIES = 1000
"""Sentences drawn for each that is wanted, before the language counts as too small."""


class ToyTranslationSettings(ToySettings):
    """Settings of `toy-translation`: `pairs` different sentences of at most `longest` words, all parts together.

    There are fewer words than in `toy-language`, since one adjective is four in the mirror: 53 and 63.
    """

    source: Literal["toy-translation"] = "toy-translation"
    nouns: Annotated[int, Field(ge=2, le=1000)] = 10
    adjectives: Several = 3
    adverbs: Several = 3
    pairs: Annotated[int, Field(ge=20, le=1_000_000)] = 5000
    longest: Annotated[int, Field(ge=3, le=100)] = 16


class ToyTranslation(Source):
    """Pairs of a sentence and its mirror (`_mirror`); no sentence comes twice, so that none is in two parts."""

    KIND: ClassVar[str] = "pairs"
    settings: ToyTranslationSettings

    def read(self, store: RawStore) -> RawPairs:
        """Return the pairs in the order in which they were drawn; the store is not used.

        Raises:
            DataError: the language has too few sentences of that length.
        """
        ask = self.settings
        sentences = islice(self._sentences(), ask.pairs)
        return RawPairs([(self._tokens(sentence), self._tokens(mirror(sentence))) for sentence in sentences])

    def extent(self) -> Extent:
        """Return the number of pairs that the settings ask for, and of the words of both languages."""
        words = self.settings.grammar.vocabulary() - {END}
        sources, targets = (self._different(side) for side in (words, mirrored(words)))
        return Extent(self.settings.pairs, 0, 1, words=targets, source_words=sources)

    def _different(self, words: Set[str]) -> int | None:
        """Return how many tokens the vocabulary of a language has, with the end of a sentence."""
        return expected(len({*self._tokens(sorted(words)), END}), self.settings.vocabulary, beside=2)

    def _tokens(self, words: Sequence[str]) -> tuple[str, ...]:
        return tuple(spelled(words) if self.settings.tokens == "characters" else words)

    def _sentences(self) -> Iterator[tuple[str, ...]]:
        """Yield different sentences, without their ends."""
        ask, met = self.settings, set[tuple[str, ...]]()
        drawn = ask.grammar.sentences(seeds.generator("toy-translation", ask.seed))
        for (*words, _), _ in islice(drawn, TRIES * ask.pairs):
            sentence = tuple(words)
            if len(sentence) <= ask.longest and sentence not in met:
                met.add(sentence)
                yield sentence
        if len(met) < ask.pairs:
            raise DataError(
                f"found {len(met)} different sentences of at most {ask.longest} words in {TRIES * ask.pairs} drawn",
                where="a dataset of source toy-translation",
                allowed=f"settings with which there are {ask.pairs}, as `pairs` asks",
                remedy="ask for fewer pairs, more words (`nouns`, `adjectives`, ...) or a larger `longest`",
            )


SETTINGS, SOURCE = ToyTranslationSettings, ToyTranslation
TEST_SETTINGS = {"pairs": 300, "nouns": 4, "adjectives": 2, "adverbs": 1, "transitive": 1, "intransitive": 1}

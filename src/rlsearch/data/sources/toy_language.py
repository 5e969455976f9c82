"""A made-up language whose entropy is known: no model can have a lower mean loss, and one could reach it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from rlsearch import seeds
from rlsearch.data.sources._grammar import Grammar
from rlsearch.data.sources._toy_settings import ToySettings
from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.store import RawStore
from rlsearch.data.text.parts import END, RawText
from rlsearch.data.text.reading import LINE_END

DIGITS = 10
"""Decimals of the entropy, nats: machines differ in the last bits of a logarithm, and not in these."""


class ToyLanguageSettings(ToySettings):
    """Settings of `toy-language`: `length` is the number of tokens, words or characters, all parts together.

    `vocabulary` is null: were words left out, what is left would have another entropy, which is not known.
    """

    source: Literal["toy-language"] = "toy-language"
    length: Annotated[int, Field(ge=100, le=10_000_000)] = 100_000
    vocabulary: None = None


class ToyLanguage(Source):
    """Sentences drawn one after another from a stochastic grammar (`_toy_rules`), none knowing of the last."""

    KIND: ClassVar[str] = "text"
    settings: ToyLanguageSettings

    def read(self, store: RawStore) -> RawText:
        """Return `length` tokens, the last sentence cut off where they end; the store is not used."""
        language, ask = self.settings.grammar, self.settings
        spelled = ask.tokens == "characters"
        sentences = language.sentences(seeds.generator("toy-language", ask.seed))
        tokens = chain.from_iterable(_spelled(words) if spelled else words for words, _ in sentences)
        return RawText(list(islice(tokens, ask.length)), entropy=round(token_entropy(language, ask.tokens), DIGITS))

    def extent(self) -> Extent:
        """Return the size that the settings ask for."""
        words = self.settings.grammar.vocabulary()
        different = words if self.settings.tokens == "words" else set(_spelled(words))
        return Extent(self.settings.length, 0, 1, words=len(different))


def token_entropy(language: Grammar, tokens: str) -> float:
    """Return the entropy of a token in nats: that of a sentence over its expected length, `<eos>` included.

    Sentences are independent and their ends are seen, so this is the entropy rate of the stream (the law of large
    numbers over sentences): the mean loss of the best model that there can be.
    """
    counts = language.words()
    # A word is followed by a blank or by the line's end, so that the end itself adds no character.
    sizes = {word: 1 if tokens == "words" else (len(word) + 1) * (word != END) for word in counts}
    return language.sentence_entropy() / sum(counts[word] * sizes[word] for word in counts)


def _spelled(words: Iterable[str]) -> str:
    return " ".join(word for word in words if word != END) + LINE_END


SETTINGS, SOURCE = ToyLanguageSettings, ToyLanguage
TEST_SETTINGS = {"length": 3000, "nouns": 4, "adjectives": 2, "adverbs": 1, "transitive": 1, "intransitive": 1}

"""The settings of the toy language: how many words there are of each sort, and how often clauses are nested."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rlsearch.config.base import LARGEST, Number, Share
from rlsearch.data.sources._grammar import Grammar
from rlsearch.data.sources._toy_rules import grammar
from rlsearch.data.sources._toy_words import words
from rlsearch.data.text.settings import TextSettings

Several = Annotated[int, Field(ge=1, le=1000)]


class ToySettings(TextSettings):
    """What the made-up sources of text have: `test` is the share held out first.

    Attributes:
        seed: another one gives other sentences; the first ones are the same however many there are.
        nouns: of each a singular and a plural; half of them are of each class.
        transitive, intransitive: verbs, of each four forms.
        relative: the probability that a noun has a relative clause.
    """

    seed: Annotated[int, Field(ge=0, le=LARGEST)] = 0
    nouns: Annotated[int, Field(ge=2, le=1000)] = 14
    transitive: Several = 3
    intransitive: Several = 3
    adjectives: Several = 12
    adverbs: Several = 4
    determiners: Several = 2
    # With more, sentences grow longer than a window of text.
    relative: Annotated[Number, Field(ge=0, le=0.5)] = 0.3
    test: Share = 0.2

    @property
    def test_share(self) -> float:
        """The share of the text that is held out first."""
        return self.test

    @property
    def drawn_from(self) -> str:
        """The sentences of a seed: the first ones are the same however many there are."""
        return f"the sentences of seed {self.seed}"

    @property
    def grammar(self) -> Grammar:
        """The rules of the language."""
        counts = self.determiners, self.adjectives, self.adverbs, self.nouns, self.transitive, self.intransitive
        return grammar(words(*counts), self.relative)

"""The toy language: what is drawn, the exactness of its entropy, and agreement over any distance."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from rlsearch import seeds
from rlsearch.data import registry
from rlsearch.data.sources import _toy_words
from rlsearch.data.sources._grammar import START, Grammar, entropy, zipf
from rlsearch.data.sources._toy_rules import grammar
from rlsearch.data.sources._toy_settings import ToySettings
from rlsearch.data.sources._toy_words import Words
from rlsearch.data.sources.base import Extent
from rlsearch.data.sources.toy_language import token_entropy
from rlsearch.data.store import RawStore
from rlsearch.data.text.parts import RawText
from toy_parser import Parser

RECORDED = {
    "whole": ({}, "e218282b6fdb7376a789639c36da879b652d7f9389c35ac9d58df8a5e9b44435"),
    "other": (
        {"seed": 7, "relative": 0.5, "nouns": 5},
        "654ac4e418ba9a3a6ec6c0014f111f89104d0dc897b2cd8b1a689c076081ea1a",
    ),
    "characters": ({"tokens": "characters"}, "1e04fa04d7e2bfc21a67096c878f43dd18ee658b2171010d3b80d1bd230ddaf8"),
}
"""SHA-256 of 5,000 tokens, a line each, under some settings: the same on every machine."""

TINY = {"determiners": 1, "adjectives": 1, "adverbs": 1, "nouns": 2, "transitive": 1, "intransitive": 1}


def settings(**entry: Any) -> Any:
    return registry.settings(source="toy-language", **entry)


def text(**entry: Any) -> RawText:
    raw: RawText = registry.create(settings(**entry)).read(RawStore([]))
    return raw


def digest(tokens: Any) -> str:
    return hashlib.sha256("\n".join(tokens).encode()).hexdigest()


def words_of(ask: ToySettings) -> Words:
    counts = ask.determiners, ask.adjectives, ask.adverbs, ask.nouns, ask.transitive, ask.intransitive
    return _toy_words.words(*counts)


@pytest.mark.parametrize("name", RECORDED)
def test_the_tokens_are_those_that_were_recorded(name: str) -> None:
    entry, recorded = RECORDED[name]
    assert digest(text(length=5000, **entry).train) == recorded


def test_other_processes_draw_the_same() -> None:
    code = (
        "import hashlib; from rlsearch.data import registry as r; from rlsearch.data.store import RawStore as S;"
        "t = r.create(r.settings(source='toy-language', length=5000)).read(S([])).train;"
        "print(hashlib.sha256('\\n'.join(t).encode()).hexdigest())"
    )
    for hashed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hashed, "PYTHONPATH": ":".join(sys.path)}
        out = subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True, text=True)
        assert out.stdout.strip() == RECORDED["whole"][1]


def test_what_the_source_gives() -> None:
    raw = text(length=1234)
    assert (raw.validation, raw.test, raw.files) == (None, None, {})
    assert len(raw.train) == 1234 and registry.create(settings(length=1234)).extent() == Extent(1234, 0, 1, words=72)
    assert list(text(length=200).train) == list(raw.train[:200]), "the first tokens are the same"
    assert list(text(length=200, seed=1).train) != list(raw.train[:200])


def test_the_entropies_of_the_default() -> None:
    language = settings().grammar
    counts = language.words()
    total = sum(counts.values())
    assert len(counts) == 72
    assert text(length=100).entropy == pytest.approx(1.8275735095, abs=2e-10)
    assert entropy([count / total for count in counts.values()]) == pytest.approx(3.4555620854, abs=1e-9)


def test_characters_are_the_words_as_they_are_written() -> None:
    words, characters = text(length=3000).train, text(length=3000, tokens="characters").train
    lines = " ".join(words).replace(" <eos> ", "\n").removesuffix(" <eos>")
    assert "".join(characters) == lines[:3000]
    # The same uncertainty, spread over more tokens.
    raw = text(length=100_000, tokens="characters")
    language = settings().grammar
    sentences = "".join(raw.train).count("\n")
    assert raw.entropy == pytest.approx(language.sentence_entropy() / (len(raw.train) / sentences), rel=0.02)


# -- the entropy is exact ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [{}, {"relative": 0.5, "nouns": 5}, {**TINY, "relative": 0.0}])
def test_the_entropy_is_the_mean_surprise_of_drawn_sentences(entry: dict[str, Any]) -> None:
    ask = settings(**entry)
    drawn = list(islice(ask.grammar.sentences(seeds.generator("test-entropy")), 10_000))
    # Read by hand, so that neither the drawing nor its own count of chances is taken on trust.
    surprise = np.array([-Parser(words_of(ask), ask.relative, sentence).read() for sentence, _ in drawn])
    np.testing.assert_allclose(surprise, [-log for _, log in drawn], rtol=0, atol=1e-9)
    lengths = np.array([len(sentence) for sentence, _ in drawn])
    exact = token_entropy(ask.grammar, "words")
    for values, expected in ((surprise, ask.grammar.sentence_entropy()), (surprise - exact * lengths, 0.0)):
        assert abs(values.mean() - expected) < 4 * values.std(ddof=1) / len(values) ** 0.5


def every(language: Grammar, clauses: int) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield all sentences with at most so many relative clauses, and their probabilities."""
    waiting: list[tuple[tuple[str, ...], tuple[str, ...], float]] = [((), (START,), 1.0)]
    while waiting:
        words, rest, chance = waiting.pop()
        while rest and rest[0] not in language.rules:
            words, rest = (*words, rest[0]), rest[1:]
        if words.count("ke") > clauses:
            continue
        if not rest:
            yield words, chance
            continue
        waiting += [(words, symbols + rest[1:], chance * p) for p, symbols in language.rules[rest[0]]]


def test_without_clauses_the_entropy_is_that_of_all_sentences_listed() -> None:
    language = grammar(_toy_words.words(2, 1, 1, 3, 1, 2), 0.0)
    sentences = dict(every(language, 0))
    assert len(sentences) == len(list(every(language, 0))), "no sentence has two derivations"
    assert math.fsum(sentences.values()) == pytest.approx(1, abs=1e-12)
    assert language.sentence_entropy() == pytest.approx(entropy(list(sentences.values())), abs=1e-12)
    length = math.fsum(p * len(sentence) for sentence, p in sentences.items())
    assert sum(language.words().values()) == pytest.approx(length, abs=1e-12)
    assert token_entropy(language, "words") == pytest.approx(entropy(list(sentences.values())) / length, abs=1e-12)


def test_with_clauses_lists_of_sentences_come_nearer_and_nearer() -> None:
    language = grammar(_toy_words.words(*TINY.values()), 0.05)
    gaps = []
    for clauses in (0, 1, 2):
        listed = list(every(language, clauses))
        assert len({sentence for sentence, _ in listed}) == len(listed), "no sentence has two derivations"
        gaps.append(language.sentence_entropy() - entropy([p for _, p in listed]))
    assert gaps[0] > 10 * gaps[1] > 50 * gaps[2] > 0 and gaps[2] < 0.01


def test_zipf_gives_the_second_word_half_of_the_first() -> None:
    assert zipf(4) == pytest.approx([12 / 25, 6 / 25, 4 / 25, 3 / 25])
    counts = Counter(token[:5] for token in text(length=50_000).train if token[4:5] == "n")
    (first, most), (second, fewer) = counts.most_common(2)
    assert (first, second) == words_of(settings()).nouns[:2] and 1.8 < most / fewer < 2.2


# -- agreement ---------------------------------------------------------------------------------------------------------


def test_every_verb_agrees_with_its_subject_at_any_distance() -> None:
    ask = settings(relative=0.5)
    agreements, nested = 0, 0
    for sentence, _ in islice(ask.grammar.sentences(seeds.generator("test-agreement")), 3000):
        parser = Parser(words_of(ask), ask.relative, sentence)
        parser.read()
        agreements += parser.agreements
        nested += sentence.count("ke") > 1
    assert agreements > 6000 and nested > 500


def test_a_verb_that_does_not_agree_would_be_noticed() -> None:
    with pytest.raises(AssertionError, match="does not agree"):
        Parser(words_of(settings()), 0.3, ["babad", "babana", "babatas", "babad", "babana", "<eos>"]).read()


def test_all_words_differ() -> None:
    listed = grammar(_toy_words.words(100, 1000, 1000, 1000, 1000, 1000), 0.3).words()
    assert len(listed) == 100 + 2000 + 2 * 1000 + 8 * 1000 + 2  # `ke` and `<eos>`
    assert all(len(word) in (2, 5, 6, 7) and word.isalpha() and word.islower() for word in listed if word != "<eos>")


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ({"vocabulary": 50}, "vocabulary"),
        ({"relative": 0.6}, "relative"),
        ({"nouns": 1}, "nouns"),
        ({"length": 99}, "length"),
    ],
)
def test_a_bad_entry_names_its_key(entry: dict[str, Any], key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**entry)
    assert [error["loc"] for error in caught.value.errors()] == [(key,)]

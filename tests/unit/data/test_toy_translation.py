"""The mirror language: there and back, and what no mirror is."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import Any

import pytest

from rlsearch import seeds
from rlsearch.data import registry
from rlsearch.data.sources._mirror import mirror, unmirror
from rlsearch.data.sources.base import Extent
from rlsearch.data.store import RawStore
from rlsearch.data.text.parts import RawPairs
from rlsearch.errors import DataError

RECORDED = "e9db5c334a59f0dfbcca4f966ea75838f9d086e67cd4a53458ea252f18e37cdb"
"""SHA-256 of 500 pairs: the same on every machine."""


def settings(**entry: Any) -> Any:
    return registry.settings(source="toy-translation", **entry)


def pairs(**entry: Any) -> RawPairs:
    raw: RawPairs = registry.create(settings(**entry)).read(RawStore([]))
    return raw


@pytest.mark.parametrize("relative", [0.0, 0.3, 0.5])
def test_sentences_go_there_and_back(relative: float) -> None:
    language = settings(relative=relative, nouns=14, adjectives=12).grammar
    seen = {}
    for (*sentence, _), _ in islice(language.sentences(seeds.generator("test-mirror")), 1000):
        mirrored = mirror(sentence)
        assert unmirror(mirrored) == sentence and mirror(unmirror(mirrored)) == mirrored
        assert seen.setdefault(tuple(mirrored), sentence) == sentence, "two sentences have one mirror"


@pytest.mark.parametrize(
    ("sentence", "mirrored"),
    [
        ("babad babana babata", "dabab anabab atabab"),
        ("babad babal babanas babatas babam", "dabab sanabab salabab mabab satabab"),
        ("babad babana babata bopid bopino", "dabab anabab dipob onipob atabab"),
        ("babad babana ke babata babam bopita", "dabab anabab ek mabab atabab atipob"),
        ("babad babana ke bopid bopil bopinos bopitos babata", "dabab anabab ok dipob sonipob solipob sotipob atabab"),
    ],
)
def test_the_verb_is_last_and_adjectives_follow_inflected(sentence: str, mirrored: str) -> None:
    assert " ".join(mirror(sentence.split())) == mirrored
    assert " ".join(unmirror(mirrored.split())) == sentence


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("babad babana babatas", "'babatas' cannot stand at place 3"),
        ("babad babana", "'the end' cannot stand at place 3"),
        ("babad babana babata babam babam", "'babam' cannot stand at place 5"),
        ("babana babata", "'babana' cannot stand at place 1"),
        ("", "'the end' cannot stand at place 1"),
    ],
)
def test_what_is_no_sentence_has_no_mirror(sentence: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        mirror(sentence.split())


@pytest.mark.parametrize(
    "mirrored", ["dabab anabab", "dabab anabab salabab atabab", "dabab anabab atabab dabab anabab"]
)
def test_what_is_no_mirror_has_no_sentence(mirrored: str) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        unmirror(mirrored.split())


def test_what_the_source_gives() -> None:
    raw = pairs(pairs=500)
    assert (raw.validation, raw.test) == (None, None) and len(raw.train) == 500
    assert registry.create(settings(pairs=500)).extent() == Extent(500, 0, 1, words=64, source_words=54)
    text = "\n".join(f"{' '.join(one)}\t{' '.join(other)}" for one, other in raw.train)
    assert hashlib.sha256(text.encode()).hexdigest() == RECORDED
    assert all(mirror(one) == list(other) for one, other in raw.train)
    assert pairs(pairs=20).train == raw.train[:20] != pairs(pairs=20, seed=1).train


def test_no_sentence_comes_twice_and_none_is_too_long() -> None:
    sentences = [one for one, _ in pairs(pairs=2000, longest=9).train]
    assert len(set(sentences)) == 2000 and max(map(len, sentences)) == 9


def test_the_languages_share_no_word() -> None:
    vocabularies = [{word for pair in pairs().train for word in pair[side]} for side in (0, 1)]
    assert [len(words) for words in vocabularies] == [53, 63] and not vocabularies[0] & vocabularies[1]


def test_characters_are_those_of_the_words() -> None:
    for (one, other), (words, mirrored) in zip(
        pairs(pairs=20, tokens="characters").train, pairs(pairs=20).train, strict=True
    ):
        assert "".join(one) == " ".join(words) and "".join(other) == " ".join(mirrored)


def test_a_language_with_too_few_sentences_is_one_message() -> None:
    few = {"nouns": 2, "transitive": 1, "intransitive": 1, "adjectives": 1, "adverbs": 1, "determiners": 1}
    with pytest.raises(DataError, match="found 4 different sentences of at most 3 words in 20000 drawn") as caught:
        pairs(pairs=20, longest=3, **few)
    assert "larger `longest`" in str(caught.value)

"""BLEU against values worked out by hand, and against the examples of Papineni et al. (2002)."""

from __future__ import annotations

import math

import pytest

from rlsearch.data.text.bleu import bleu, groups


def words(text: str) -> list[str]:
    return text.split()


def test_the_example_of_the_paper_for_clipped_counts() -> None:
    """Section 2.1: seven times "the" is right twice, for the reference has it twice."""
    found, there = groups(words("the the the the the the the"), 1), groups(words("the cat is on the mat"), 1)
    assert (found & there).total() == 2 and found.total() == 7
    assert bleu([words("the the the the the the the")], [words("the cat is on the mat")]) == 0.0  # no pair is right


@pytest.mark.parametrize(
    ("translation", "reference", "expected"),
    [
        # Precisions 5/6, 3/5, 1/4, 0/3: one order without a hit.
        ("the cat sat on the mat", "the cat is on the mat", 0.0),
        # 6/7, 5/6, 4/5, 3/4: as long as the reference and a token more.
        ("a b c d e f x", "a b c d e f", 100 * (6 / 7 * 5 / 6 * 4 / 5 * 3 / 4) ** 0.25),
        # All right, and three tokens shorter than seven: brevity exp(1 - 7 / 4).
        ("a b c d", "a b c d e f g", 100 * math.exp(1 - 7 / 4)),
        # 7/8, 5/7, 3/6, 1/5 in another place of the sentence.
        ("a b c d x e f g", "a b c d y e f g", 100 * (7 / 8 * 5 / 7 * 3 / 6 * 1 / 5) ** 0.25),
        # Too short for a group of four.
        ("a b c", "a b c", 0.0),
        ("", "a b c d", 0.0),
    ],
)
def test_sentences_by_hand(translation: str, reference: str, expected: float) -> None:
    assert bleu([words(translation)], [words(reference)]) == pytest.approx(expected)


def test_counts_are_added_over_the_corpus_before_they_are_divided() -> None:
    translations = [words("a b c d"), words("p q r s t")]
    references = [words("a b c d"), words("p q r x t")]
    # Hits and groups: 4 + 4 of 9, 3 + 2 of 7, 2 + 1 of 5, 1 + 0 of 3; equal lengths, no penalty.
    assert bleu(translations, references) == pytest.approx(100 * (8 / 9 * 5 / 7 * 3 / 5 * 1 / 3) ** 0.25)


def test_a_short_sentence_is_made_up_for_by_a_long_one() -> None:
    """The penalty is that of the corpus: 4 + 6 tokens against 5 + 5."""
    translations = [words("a b c d"), words("p q r s t u")]
    references = [words("a b c d e"), words("p q r s t")]
    assert bleu(translations, references) == pytest.approx(100 * (9 / 10 * 7 / 8 * 5 / 6 * 3 / 4) ** 0.25)


def test_each_translation_has_its_reference() -> None:
    with pytest.raises(ValueError, match="shorter"):
        bleu([words("a")], [])

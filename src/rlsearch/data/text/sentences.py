"""Pairs of sentences between reading and training: the split, and sentences as numbers in rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rlsearch import seeds
from rlsearch.data.text.cuts import sizes
from rlsearch.data.text.parts import END, Pair, RawPairs
from rlsearch.data.text.vocabulary import Numbers, Vocabulary, of_training
from rlsearch.errors import DataError
from rlsearch.word_numbers import STOP

if TYPE_CHECKING:
    from rlsearch.config.dataset_models import DatasetSettings


@dataclass(frozen=True)
class Side:
    """One side of all pairs of a part.

    Attributes:
        rows: (pairs, longest) tokens, each sentence with its end and filled up with `STOP`.
        vocabulary: what they number; frequencies: of the training part with all ends, int64 (words,).
    """

    rows: Numbers
    vocabulary: Vocabulary
    frequencies: NDArray[np.int64]

    @property
    def unknown(self) -> int:
        """How many tokens are `<unk>`."""
        number = self.vocabulary.unknown
        return 0 if number is None else int((self.rows == number).sum())


def lengths(rows: Numbers) -> NDArray[np.int64]:
    """Return the tokens of each sentence (pairs, longest), its end among them."""
    words: NDArray[np.int64] = np.count_nonzero(rows != STOP, axis=1).astype(np.int64)
    return words + 1


def split(raw: RawPairs, settings: DatasetSettings) -> dict[str, Sequence[Pair]]:
    """Return the pairs of each part in the source's order; what has to be cut is drawn by name.

    Pairs of one source sentence stay together, so that none is tested on what it was trained on: a cut may then be a
    few pairs larger than it was asked for.

    Raises:
        DataError: shares and parts do not fit each other, a part is left with fewer than two pairs, or a sentence holds
            the token that ends sentences.
    """
    counts = sizes(raw, settings, "pairs")
    _check_ends(raw, settings.place)
    train, test = list(raw.train), raw.test
    if test is None:
        train, test = _drawn(train, counts[2], "test", settings)
    kept = settings.train_size or len(train)
    if kept < len(train):
        _, train = _drawn(train, kept, "train_size", settings)
    if settings.validation == "published-test":
        return {"train": train, "validation": test, "test": test}
    if raw.validation is not None:
        return {"train": train, "validation": raw.validation, "test": test}
    train, validation = _drawn(train, counts[1], "validation", settings)
    return {"train": train, "validation": validation, "test": test}


def _check_ends(raw: RawPairs, where: str) -> None:
    every = (pair for part in (raw.train, raw.validation or (), raw.test or ()) for pair in part)
    for number, pair in enumerate(every, 1):
        if END in pair[0] or END in pair[1]:
            raise DataError(
                f"pair {number} holds the token {END}, which ends every sentence here",
                where=where,
                remedy="take it out of the sentences",
            )


def _drawn(pairs: Sequence[Pair], count: int, name: str, settings: DatasetSettings) -> tuple[list[Pair], list[Pair]]:
    """Return the pairs that stay and those that are drawn, `count` of them or a few more."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for position, pair in enumerate(pairs):
        groups.setdefault(tuple(pair[0]), []).append(position)
    together, drawn = list(groups.values()), set[int]()
    for index in seeds.generator("split", name, settings.source, settings.split_seed).permutation(len(together)):
        if len(drawn) >= count:
            break
        drawn.update(together[index])
    sides = [[pair for place, pair in enumerate(pairs) if (place in drawn) == taken] for taken in (False, True)]
    return sides[0], sides[1]


def side(parts: Mapping[str, Sequence[Pair]], which: int, most: int | None, where: str) -> dict[str, Side]:
    """Return one side of all parts by their names: 0 the source sentences, 1 the translations.

    Args:
        parts: the pairs by part; most: tokens of the vocabulary beside `<eos>` and `<unk>`; None: all.
        where: the source, for messages.
    """
    sentences = {name: [pair[which] for pair in pairs] for name, pairs in parts.items()}
    train = (token for sentence in sentences["train"] for token in sentence)
    others = (sentence for name, part in sentences.items() if name != "train" for sentence in part)
    vocabulary = of_training(train, others, most, where, first=(END,))
    rows = {name: _rows(part, vocabulary) for name, part in sentences.items()}
    # A row is filled up with ends, of which one belongs to its sentence.
    frequencies = vocabulary.frequencies(rows["train"].ravel())
    frequencies[STOP] = len(rows["train"])
    return {name: Side(rows[name], vocabulary, frequencies) for name in parts}


def _rows(sentences: Sequence[Sequence[str]], vocabulary: Vocabulary) -> Numbers:
    longest = max(map(len, sentences), default=0) + 1
    rows = np.full((len(sentences), longest), STOP, vocabulary.numbers([]).dtype)
    for row, sentence in zip(rows, sentences, strict=True):
        row[: len(sentence)] = vocabulary.numbers(sentence)
    return rows


def shared(parts: Mapping[str, Iterable[Pair]]) -> dict[str, int]:
    """Return of how many pairs the source sentence is one of the training part too, by the part's name."""
    known = {tuple(pair[0]) for pair in parts["train"]}
    return {name: sum(tuple(pair[0]) in known for pair in parts[name]) for name in ("validation", "test")}

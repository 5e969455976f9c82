"""Text before it is tensors: its parts, its vocabulary, its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlsearch.data.kinds.text import KIND
from rlsearch.data.text.parts import RawText
from rlsearch.data.text.vocabulary import of_training, smallest
from rlsearch.errors import DataError
from rlsearch.testing.tiny_text import CutSettings


def cut(raw: RawText, **settings: Any) -> Any:
    return KIND.split(raw, CutSettings(source="made-up", **settings))


def words(part: Any) -> list[str]:
    return [part.vocabulary.words[number] for number in part.tokens]


LETTERS = [chr(ord("a") + number % 7) for number in range(100)]


def test_parts_lie_one_after_the_other() -> None:
    parts = cut(RawText(LETTERS), test=0.1, validation=0.2)
    assert [len(parts[name]) for name in parts] == [72, 18, 10]
    assert [*words(parts["train"]), *words(parts["validation"]), *words(parts["test"])] == LETTERS
    kept = cut(RawText(LETTERS), test=0.1, validation=0.2, train_size=50)
    assert [len(kept[name]) for name in kept] == [40, 10, 10] and words(kept["train"]) == LETTERS[:40]


def test_parts_of_the_source_are_kept() -> None:
    raw = RawText(LETTERS, validation=["a", "b", "z"], test=["a", "c", "y", "z"])
    parts = KIND.split(raw, CutSettings.model_construct(source="made-up", test=None))
    assert words(parts["train"]) == LETTERS
    assert words(parts["validation"]) == ["a", "b", "<unk>"] and words(parts["test"]) == ["a", "c", "<unk>", "<unk>"]
    assert [part.unknown for part in parts.values()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("raw", "settings", "said"),
    [
        (RawText(LETTERS, test=LETTERS), {}, "has a test part of its own, and `test: 0.2` asks for another"),
        (RawText(LETTERS, LETTERS), {"validation": 0.1}, "has a validation part of its own, and `validation: 0.1`"),
        (RawText(LETTERS, []), {}, "the validation part has 0 tokens, of 100 to train on"),
        (RawText(["a"]), {}, "the training part has 0 tokens, of 1"),
        (RawText(LETTERS), {"test": 0.01}, "the test part has 1 tokens, of 100"),
        (RawText([*LETTERS, "\0"] * 2), {}, "a token ends with the character NUL"),
    ],
)
def test_cuts_that_cannot_be(raw: RawText, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError) as caught:
        cut(raw, **settings)
    message = " ".join(str(caught.value).split())
    assert said in message and "where: made-up do: " in message.replace("allowed: at least 2 tokens in every part ", "")


@pytest.mark.parametrize(
    ("train", "others", "most", "expected"),
    [
        ("b b a a c", "a b", None, ("a", "b", "c")),
        ("b b a a c", "a b d", None, ("a", "b", "c", "<unk>")),
        ("b b a a c", "a b", 2, ("a", "b", "<unk>")),
        ("b b a a c", "a b", 3, ("a", "b", "c")),
        ("<unk> b <unk> a c c c", "a", 2, ("c", "<unk>")),
        ("<unk> b b a c c c", "a", 2, ("c", "b", "<unk>")),
        ("é z Z", "z", None, ("Z", "z", "é")),
    ],
)
def test_the_vocabulary_is_that_of_the_training_part(
    train: str, others: str, most: int | None, expected: tuple[str, ...]
) -> None:
    vocabulary = of_training(train.split(), [others.split()], most, "here")
    assert vocabulary.words == expected
    numbers = vocabulary.numbers([*train.split(), *others.split()])
    assert numbers.max() < len(expected) and numbers.dtype == np.uint8
    unknown = sum(word not in expected or word == "<unk>" for word in [*train.split(), *others.split()])
    assert (numbers == vocabulary.unknown).sum() == (unknown if vocabulary.unknown is not None else 0)


def test_characters_may_be_read_from_a_string_and_are_kept_in_files(tmp_path: Path) -> None:
    raw = RawText("the rain\n in spain, é∂😀 " * 20, entropy=0.5)
    parts = cut(raw)
    (tmp_path / "train.npz").write_bytes(KIND.file(parts["train"], raw))
    assert "".join(words(parts["train"])) == raw.train[: len(parts["train"])]
    assert KIND.answers(tmp_path / "train.npz")["words"] == list(parts["train"].vocabulary.words)
    about = KIND.about(raw, parts, CutSettings(source="made-up"))
    assert about["entropy"] == 0.5 and set(about["unigram"]) == set(about["unknown"]) == set(parts)


def test_numbers_take_the_smallest_type() -> None:
    sizes = {count: smallest(count)().itemsize for count in (1, 256, 257, 65_536, 65_537)}
    assert sizes == {1: 1, 256: 1, 257: 2, 65_536: 2, 65_537: 4}

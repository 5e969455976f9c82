"""A user's own translations in aligned files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rlsearch.data import registry
from rlsearch.data.sources.base import Extent
from rlsearch.data.store import RawStore
from rlsearch.data.text.parts import RawPairs
from rlsearch.errors import DataError

PLAIN = {"train.source": b"one two\nthree\n", "train.target": b"owt eno\neerht\n"}


def source(folder: Path, files: dict[str, bytes], **entry: Any) -> Any:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return registry.create(registry.settings(source="pairs-folder", path=str(folder), **entry))


def pairs(folder: Path, files: dict[str, bytes], **entry: Any) -> RawPairs:
    raw: RawPairs = source(folder, files, **entry).read(RawStore([]))
    return raw


def test_lines_of_one_number_are_a_pair(tmp_path: Path) -> None:
    reader = source(tmp_path, PLAIN)
    raw = reader.read(RawStore([]))
    assert raw.train == [(("one", "two"), ("owt", "eno")), (("three",), ("eerht",))]
    assert (raw.validation, raw.test, raw.files["taken"]) == (None, None, {"train": 2})
    assert reader.extent() == Extent(2, 0, 1, words=4, source_words=4)


def test_parts_and_languages_by_their_names(tmp_path: Path) -> None:
    files = {
        **{"Training.en": b"a\r\nb\r\n", "Training.de": b"A\nB", "valid.en": b"c\n", "valid.de": b"C\n"},
        **{"test.en": b"d e\nf\n", "test.de": b"E D\nF\n", "notes.txt": b"\xff", ".hidden.en": b"", "dev.en": b"x\n"},
    }
    reader = source(tmp_path, files, languages=["de", "en"])
    raw = reader.read(RawStore([]))
    assert raw.train == [(("A",), ("a",)), (("B",), ("b",))] and raw.validation == [(("C",), ("c",))]
    assert raw.test == [(("E", "D"), ("d", "e")), (("F",), ("f",))]
    assert raw.files["left_out"] == {"files of other names": {"count": 2, "names": ["dev.en", "notes.txt"]}}
    assert reader.extent() == Extent(2, 2, 1, 1, words=3, source_words=3)


def test_characters(tmp_path: Path) -> None:
    assert pairs(tmp_path, PLAIN, tokens="characters").train[0] == (tuple("one two"), tuple("owt eno"))


def test_pairs_with_an_empty_line_are_left_out_and_listed(tmp_path: Path) -> None:
    files = {"train.source": b"a\n\nc\n \ne\n", "train.target": b"A\nB\n\n\nE\n"}
    reader = source(tmp_path, files)
    raw = reader.read(RawStore([]))
    assert raw.train == [(("a",), ("A",)), (("e",), ("E",))] and reader.extent().train == 2
    names = ["train.source, line 2", "train.source, line 3", "train.source, line 4"]
    assert raw.files["left_out"] == {"pairs with an empty line": {"count": 3, "names": names}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"train.target": b"owt eno\n"}, "train.source has 2 lines and train.target has 1"),
        ({"train.target": b"owt eno\neerht\n\n"}, "train.source has 2 lines and train.target has 3"),
        ({"train.target": b""}, "the file is empty"),
        ({"train.source": b"one\nt\xfco\n"}, "is not UTF-8: byte 0xfc at offset 5"),
        (
            {"train.source": b"\n\nthree", "train.target": b"a\nb\n\n"},
            "no pair without an empty line in the train part",
        ),
        ({"test.source": b"a\n"}, "there is no test.target"),
        ({"valid.target": b"a\n"}, "there is no val.source"),
        ({"training.source": b"a\n"}, "both train.source and training.source could be the train part"),
    ],
)
def test_what_does_not_fit_is_one_message(tmp_path: Path, changes: dict[str, bytes], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        pairs(tmp_path, {**PLAIN, **changes})
    text = str(caught.value)
    assert str(tmp_path) in text and "do:" in text and "allowed:" in text


def test_a_folder_without_pairs_says_what_it_has_to_hold(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no train\.en and no train\.de") as caught:
        pairs(tmp_path, PLAIN, languages=["en", "de"])
    assert "correct `languages`" in str(caught.value)
    with pytest.raises(DataError, match="is a file"):
        registry.create(registry.settings(source="pairs-folder", path=str(tmp_path / "train.source"))).extent()


@pytest.mark.parametrize("languages", [["en"], ["en", "en"], ["en", "de", "fr"], ["en", "../de"], "en"])
def test_languages_are_two_suffixes(languages: Any) -> None:
    with pytest.raises(ValidationError, match="languages"):
        registry.settings(source="pairs-folder", path="mine", languages=languages)

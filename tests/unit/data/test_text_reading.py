"""Text files as tokens: lines, words, characters, and files that are no text."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlsearch.data.text.reading import decoded, lines, read, spelled, tokens, word_tokens
from rlsearch.errors import DataError


def test_words_stand_between_blanks_and_every_line_ends() -> None:
    assert word_tokens(" \n = A  b = \n\nc") == ["<eos>", "=", "A", "b", "=", "<eos>", "<eos>", "c", "<eos>"]
    assert word_tokens("a\r\nb\r\n") == ["a", "<eos>", "b", "<eos>"]


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_a_line_feed_ends_a_line(mark: str) -> None:
    """`str.splitlines` would find another number of lines than the editor in which two files were aligned."""
    assert lines(f"a{mark}b\nc\n") == [f"a{mark}b", "c"]


def test_lines_may_be_empty_and_the_last_one_open() -> None:
    assert lines("a\n\nb") == ["a", "", "b"] == lines("a\n\nb\n")
    assert lines("a\n\n") == ["a", ""] and lines("\n") == [""]


def test_characters_of_words_have_one_blank_between_and_one_line_end() -> None:
    assert "".join(tokens(" a  bc \n\n d \n", "characters")) == "a bc\n\nd\n"
    assert spelled(["a", "<unk>"]) == list("a <unk>") and spelled([]) == []
    assert spelled(["<eos>", "<eos>", "b"]) == ["\n", "\n", "b"]


def test_a_byte_order_mark_is_no_part_of_the_first_word() -> None:
    assert decoded("\ufeffone".encode(), "f") == "one"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b" \n\t\n", "holds nothing but blanks"),
        (b"\xef\xbb\xbf", "holds nothing but blanks"),
        (b"caf\xc3\xa9 caf\xe9 ", "is not UTF-8: byte 0xe9 at offset 9"),
        (b"\xff\xfea\x00", "is not UTF-8: byte 0xff at offset 0"),
        (b"abc\xe2\x82", "is not UTF-8: byte 0xe2 at offset 3"),
    ],
)
def test_what_is_no_text_is_one_message(tmp_path: Path, content: bytes, said: str) -> None:
    place = tmp_path / "mine.txt"
    place.write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        read(place)
    text = str(caught.value)
    assert str(place) in text and "plain text in UTF-8" in text and "do:" in text


def test_a_missing_file_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file") as caught:
        read(tmp_path / "none.txt")
    assert caught.value.where == str(tmp_path / "none.txt")

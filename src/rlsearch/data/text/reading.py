"""Files of text as tokens: what a line is, what a token is, and what is said of a file that is no text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rlsearch.data.text.parts import END
from rlsearch.errors import DataError

LINE_END = "\n"
"""What ends a line where tokens are characters; `END` does where they are words."""

ALLOWED = "plain text in UTF-8"


def decoded(content: bytes, where: str) -> str:
    """Return a file's text, without a byte order mark.

    Raises:
        DataError: it is empty, or not UTF-8; the message has the offset of the first byte that is not.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"is not UTF-8: byte 0x{content[error.start]:02x} at offset {error.start} ({error.reason})",
            where=where,
            allowed=ALLOWED,
            remedy="convert it, e.g. `iconv -f latin1 -t utf-8`, if that is what it was written in",
        ) from None
    # Else the first word would be another one than the same word elsewhere.
    text = text.removeprefix("\ufeff")
    if not text.strip():
        fault = "the file is empty" if not content else "the file holds nothing but blanks"
        raise DataError(fault, where=where, allowed=ALLOWED, remedy="put your text into it, or name another file")
    return text


def read(path: Path) -> str:
    """Return the text of a user's own file.

    Raises:
        DataError: it cannot be read, is empty or not UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        fault = f"cannot read the file: {error.strerror or error}"
        raise DataError(fault, where=str(path), remedy="correct `path`, or the permissions of the file") from None
    return decoded(content, str(path))


def lines(text: str) -> list[str]:
    r"""Return the lines, without what ends them: "\n", or "\r\n" as on Windows.

    >>> lines("one\r\ntwo\u2028still two\n")
    ['one', 'two\u2028still two']
    """
    # Not `splitlines`, which ends lines at ten other characters too: two aligned files would go out of step.
    every = text.split("\n")
    if not every[-1]:
        every.pop()
    return [line.removesuffix("\r") for line in every]


def word_tokens(text: str) -> list[str]:
    """Return what stands between blanks, and `END` after every line, an empty one too."""
    return [token for line in lines(text) for token in (*line.split(), END)]


def spelled(words: Sequence[str]) -> list[str]:
    r"""Return the characters of words as they are written: a blank between two of them, `LINE_END` for every `END`.

    >>> "".join(spelled(["to", "be", "<eos>", "<eos>"]))
    'to be\n\n'
    """
    text = " ".join(LINE_END if word == END else word for word in words)
    return list(text.replace(f" {LINE_END}", LINE_END).replace(f"{LINE_END} ", LINE_END))


def tokens(text: str, kind: str) -> list[str]:
    """Return a text of words as tokens: "words", or the "characters" of its words (`spelled`)."""
    words = word_tokens(text)
    return spelled(words) if kind == "characters" else words

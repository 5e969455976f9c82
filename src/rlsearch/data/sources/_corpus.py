"""A corpus of words that comes in three files, one for each part: its tokens, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.data.sources.base import Extent
from rlsearch.data.text.parts import RawText
from rlsearch.data.text.reading import decoded, tokens
from rlsearch.data.text.settings import TextSettings
from rlsearch.data.text.vocabulary import expected


def corpus(contents: Mapping[str, bytes], kind: str, files: Mapping[str, Any] | None = None) -> RawText:
    """Return the parts of a corpus.

    Args:
        contents: of the files to train, validate and test on, in this order, by the names that messages give.
        kind: "words", with `<eos>` after every line, or "characters", those of the words with one blank between two.
        files: for the manifest.
    """
    train, validation, test = (tokens(decoded(content, name), kind) for name, content in contents.items())
    return RawText(train, validation, test, files=files or {})


def extent(counts: Mapping[str, tuple[int, int, int]], words: int, settings: TextSettings) -> Extent:
    """Return the size of a corpus.

    Args:
        counts: its known numbers of tokens by kind, of the same parts in the same order.
        words: how many different words it has, `<unk>` among them; how many characters is not known.
        settings: of its entry.
    """
    train, validation, test = counts[settings.tokens]
    known, beside = (words, 0) if settings.tokens == "words" else (None, 1)
    return Extent(train, test, 1, validation, expected(known, settings.vocabulary, beside))

"""What Python says about itself: the help on its keywords and topics, which comes with every Python.

It is another text in another patch release, so nothing that is to be the same elsewhere may rest on it.
"""

from __future__ import annotations

import functools
import hashlib
import platform
from typing import ClassVar, Literal

from rlsearch.config.base import Share
from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.store import RawStore
from rlsearch.data.text.parts import RawText
from rlsearch.data.text.reading import word_tokens
from rlsearch.data.text.settings import TextSettings
from rlsearch.data.text.vocabulary import expected
from rlsearch.errors import DataError


class PythonDocsSettings(TextSettings):
    """Settings of `python-docs`: `test` is the share at the end of the text that is held out first."""

    source: Literal["python-docs"] = "python-docs"
    tokens: Literal["words", "characters"] = "characters"
    test: Share = 0.1

    @property
    def test_share(self) -> float:
        """The share of the tokens that is held out first."""
        return self.test

    @property
    def drawn_from(self) -> str:
        """One text, however it is cut."""
        return "the topics of Python's help"


class PythonDocs(Source):
    """The topics of `pydoc_data`, sorted by name, one after another with their line ends."""

    KIND: ClassVar[str] = "text"
    settings: PythonDocsSettings

    def read(self, store: RawStore) -> RawText:
        """Return all tokens, of which parts are cut by position; the store is not used."""
        text, tokens = _text(), _tokens(self.settings.tokens)
        files = {"python": platform.python_version(), "sha256": hashlib.sha256(text.encode()).hexdigest()}
        return RawText(tokens, files=files)

    def extent(self) -> Extent:
        """Return the size of the text that this Python has."""
        count, different = _counts(self.settings.tokens)
        return Extent(count, 0, 1, words=expected(different, self.settings.vocabulary))


def _text() -> str:
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise DataError(
            "this Python comes without its help texts (pydoc_data)",
            where=f"Python {platform.python_version()}, a dataset of source python-docs",
            remedy="install them (Debian: libpython3-stdlib), or use `source: toy-language`",
        ) from None
    return "\n".join(topics[name] for name in sorted(topics))


def _tokens(kind: str) -> list[str]:
    return word_tokens(_text()) if kind == "words" else list(_text())


@functools.cache
def _counts(kind: str) -> tuple[int, int]:
    tokens = _tokens(kind)
    return len(tokens), len(set(tokens))


SETTINGS, SOURCE = PythonDocsSettings, PythonDocs

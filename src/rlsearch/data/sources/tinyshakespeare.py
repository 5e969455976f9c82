"""Tiny Shakespeare (Karpathy 2015): a million characters of plays, cut into 90, 5 and 5 per cent by position."""

from __future__ import annotations

from typing import ClassVar, Literal

from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.store import RawFile, RawStore
from rlsearch.data.text.parts import RawText
from rlsearch.data.text.reading import decoded, word_tokens
from rlsearch.data.text.settings import TextSettings
from rlsearch.data.text.vocabulary import expected

COUNTS = {"words": 242_651, "characters": 1_115_394}
"""All tokens."""

WORDS = {"words": 23_865, "characters": 65}
"""Different ones of the first 90 per cent; of words with `<unk>`, since later ones are new."""


class TinyShakespeareSettings(TextSettings):
    """Settings of `tinyshakespeare`, which is made of characters, the ends of lines among them."""

    source: Literal["tinyshakespeare"] = "tinyshakespeare"
    tokens: Literal["words", "characters"] = "characters"


class TinyShakespeare(Source):
    """One file, as it is. The parts are those of its beginning, its middle and its end: other plays."""

    KIND: ClassVar[str] = "text"
    settings: TinyShakespeareSettings
    FILES: ClassVar[tuple[RawFile, ...]] = (
        RawFile(
            "tinyshakespeare/input.txt",
            "6fb458f1232090904fb40fe944165e91",
            1_115_394,
            "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        ),
    )

    def read(self, store: RawStore) -> RawText:
        """Return the three parts."""
        store.obtain(self.FILES)
        (file,) = self.FILES
        text = decoded(store.read(file), file.path)
        tokens = word_tokens(text) if self.settings.tokens == "words" else list(text)
        train, validation = cuts(len(tokens))
        return RawText(tokens[:train], tokens[train:validation], tokens[validation:])

    def extent(self) -> Extent:
        """Return the known size."""
        count = COUNTS[self.settings.tokens]
        train, validation = cuts(count)
        words = expected(WORDS[self.settings.tokens], self.settings.vocabulary)
        return Extent(train, count - validation, 1, validation - train, words)


def cuts(count: int) -> tuple[int, int]:
    """Return where validation and test begin: after 90 and 95 of a hundred tokens, rounded down."""
    return count * 90 // 100, count * 95 // 100


SETTINGS, SOURCE = TinyShakespeareSettings, TinyShakespeare

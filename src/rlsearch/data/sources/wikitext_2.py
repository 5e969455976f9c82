"""WikiText-2 (Merity et al. 2017): 2.1 million words of Wikipedia's good and featured articles, rare ones `<unk>`."""

from __future__ import annotations

from typing import ClassVar

from rlsearch.data.sources import _corpus
from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.store import RawFile, RawStore
from rlsearch.data.text.parts import RawText
from rlsearch.data.text.settings import TextSettings

FOLDER = "wikitext-2"
URL = (
    "https://raw.githubusercontent.com/pytorch/examples/acc295dc7b90714f1bf47f06004fc19a7fe235c4/"
    "word_language_model/data/wikitext-2"
)
"""A fixed revision of PyTorch's examples, which have the three files as they are in the archive of the authors."""

ARCHIVE = RawFile(f"{FOLDER}/wikitext-2.tar", "4f024cf291bacfa6b3506b6d2def90af", 13_178_880)
"""The same files packed, as they may lie in a root with `.xz` appended; downloaded from nowhere."""

COUNTS = {"words": (2_088_628, 217_646, 245_569), "characters": (10_719_952, 1_113_971, 1_247_769)}
"""Tokens of training, validation and test; of words as Merity et al. count them, the ends of lines among them."""

WORDS = 33_278
"""Different ones, `<unk>` and `<eos>` among them."""


def _file(name: str, md5: str, size: int) -> RawFile:
    return RawFile(f"{FOLDER}/{name}", md5, size, f"{URL}/{name}", ARCHIVE)


class WikiText2(Source):
    """The published parts. Words that are rare in the training part are `<unk>` in the files already."""

    KIND: ClassVar[str] = "text"
    settings: TextSettings
    FILES: ClassVar[tuple[RawFile, ...]] = (
        _file("train.txt", "34a77ebe59551b3a3b3d8c0a2797c976", 10_797_148),
        _file("valid.txt", "d756d22ab2310e7e60c094bea5c5a8eb", 1_121_681),
        _file("test.txt", "781c9418ab9414bd09e4aad825aae752", 1_256_449),
    )

    def read(self, store: RawStore) -> RawText:
        """Return the three parts."""
        store.obtain(self.FILES)
        return _corpus.corpus({file.path: store.read(file) for file in self.FILES}, self.settings.tokens)

    def extent(self) -> Extent:
        """Return the known size."""
        return _corpus.extent(COUNTS, WORDS, self.settings)


SETTINGS, SOURCE = TextSettings, WikiText2

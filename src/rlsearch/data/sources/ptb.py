"""Penn Treebank as Mikolov et al. (2010) prepared it: licensed text, in a folder that the user supplies."""

from __future__ import annotations

import hashlib
from typing import ClassVar, Literal

from rlsearch.config.dataset_models import PathSettings
from rlsearch.data.sources import _corpus
from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.store import RawStore
from rlsearch.data.text.parts import RawText
from rlsearch.data.text.settings import TextSettings
from rlsearch.errors import DataError

SHA256 = {
    "ptb.train.txt": "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
    "ptb.valid.txt": "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
    "ptb.test.txt": "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
}
"""Of the files on which all published perplexities of this corpus were measured, by name in the order of the parts."""

COUNTS = {"words": (929_589, 73_760, 82_430), "characters": (5_017_482, 393_042, 442_423)}
"""Tokens by part. Characters: the bytes of a file less two for the blanks around each line."""

WORDS = 10_000
"""Different ones, `<unk>` and `<eos>` among them."""

ALLOWED = "the files of Mikolov's preparation, with a vocabulary of 10,000 words"


class PtbSettings(TextSettings, PathSettings):
    """Settings of `ptb`: `path` is the folder of the three files."""

    source: Literal["ptb"] = "ptb"


class Ptb(Source):
    """The published parts, each checked by its SHA-256 before it is read."""

    KIND: ClassVar[str] = "text"
    PATH_IS: ClassVar[str] = "folder"
    settings: PtbSettings

    def read(self, store: RawStore) -> RawText:
        """Return the three parts; the store is not used.

        Raises:
            DataError: a file is missing, cannot be read, or is another one.
        """
        if missing := [name for name in SHA256 if not (self.path / name).is_file()]:
            raise DataError(
                f"Penn Treebank is licensed, not downloaded; missing: {', '.join(missing)}",
                where=str(self.path),
                allowed=f"a folder with {', '.join(SHA256)}",
                remedy="put them there from your copy of the corpus (LDC99T42, prepared by Mikolov), or correct `path`",
            )
        contents = {str(self.path / name): self._checked(name) for name in SHA256}
        return _corpus.corpus(contents, self.settings.tokens, {"taken": list(SHA256), "sha256": SHA256})

    def extent(self) -> Extent:
        """Return the size that the published files have."""
        return _corpus.extent(COUNTS, WORDS, self.settings)

    def _checked(self, name: str) -> bytes:
        path = self.path / name
        try:
            content = path.read_bytes()
        except OSError as error:
            fault = f"cannot read the file: {error.strerror or error}"
            raise DataError(fault, where=str(path), remedy="change its permissions") from None
        found = hashlib.sha256(content).hexdigest()
        if found != SHA256[name]:
            raise DataError(
                f"{name} is not the published one: expected sha256 {SHA256[name]}, found {found}",
                where=str(path),
                allowed=ALLOWED,
                remedy="put the original there; other line ends or another encoding make another file",
            )
        return content


SETTINGS, SOURCE = PtbSettings, Ptb

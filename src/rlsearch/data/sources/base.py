"""The contract of a dataset source.

A new one is a file in this folder that sets `SOURCE` to its class and `SETTINGS` to the model of its entries in
`datasets`: `DatasetSettings`, or one of its own that derives from it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rlsearch.data.store import RawFile, RawStore

if TYPE_CHECKING:
    from rlsearch.config.models import DatasetSettings

SHOWN = 20
"""Names that the manifest gives of what was left out for one reason."""


@dataclass(frozen=True)
class Extent:
    """How large a dataset is before it is read.

    Attributes:
        train, test, validation: samples of its own parts (0: it has no such part).
        sample_bytes: of one.
        words: of text, about how many different tokens there are, `<unk>` and ends among them; None: nobody knows. A
            small text may lack some.
        source_words: of pairs likewise, in the language to translate from.
    """

    train: int
    test: int
    sample_bytes: int
    validation: int = 0
    words: int | None = None
    source_words: int | None = None


class Source(ABC):
    """Where a dataset comes from.

    Attributes:
        KIND: what kind of data it yields (a file in rlsearch/data/kinds).
        FILES: raw files, with checksums, that are looked up in the raw store or downloaded; empty for local data.
        PATH_IS: what `path`, the user's own data, has to be: "file" or "folder"; "" where either will do.
        OUTPUTS: how many classes or words there are, where that is known before the data are read.
    """

    KIND: ClassVar[str] = "images"
    FILES: ClassVar[tuple[RawFile, ...]] = ()
    PATH_IS: ClassVar[str] = ""
    OUTPUTS: ClassVar[int | None] = None

    def __init__(self, settings: DatasetSettings, root: Path = Path(".")) -> None:
        self.settings, self.root = settings, root

    @property
    def path(self) -> Path:
        """The user's file or folder; a relative `path` counts from the project root."""
        return self.root / (self.settings.own_data or ".")

    @property
    def outputs(self) -> int | None:
        """`OUTPUTS`; a source whose settings say how many there are returns that."""
        return self.OUTPUTS

    @abstractmethod
    def read(self, store: RawStore) -> Any:
        """Return the whole dataset as its kind takes it (`Kind.split`; of images a `data.images.parts.Raw`).

        What is missing is downloaded. `files` of what is returned is for the manifest (`left_out` below).

        Raises:
            DataError: a file is missing, damaged or of the wrong form.
        """

    @abstractmethod
    def extent(self) -> Extent:
        """Return the size without reading the data (and without a download)."""


def left_out(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the manifest's `files.left_out` of (reason, name) pairs: for each reason the count and the first names."""
    names: dict[str, list[str]] = {}
    for reason, name in pairs:
        names.setdefault(reason, []).append(name)
    return {reason: {"count": len(every), "names": every[:SHOWN]} for reason, every in names.items()}

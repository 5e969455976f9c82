"""The contract of a dataset source.

A new one is a file in this folder that sets `SOURCE` to its class and `SETTINGS` to the model of its entries in
`datasets`: `DatasetSettings`, or one of its own that derives from it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rlsearch.data.store import RawFile, RawStore
from rlsearch.errors import DataError

if TYPE_CHECKING:
    from rlsearch.config.models import DatasetSettings

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
SHOWN = 20
"""Names that the manifest gives of what was left out for one reason."""


@dataclass(frozen=True)
class Part:
    """Labelled images: `images` uint8 (n, channels, height, width), `labels` int64 (n,) in 0..classes-1."""

    images: Images
    labels: Labels

    def take(self, indices: NDArray[np.int64]) -> Part:
        """Return the images at these positions."""
        return Part(self.images[indices], self.labels[indices])

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Raw:
    """A whole dataset before the split.

    Attributes:
        train: the images to learn from, out of which missing parts are cut.
        test, validation: the source's own parts; None where it has none.
        classes: how many there are, numbered 0..classes-1.
        class_names: in the order of their numbers; empty where they have numbers only.
        files: what was taken and what was left out, for the manifest; empty where nothing can be left out.
    """

    train: Part
    test: Part | None
    classes: int
    validation: Part | None = None
    class_names: tuple[str, ...] = ()
    files: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Extent:
    """How large a dataset is before it is read: images of its own parts (0: it has no such part), bytes of one."""

    train: int
    test: int
    sample_bytes: int
    validation: int = 0


class Source(ABC):
    """One kind of dataset.

    Attributes:
        FILES: raw files, with checksums, that are looked up in the raw store or downloaded; empty for local data.
        PATH_IS: what `path`, the user's own data, has to be: "file" or "folder"; "" where either will do.
        CLASSES: how many classes there are, where that is known before the images are read.
    """

    FILES: ClassVar[tuple[RawFile, ...]] = ()
    PATH_IS: ClassVar[str] = ""
    CLASSES: ClassVar[int | None] = None

    def __init__(self, settings: DatasetSettings, root: Path = Path(".")) -> None:
        self.settings, self.root = settings, root

    @property
    def path(self) -> Path:
        """The user's file or folder; a relative `path` counts from the project root."""
        return self.root / (self.settings.own_data or ".")

    @abstractmethod
    def read(self, store: RawStore) -> Raw:
        """Return the whole dataset, downloading what is missing.

        Raises:
            DataError: a file is missing, damaged or of the wrong form.
        """

    @abstractmethod
    def extent(self) -> Extent:
        """Return the size without reading the images (and without a download)."""


def left_out(found: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the manifest's `files.left_out` of (reason, name) pairs: for each reason the count and the first names."""
    names: dict[str, list[str]] = {}
    for reason, name in found:
        names.setdefault(reason, []).append(name)
    return {reason: {"count": len(every), "names": every[:SHOWN]} for reason, every in names.items()}


def check_labels(train: Labels, others: Mapping[str, Labels], where: str) -> int:
    """Return the number of classes.

    Args:
        train: labels of the training images.
        others: labels of the other parts that there are, by name.
        where: the user's file or folder.

    Raises:
        DataError: the training labels are not 0..k-1, each present, or another part lacks a class or holds one more.
    """
    present = np.unique(train)
    if len(present) < 2 or present[0] != 0 or present[-1] != len(present) - 1:
        shown = ", ".join(map(str, present[:12].tolist())) + (", ..." if len(present) > 12 else "")
        raise DataError(
            f"the training labels are {shown or 'empty'}",
            where=where,
            allowed="0, 1, ..., k-1 with at least one image of each of k >= 2 classes",
            remedy="number the classes from 0 without gaps",
        )
    for name, labels in others.items():
        unknown, absent = np.setdiff1d(labels, present), np.setdiff1d(present, labels)
        if len(unknown) or len(absent):
            fault = (
                f"hold class {unknown[0]}, which no training image has" if len(unknown) else f"lack class {absent[0]}"
            )
            raise DataError(
                f"the {name} labels {fault}",
                where=where,
                allowed=f"all of 0 to {len(present) - 1} in every part",
                remedy="add images of the class to the part that lacks it, or remove the class everywhere",
            )
    return len(present)

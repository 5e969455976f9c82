"""The contract of a dataset source. A new one is a file in this folder that sets `SOURCE` to its class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from rlsearch.data.store import RawFile, RawStore
from rlsearch.errors import DataError

if TYPE_CHECKING:
    from rlsearch.config.models import DatasetSettings

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


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
    """A whole dataset before the split; `test` is None where the source has no test set of its own."""

    train: Part
    test: Part | None
    classes: int


@dataclass(frozen=True)
class Extent:
    """How large a dataset is before it is read: images to train on, images to test on, bytes of one image."""

    train: int
    test: int
    sample_bytes: int


class Source(ABC):
    """One kind of dataset.

    Attributes:
        FILES: raw files, with checksums, that are looked up in the raw store or downloaded; empty for local data.
        NEEDS_PATH: whether the settings name a file or folder of the user's own (`path`).
        HAS_TEST: True: a published test set; False: none; None: it depends on the user's files.
        RESIZES: whether `image_size` has a meaning.
        CLASSES: how many classes there are, where that is known before the images are read.
    """

    FILES: ClassVar[tuple[RawFile, ...]] = ()
    NEEDS_PATH: ClassVar[bool] = False
    HAS_TEST: ClassVar[bool | None] = None
    RESIZES: ClassVar[bool] = False
    CLASSES: ClassVar[int | None] = None

    def __init__(self, settings: DatasetSettings, root: Path = Path(".")) -> None:
        self.settings, self.root = settings, root

    @property
    def path(self) -> Path:
        """The user's file or folder; a relative `path` counts from the project root."""
        return self.root / Path(self.settings.path or ".").expanduser()

    @abstractmethod
    def read(self, store: RawStore) -> Raw:
        """Return the whole dataset, downloading what is missing.

        Raises:
            DataError: a file is missing, damaged or of the wrong form.
        """

    @abstractmethod
    def extent(self) -> Extent:
        """Return the size without reading the images (and without a download)."""


def check_labels(train: Labels, test: Labels | None, where: str) -> int:
    """Return the number of classes.

    Raises:
        DataError: the training labels are not 0..k-1, each present, or the test set holds a class beyond them.
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
    unknown = np.setdiff1d(test, present) if test is not None else present[:0]
    if len(unknown):
        raise DataError(
            f"the test labels hold class {unknown[0]}, which no training image has",
            where=where,
            allowed=f"0 to {len(present) - 1}",
            remedy="remove these test images or add training images of the class",
        )
    return len(present)

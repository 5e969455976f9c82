"""Labelled images as a source reads them: arrays on the CPU, before the split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.data.archive import BROKEN, npz
from rlsearch.errors import DataError
from rlsearch.files import npz_fault

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


def npz_bytes(part: Part, classes: int) -> bytes:
    """Return an uncompressed .npz: `images` uint8 (n, c, h, w), `labels` int64 (n,), `classes` int64."""
    images = np.ascontiguousarray(part.images, dtype=np.uint8)
    return npz({"images": images, "labels": part.labels.astype(np.int64), "classes": np.int64(classes)})


def read_npz(path: Path) -> tuple[Part, int]:
    """Read one file of `npz_bytes`: the images, and how many classes there are.

    Raises:
        DataError: it is missing or not such a file.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            part, classes = Part(file["images"], file["labels"]), int(file["classes"])
        types, count = (part.images.dtype, part.labels.dtype), part.images.shape[:1]
        if types != (np.dtype(np.uint8), np.dtype(np.int64)) or part.images.ndim != 4 or part.labels.shape != count:
            raise ValueError("its arrays are no images with labels")
    except BROKEN as error:
        raise DataError(
            f"cannot read a split: {npz_fault(error)}",
            where=str(path),
            remedy="delete the folder and fetch the dataset again",
        ) from None
    return part, classes


def first_of_each(path: Path, count: int, classes: Iterable[int]) -> list[Images]:
    """Return the first `count` images of each of these classes in such a file, uint8 (n, height, width, channels).

    Raises:
        DataError: the file is missing or not such a file.
    """
    part, _ = read_npz(path)
    positions = [np.flatnonzero(part.labels == number)[:count] for number in classes]
    return [part.images[rows].transpose(0, 2, 3, 1) for rows in positions]


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

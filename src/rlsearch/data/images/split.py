"""The split: stratified by label, the same on every machine, and a property of the dataset, not of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rlsearch import seeds
from rlsearch.boundary import rounded_up
from rlsearch.data.images import duplicates
from rlsearch.data.images.parts import Labels, Part, Raw
from rlsearch.errors import DataError

if TYPE_CHECKING:
    from rlsearch.config.models import DatasetSettings

Indices = NDArray[np.int64]


def split(raw: Raw, settings: DatasetSettings) -> dict[str, Part]:
    """Return the parts "train", "validation" and "test", each in the source's order.

    The order of the cuts: a test set where the source has none, then `train_size`, then the validation share of
    what is left (or, for `published-test`, a copy of the test set, so that all training images are kept). All copies
    of a picture stay on one side of a cut.

    Raises:
        DataError: a share is missing or superfluous, or a class has too few images for a cut.
    """
    _check_validation(raw, settings)
    train, test = _with_test(raw, settings)
    if settings.train_size is not None:
        train = train.take(_keep(train.labels, settings.train_size, settings))
    if settings.validation == "published-test":
        return {"train": train, "validation": test, "test": test}
    if raw.validation is not None:
        return {"train": train, "validation": raw.validation, "test": test}
    kept, held = hold_out(train, settings.validation_share, "validation", settings)
    return {"train": train.take(kept), "validation": train.take(held), "test": test}


def _check_validation(raw: Raw, settings: DatasetSettings) -> None:
    if raw.validation is not None and settings.validation is not None:
        raise DataError(
            f"this dataset has a validation part of its own, and `validation: {settings.validation}` asks for another",
            where=settings.place,
            remedy="leave out `validation`, or take the part out of the data",
        )


def _with_test(raw: Raw, settings: DatasetSettings) -> tuple[Part, Part]:
    if raw.test is not None:
        if settings.test_share is not None:
            raise DataError(
                f"this dataset has a test set of its own, and `test: {settings.test_share}` asks for another",
                where=settings.place,
                remedy="leave out `test`",
            )
        return raw.train, raw.test
    if settings.test_share is None:
        raise DataError(
            "this dataset has no test set of its own",
            where=settings.place,
            allowed="a share between 0 and 1",
            remedy="give `test`, the share of the images to hold out (0.2)",
        )
    kept, held = hold_out(raw.train, settings.test_share, "test", settings)
    return raw.train.take(kept), raw.train.take(held)


def _keep(labels: Labels, count: int, settings: DatasetSettings) -> Indices:
    """Return the positions of a stratified part of `count` images."""
    total, classes = len(labels), len(np.unique(labels))
    if count == total:
        return np.arange(total)
    if not classes <= count <= total - classes:
        raise DataError(
            f"`train_size: {count}` does not fit {total} training images of {classes} classes",
            where=settings.place,
            allowed=f"{classes} to {total - classes}, or {total} (all)",
            remedy="change `train_size`, or leave it out to keep all",
        )
    # The held side is the one whose size was asked for.
    return _divide(labels, count, "train_size", settings)[1]


def hold_out(part: Part, size: float, name: str, settings: DatasetSettings) -> tuple[Indices, Indices]:
    """Divide positions, stratified by label, into (kept, held), both ascending; copies follow the first of them.

    Args:
        part: the images to divide; copies count once.
        size: a share in (0, 1), rounded up to whole images, or a number of images (an int).
        name: the setting that asks for the cut; part of the seed's name.
        settings: gives the source and `split_seed`, the other parts of the seed's name.
    """
    (copies,) = duplicates.numbers(part.images)
    # Without copies this is every position in order, so that the cut does not depend on looking for copies.
    first = np.unique(copies, return_index=True)[1]
    kept, held = _divide(part.labels[first], size, name, settings)
    # Position i of `first` is picture number i, so `kept` and `held` hold numbers of pictures.
    sides = np.flatnonzero(np.isin(copies, kept)), np.flatnonzero(np.isin(copies, held))
    _all_classes(part.labels, sides, size, name, settings)
    return sides


def _divide(labels: Labels, size: float, name: str, settings: DatasetSettings) -> tuple[Indices, Indices]:
    """Divide the positions of labels, int (n,), as `hold_out` says."""
    from sklearn.model_selection import train_test_split  # a second of import time

    count = size if isinstance(size, int) else rounded_up(size, len(labels))
    # scikit-learn takes seeds of 32 bits.
    random_state = seeds.integer("split", name, settings.source, settings.split_seed) % 2**32
    try:
        kept, held = train_test_split(
            np.arange(len(labels)), test_size=count, stratify=labels, random_state=random_state
        )
    except ValueError as error:
        raise _too_few(labels, size, name, settings, str(error)) from None
    _all_classes(labels, (kept, held), size, name, settings)
    # They come shuffled; parts keep the order of the source.
    return np.sort(kept), np.sort(held)


def _all_classes(
    labels: Labels, sides: tuple[Indices, Indices], size: float, name: str, settings: DatasetSettings
) -> None:
    for side in sides:
        absent = np.setdiff1d(labels, labels[side])
        if len(absent):
            raise _too_few(labels, size, name, settings, f"class {absent[0]} would be missing from one part")


def _too_few(labels: Labels, size: float, name: str, settings: DatasetSettings, reason: str) -> DataError:
    classes, counts = np.unique(labels, return_counts=True)
    smallest = int(counts.argmin())
    return DataError(
        f"too few different images for `{name}: {size}`: class {classes[smallest]} has {counts[smallest]} of "
        f"{len(labels)} ({reason})",
        where=settings.place,
        allowed="every class in every part",
        remedy=f"add images of the class, or change `{name}`",
    )

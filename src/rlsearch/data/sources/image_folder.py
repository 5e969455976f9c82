"""A user's own image files, one folder a class; `train/` and `test/` above the classes where there is a test set."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from rlsearch.data.sources.base import Extent, Images, Part, Raw, Source, check_labels
from rlsearch.data.store import RawStore
from rlsearch.errors import DataError

_REFUSED = (OSError, UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning)
"""What Pillow raises on no image, or on one of so many pixels that it may be meant to fill the memory."""

GREY, COLOUR = ("1", "L", "LA"), ("P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB")


class ImageFolder(Source):
    """The layout of torchvision's ImageFolder, classes numbered in alphabetical order.

    Images are grey when all files are, RGB otherwise (transparency is dropped); `image_size` squares them by
    bilinear resampling. Folders whose name starts with a dot are left out.
    """

    NEEDS_PATH: ClassVar[bool] = True
    RESIZES: ClassVar[bool] = True

    def read(self, store: RawStore) -> Raw:
        """Return all images, shape (n, 1 or 3, height, width); the store is not used."""
        train, test = self._folders()
        classes = _classes(train)
        if test is not None and _classes(test) != classes:
            differ = sorted(set(classes) ^ set(_classes(test)))
            raise DataError(f"train/ and test/ hold different classes: {', '.join(differ)}", where=str(self.path))
        parts = [_samples(folder, classes) for folder in (train, test) if folder is not None]
        mode, size = _form([path for samples in parts for path, _ in samples], self.settings.image_size)
        loaded = [Part(_load(samples, mode, size), np.array([label for _, label in samples])) for samples in parts]
        last = loaded[1] if test is not None else None
        count = check_labels(loaded[0].labels, {"test": last.labels} if last else {}, str(self.path))
        return Raw(loaded[0], last, count)

    def extent(self) -> Extent:
        """Return the size from the file names and, without `image_size`, the header of one file."""
        train, test = self._folders()
        paths = list(_image_files(train))
        if not paths:
            raise DataError("there are no images", where=str(train), allowed="one folder of images a class")
        side = self.settings.image_size
        size = (side, side) if side else _header(paths[0])[1]
        return Extent(len(paths), sum(1 for _ in _image_files(test)) if test else 0, 3 * math.prod(size))

    def _folders(self) -> tuple[Path, Path | None]:
        """Return the folders of the training and test classes."""
        train, test = self.path / "train", self.path / "test"
        if not self.path.is_dir():
            raise DataError("the folder of images does not exist", where=str(self.path), remedy="correct `path`")
        if test.is_dir() and not train.is_dir():
            raise DataError("there is a folder test/ but no train/", where=str(self.path), remedy="add or rename it")
        return (train, test if test.is_dir() else None) if train.is_dir() else (self.path, None)


def _classes(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _image_files(folder: Path) -> Iterator[Path]:
    known = Image.registered_extensions()
    for name in _classes(folder):
        yield from (path for path in (folder / name).rglob("*") if path.suffix.lower() in known)


def _samples(folder: Path, classes: list[str]) -> list[tuple[str, int]]:
    """Return (file, class) in torchvision's order."""
    from torchvision.datasets.folder import IMG_EXTENSIONS, make_dataset

    numbers = {name: number for number, name in enumerate(classes)}
    try:
        return list(make_dataset(str(folder), numbers, extensions=IMG_EXTENSIONS))
    except (FileNotFoundError, ValueError) as error:
        raise DataError(
            str(error),
            where=str(folder),
            allowed=f"one folder a class, each with images ({', '.join(IMG_EXTENSIONS)})",
            remedy="remove the empty folders or correct `path`",
        ) from None


def _header(path: str | Path) -> tuple[str, tuple[int, int]]:
    """Return an image's mode and (width, height) without decoding it."""
    try:
        with Image.open(path) as image:
            mode, size = image.mode, image.size
    except _REFUSED as error:
        raise _damaged(path, error) from None
    if mode not in GREY + COLOUR:
        raise DataError(f"images of mode {mode} are not supported", where=str(path), allowed="8 bits a channel")
    return mode, size


def _damaged(path: str | Path, error: Exception) -> DataError:
    return DataError(f"cannot read the image: {error}", where=str(path), remedy="replace or remove the file")


def _form(paths: list[str], side: int | None) -> tuple[str, tuple[int, int]]:
    """Return the mode ("L" or "RGB") and the (width, height) that all images get."""
    mode, size = "L", (0, 0)
    for path in paths:
        found, here = _header(path)
        mode = mode if found in GREY else "RGB"
        size = size if any(size) else here
        if side is None and here != size:
            raise DataError(
                f"the images differ in size: {size[0]}x{size[1]} and {here[0]}x{here[1]}",
                where=path,
                remedy="give `image_size`, to which all are resized",
            )
    return mode, (side, side) if side else size


def _load(samples: list[tuple[str, int]], mode: str, size: tuple[int, int]) -> Images:
    """Decode the images to uint8 (n, channels, height, width)."""
    images = np.empty((len(samples), 1 if mode == "L" else 3, size[1], size[0]), dtype=np.uint8)
    for position, (path, _) in enumerate(samples):
        try:
            with Image.open(path) as image:
                pixels = np.asarray(image.convert(mode).resize(size, Image.Resampling.BILINEAR))
        except (OSError, SyntaxError, ValueError) as error:
            raise _damaged(path, error) from None
        images[position] = pixels if mode == "L" else pixels.transpose(2, 0, 1)
    return images


SOURCE = ImageFolder

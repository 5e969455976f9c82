"""A user's own images in one .npz file: `images`, `labels`, and the same with `val_` and `test_` for own parts."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from typing import IO, Any, ClassVar

import numpy as np

from rlsearch.config.dataset_models import OwnDataSettings
from rlsearch.data.images.parts import Images, Labels, Part, Raw, check_labels
from rlsearch.data.sources.base import Extent, Source, left_out
from rlsearch.data.store import RawStore
from rlsearch.errors import DataError
from rlsearch.files import file_sha256, npz_fault

LAYOUTS = "uint8 of shape (n, height, width), (n, height, width, c) or (n, c, height, width) with c = 1 or 3"
PREFIXES = {"validation": "val_", "test": "test_"}
"""How the arrays of a part of its own begin."""


class Npz(Source):
    """Pickled arrays are refused, so that a file from elsewhere cannot run code."""

    PATH_IS: ClassVar[str] = "file"

    def read(self, store: RawStore) -> Raw:
        """Return the user's arrays as (n, channels, height, width); the store is not used."""
        where = str(self.path)
        try:
            with self.path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
            raise _unreadable(where, error) from None
        train = _part(arrays, "", where)
        others = {name: _part(arrays, prefix, where) for name, prefix in PREFIXES.items() if _has(arrays, prefix)}
        for name, part in others.items():
            if part.images.shape[1:] != train.images.shape[1:]:
                shapes = f"{train.images.shape[1:]} and {part.images.shape[1:]}"
                raise DataError(f"`images` and `{PREFIXES[name]}images` differ in shape: {shapes}", where=where)
        classes = check_labels(train.labels, {name: part.labels for name, part in others.items()}, where)
        taken = {name: len(part) for name, part in {"train": train, **others}.items()}
        files = {"taken": taken, "digest": file_sha256(self.path), "left_out": _unread(arrays, where)}
        return Raw(train, others.get("test"), classes, others.get("validation"), files=files)

    def extent(self) -> Extent:
        """Return the size from the arrays' headers alone."""
        try:
            with zipfile.ZipFile(self.path) as file:
                shapes = {name: _shape(file.open(f"{name}.npy")) for name in _image_names(file)}
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise _unreadable(str(self.path), error) from None
        shape = shapes.get("images", (0,))
        test, validation = (shapes.get(f"{PREFIXES[name]}images", (0,))[0] for name in ("test", "validation"))
        return Extent(shape[0], test, int(np.prod(shape[1:], dtype=np.int64)), validation)


def _has(arrays: Mapping[str, Any], prefix: str) -> bool:
    return f"{prefix}images" in arrays or f"{prefix}labels" in arrays


def _unread(arrays: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return what the manifest says of arrays that are not read; refuse what looks like a part."""
    read = {f"{prefix}{kind}" for prefix in ("", *PREFIXES.values()) for kind in ("images", "labels")}
    unread = [name for name in arrays if name not in read]
    # A part under another name (`valid_images`) would otherwise be left out without a word.
    if meant := [name for name in unread if name.endswith(("images", "labels"))]:
        raise DataError(
            f"the array `{meant[0]}` belongs to no part that is known",
            where=where,
            allowed=", ".join(sorted(read)),
            remedy="rename it, or leave it out of the file",
        )
    return left_out(("arrays of other names", name) for name in unread)


def _image_names(file: zipfile.ZipFile) -> list[str]:
    names = [f"{prefix}images" for prefix in ("", *PREFIXES.values())]
    return [name for name in names if f"{name}.npy" in file.namelist()]


def _shape(member: IO[bytes]) -> tuple[int, ...]:
    with member:
        # The header alone: `np.load` would read and unpack the whole array for its shape.
        version = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape: tuple[int, ...] = read(member)[0]
    return shape or (0,)


def _unreadable(where: str, error: Exception) -> DataError:
    return DataError(
        f"cannot read the dataset: {npz_fault(error)}",
        where=where,
        allowed="a .npz file with the arrays `images` and `labels`, without pickled objects",
        remedy="write it with numpy.savez(path, images=images, labels=labels)",
    )


def _part(arrays: Mapping[str, Any], prefix: str, where: str) -> Part:
    for name in (f"{prefix}images", f"{prefix}labels"):
        if name not in arrays:
            raise DataError(f"the array `{name}` is missing; found: {', '.join(arrays) or 'nothing'}", where=where)
    images = _images(arrays[f"{prefix}images"], f"{prefix}images", where)
    return Part(images, _labels(arrays[f"{prefix}labels"], f"{prefix}labels", len(images), where))


def _images(array: np.ndarray, name: str, where: str) -> Images:
    """Bring any of the accepted layouts to (n, channels, height, width)."""
    what = f"`{name}` is {array.dtype} of shape {array.shape}"
    if array.dtype != np.uint8 or array.ndim not in (3, 4) or 0 in array.shape:
        raise DataError(what, where=where, allowed=LAYOUTS, remedy="convert the array")
    if array.ndim == 3:
        return array[:, None]
    first, last = array.shape[1] in (1, 3), array.shape[3] in (1, 3)
    if first == last:
        fault = f"{what}: the channels could be the second or the last axis" if first else f"{what}: no channel axis"
        raise DataError(fault, where=where, allowed=LAYOUTS, remedy="transpose or crop the images")
    return array if first else np.ascontiguousarray(array.transpose(0, 3, 1, 2))


def _labels(array: np.ndarray, name: str, count: int, where: str) -> Labels:
    if array.dtype.kind not in "iu" or array.shape != (count,):
        raise DataError(
            f"`{name}` is {array.dtype} of shape {array.shape}",
            where=where,
            allowed=f"integers of shape ({count},), one for each image",
            remedy="number the classes 0, 1, ...; one-hot labels by labels.argmax(1)",
        )
    return array.astype(np.int64)


SETTINGS = OwnDataSettings
SOURCE = Npz

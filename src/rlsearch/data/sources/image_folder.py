"""A user's own image files, one folder a class, below `train/`, `test/` and `val/` where there are such parts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from rlsearch.config.dataset_models import OwnDataSettings
from rlsearch.data.images.parts import Part, Raw, check_labels
from rlsearch.data.sources import _layout, _pictures
from rlsearch.data.sources._walk import SUFFIXES, shown
from rlsearch.data.sources.base import Extent, Source, left_out
from rlsearch.data.store import RawStore
from rlsearch.errors import DataError
from rlsearch.files import digest, file_sha256


class ImageFolderSettings(OwnDataSettings):
    """Settings of `image-folder`: `image_size` is the side in pixels to which all files are resized."""

    source: Literal["image-folder"] = "image-folder"
    image_size: Annotated[int, Field(ge=4, le=1024)] | None = None


class ImageFolder(Source):
    """The layout of torchvision's ImageFolder; classes are numbered in natural order, 2 before 10.

    Images are grey when all files are, RGB otherwise; they stand upright (EXIF), and what is transparent lies on white.
    `image_size` squares them by bilinear resampling.
    """

    PATH_IS: ClassVar[str] = "folder"
    settings: ImageFolderSettings

    def read(self, store: RawStore) -> Raw:
        """Return all images, shape (n, 1 or 3, height, width); the store is not used."""
        layout = _layout.read(self.path)
        self._refuse_disguised(layout)
        paths = [path for samples in layout.parts.values() for path, _ in samples]
        images = _pictures.decode(paths, _pictures.common_mode(paths), self.settings.image_size)
        parts, start = {}, 0
        for name, samples in layout.parts.items():
            stop = start + len(samples)
            parts[name] = Part(images[start:stop], np.array([label for _, label in samples]))
            start = stop
        others = {name: part.labels for name, part in parts.items() if name != "train"}
        count = check_labels(parts["train"].labels, others, str(self.path))
        test, validation = parts.get("test"), parts.get("validation")
        return Raw(parts["train"], test, count, validation, layout.classes, self._files(layout))

    def extent(self) -> Extent:
        """Return the size from the file names and, without `image_size`, the header of one file."""
        layout = _layout.read(self.path)
        counts = {name: len(samples) for name, samples in layout.parts.items()}
        side = self.settings.image_size
        size = (side, side) if side else _pictures.size_of(layout.parts["train"][0][0])
        # Three channels are assumed: whether all files are grey is known when every header has been read.
        return Extent(counts["train"], counts.get("test", 0), 3 * math.prod(size), counts.get("validation", 0))

    def _files(self, layout: _layout.Layout) -> dict[str, Any]:
        """Return what was taken, with one digest of names and contents, and what was left out."""
        paths_of = {name: [path for path, _ in samples] for name, samples in layout.parts.items()}
        contents = [[self._name(path), file_sha256(path)] for part_paths in paths_of.values() for path in part_paths]
        return {
            "taken": {name: len(part_paths) for name, part_paths in paths_of.items()},
            "digest": digest(contents),
            "left_out": left_out((reason, self._name(path)) for path, reason in layout.left_out.items()),
        }

    def _name(self, path: Path) -> str:
        return shown(path.relative_to(self.path))

    def _refuse_disguised(self, layout: _layout.Layout) -> None:
        plain = [path for path in layout.left_out if path.is_file() and not path.name.startswith(".")]
        hidden = _pictures.disguised([path for path in plain if path.suffix.lower() not in SUFFIXES])
        if hidden is not None:
            raise DataError(
                "a picture has a suffix of no picture",
                where=str(hidden),
                allowed=" ".join(sorted(SUFFIXES)),
                remedy="rename the file, or take it out of the folder",
            )


SETTINGS = ImageFolderSettings
SOURCE = ImageFolder

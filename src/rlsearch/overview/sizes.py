"""How large a dataset is: from its manifest when it is fetched, else from its settings, without a download."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rlsearch.config.cuts import cuts
from rlsearch.config.models import DatasetSettings, Params
from rlsearch.data import registry
from rlsearch.data.store import RawStore
from rlsearch.search import ready

CLASSES = 10
"""Assumed until a dataset is fetched: a source knows its size, not its labels. Only the last layer depends on it."""


@dataclass(frozen=True)
class Sizes:
    """A dataset after the split. `shape` is (channels, height, width); `exact` is False until it is fetched."""

    shape: tuple[int, int, int]
    classes: int
    train: int
    validation: int
    test: int
    exact: bool

    @property
    def bytes(self) -> int:
        """About what `data/<dataset>/` takes: uint8 images and int64 labels."""
        return (self.train + self.validation + self.test) * (math.prod(self.shape) + 8)


def sizes(params: Params, dataset: str, root: Path = Path(".")) -> Sizes:
    """Return the size of a dataset entry.

    Raises:
        DataError: the user's own file or folder cannot be read.
    """
    made = ready.manifest(dataset, root)
    if made is not None and ready.fetched(params, dataset, root):
        counts = made["counts"]
        return Sizes(tuple(made["shape"]), made["classes"], counts["train"], counts["validation"], counts["test"], True)
    settings = params.datasets[dataset]
    extent = registry.create(settings, root).extent()
    return Sizes(
        _shape(extent.sample_bytes), CLASSES, *cuts(settings, extent.train, extent.test, extent.validation), False
    )


def raw_bytes(entries: Iterable[DatasetSettings], root: Path = Path(".")) -> tuple[int, int]:
    """Return (bytes to download, bytes that the raw store grows by); files that entries share count once."""
    store = RawStore.from_environment()
    files = {file for settings in entries for file in registry.create(settings, root).FILES}
    download = store.download_size(files)
    unpacked = sum(file.size for file in store.missing(files) if file.archive is not None)
    return download, download + unpacked


def _shape(sample_bytes: int) -> tuple[int, int, int]:
    """Return the shape of square images of one or three channels; of the same area where they are not square."""
    side = math.isqrt(sample_bytes)
    if side * side == sample_bytes or sample_bytes % 3:
        return 1, side, math.ceil(sample_bytes / side)
    side = math.isqrt(sample_bytes // 3)
    return 3, side, math.ceil(sample_bytes / 3 / side)

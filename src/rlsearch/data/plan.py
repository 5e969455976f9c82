"""What a dataset costs before anything starts: bytes to download and bytes on disk. Never touches the network."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from rlsearch.data import registry
from rlsearch.data.store import RawStore

if TYPE_CHECKING:
    from rlsearch.config.models import DatasetSettings


def download_size(settings: DatasetSettings, root: Path = Path(".")) -> int:
    """Return the bytes still to be downloaded for a dataset entry; 0 if all is at hand."""
    return RawStore.from_environment().download_size(registry.create(settings, root).FILES)


def disk_size(settings: DatasetSettings, root: Path = Path(".")) -> int:
    """Return about how many bytes fetch adds to the disk: `data/<dataset>/`, raw files and archives still to come.

    Images of an `image-folder` count as RGB.

    Raises:
        DataError: the user's file or folder cannot be read.
    """
    source = registry.create(settings, root)
    extent = source.extent()
    test = extent.test or math.ceil((settings.test or 0) * extent.train)
    train = extent.train if extent.test else extent.train - test
    train = min(train, settings.train_size or train)
    copies = 2 if settings.validation == "published-test" else 1
    store = RawStore.from_environment()
    unpacked = sum(file.size for file in store.missing(source.FILES) if file.archive is not None)
    raw = store.download_size(source.FILES) + unpacked
    return (train + copies * test) * (extent.sample_bytes + 8) + raw

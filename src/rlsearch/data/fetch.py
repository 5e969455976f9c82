"""The fetch phase: raw files -> `data/<dataset>/` with canonical bytes (docs/artefacts.md)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rlsearch.config.artefacts import DATA_FILES, data_folder
from rlsearch.config.models import DatasetSettings, Params
from rlsearch.config.plugins import nearest
from rlsearch.data import registry
from rlsearch.data.sources.base import Part
from rlsearch.data.split import split
from rlsearch.data.store import RawStore
from rlsearch.errors import SettingsError
from rlsearch.files import pretty_json, write_atomic


def run(params: Params, dataset: str, root: Path = Path(".")) -> None:
    """Obtain a dataset, split it, and write train, validation, test and manifest.

    All four files are computed before the first is written, the manifest last: an error changes nothing.

    Args:
        params: the settings; `params.datasets[dataset]` says what to do.
        dataset: the entry's name.
        root: the project folder.

    Raises:
        SettingsError: there is no such entry.
        DataError: a raw file is missing or damaged, or the images cannot be split as asked.
        StorageError: the raw store's disk is full.
    """
    if dataset not in params.datasets:
        known = sorted(params.datasets)
        raise SettingsError(f"there is no dataset {dataset!r}{nearest(dataset, known)}", allowed=", ".join(known))
    settings = params.datasets[dataset]
    raw = registry.create(settings, root).read(RawStore.from_environment())
    parts = split(raw, settings)
    content = {f"{name}.npz": npz_bytes(part, raw.classes) for name, part in parts.items()}
    content["manifest.json"] = manifest(settings, parts, raw.classes, content).encode()
    for name in DATA_FILES:
        write_atomic(root / data_folder(dataset) / name, content[name])


def npz_bytes(part: Part, classes: int) -> bytes:
    """Return an uncompressed .npz: `images` uint8 (n, c, h, w), `labels` int64 (n,), `classes` int64.

    NumPy stamps every member with the year 1980, so the bytes depend on the arrays alone.
    """
    buffer = io.BytesIO()
    images = np.ascontiguousarray(part.images, dtype=np.uint8)
    np.savez(buffer, images=images, labels=part.labels.astype(np.int64), classes=np.int64(classes))
    return buffer.getvalue()


def manifest(settings: DatasetSettings, parts: Mapping[str, Part], classes: int, content: Mapping[str, bytes]) -> str:
    """Return manifest.json: source, settings, shape, counts in all and per class, SHA-256 of each file."""
    return pretty_json(
        {
            "source": settings.source,
            "settings": settings.model_dump(mode="json"),
            "shape": list(parts["train"].images.shape[1:]),
            "classes": classes,
            "counts": {name: len(part) for name, part in parts.items()},
            "class_counts": {
                name: np.bincount(part.labels, minlength=classes).tolist() for name, part in parts.items()
            },
            "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in content.items()},
        }
    )

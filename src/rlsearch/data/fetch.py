"""The fetch phase: raw files -> `data/<dataset>/` with canonical bytes (docs/artefacts.md)."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rlsearch.config.artefacts import DATA_FILES, data_folder
from rlsearch.config.models import DatasetSettings, Params
from rlsearch.config.plugins import nearest
from rlsearch.data import duplicates, registry
from rlsearch.data.sources.base import Part, Raw
from rlsearch.data.split import split
from rlsearch.data.store import RawStore
from rlsearch.errors import SettingsError
from rlsearch.files import pretty_json, write_atomic

log = logging.getLogger(__name__)
NAMED = 3
"""Names that a remark gives of what was left out; the manifest gives more."""


def run(params: Params, dataset: str, root: Path = Path(".")) -> list[str]:
    """Obtain a dataset, split it, and write train, validation, test and manifest.

    All four files are computed before the first is written, the manifest last: an error changes nothing.

    Args:
        params: the settings; `params.datasets[dataset]` says what to do.
        dataset: the entry's name.
        root: the project folder.

    Returns:
        What a user should know about the images, in sentences; also in the log, the manifest and the report.

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
    about = manifest(settings, raw, parts, content)
    content["manifest.json"] = pretty_json(about).encode()
    for name in DATA_FILES:
        write_atomic(root / data_folder(dataset) / name, content[name])
    return _told(dataset, about)


def npz_bytes(part: Part, classes: int) -> bytes:
    """Return an uncompressed .npz: `images` uint8 (n, c, h, w), `labels` int64 (n,), `classes` int64.

    NumPy stamps every member with the year 1980, so the bytes depend on the arrays alone.
    """
    buffer = io.BytesIO()
    images = np.ascontiguousarray(part.images, dtype=np.uint8)
    np.savez(buffer, images=images, labels=part.labels.astype(np.int64), classes=np.int64(classes))
    return buffer.getvalue()


def manifest(
    settings: DatasetSettings, raw: Raw, parts: Mapping[str, Part], content: Mapping[str, bytes]
) -> dict[str, Any]:
    """Return what manifest.json says (docs/artefacts.md)."""
    copies = duplicates.count(parts, copied=settings.validation == "published-test")
    return {
        "source": settings.source,
        "settings": settings.model_dump(mode="json"),
        "shape": list(parts["train"].images.shape[1:]),
        "classes": raw.classes,
        "class_names": list(raw.class_names) or None,
        "counts": {name: len(part) for name, part in parts.items()},
        "class_counts": {
            name: np.bincount(part.labels, minlength=raw.classes).tolist() for name, part in parts.items()
        },
        "duplicates": copies,
        "files": dict(raw.files) or None,
        "remarks": [*duplicates.remarks(copies), *_left_out(raw.files.get("left_out", {}))],
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in content.items()},
    }


def _left_out(found: Mapping[str, Any]) -> list[str]:
    lines = []
    for reason, entry in found.items():
        more = ["..."] if entry["count"] > NAMED else []
        lines.append(f"left out, {reason}: {entry['count']} ({', '.join([*entry['names'][:NAMED], *more])})")
    return lines


def _told(dataset: str, about: Mapping[str, Any]) -> list[str]:
    """Write what was made to the log, and return what should be looked at."""
    names: list[str] = about["class_names"] or []
    log.info("%s: %s", dataset, ", ".join(f"{count} {name} images" for name, count in about["counts"].items()))
    named = ", ".join(f"{number} = {name}" for number, name in enumerate(names))
    log.info("%s: %d classes%s", dataset, about["classes"], f", {named}" if named else "")
    remarks: list[str] = about["remarks"]
    for line in remarks:
        log.warning("%s: %s", dataset, line)
    return remarks

"""The fetch phase: raw files -> `data/<dataset>/` with canonical bytes (docs/artefacts.md)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rlsearch.config.artefacts import DATA_FILES, data_folder
from rlsearch.config.models import DatasetSettings, Params
from rlsearch.config.plugins import nearest
from rlsearch.data import registry
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Kind
from rlsearch.data.store import RawStore
from rlsearch.errors import DataError, SettingsError
from rlsearch.files import pretty_json, write_output

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
        What a user should know about the data, in sentences; also in the log, the manifest and the report.

    Raises:
        SettingsError: there is no such entry.
        DataError: a raw file is missing or damaged, or the data cannot be split as asked.
        StorageError: the raw store's disk is full.
    """
    if dataset not in params.datasets:
        names = sorted(params.datasets)
        raise SettingsError(f"there is no dataset {dataset!r}{nearest(dataset, names)}", allowed=", ".join(names))
    content, about = contents(params.datasets[dataset], root)
    for name in DATA_FILES:
        write_output(root / data_folder(dataset) / name, content[name])
    return _told(dataset, about, kinds.of_source(params.datasets[dataset].source))


def contents(settings: DatasetSettings, root: Path = Path(".")) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the bytes of DATA_FILES by name, and the manifest (docs/artefacts.md)."""
    kind = kinds.of_source(settings.source)
    raw = registry.create(settings, root).read(RawStore.from_environment())
    parts = kind.split(raw, settings)
    if empty := [name for name, part in parts.items() if not len(part)]:
        raise DataError(
            f"the split leaves nothing for {' and '.join(empty)}",
            where=f"a dataset of source {settings.source}",
            remedy="change its test, validation or train_size",
        )
    files = {f"{name}.npz": kind.file(part, raw) for name, part in parts.items()}
    about = {
        "source": settings.source,
        "settings": settings.model_dump(mode="json"),
        **kind.about(raw, parts, settings),
        "counts": {name: len(part) for name, part in parts.items()},
        "files": dict(raw.files) or None,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    about["remarks"] = [*kind.remarks(about), *_left_out(raw.files.get("left_out", {}))]
    return {**files, "manifest.json": pretty_json(about).encode()}, about


def _left_out(reasons: Mapping[str, Any]) -> list[str]:
    lines = []
    for reason, entry in reasons.items():
        more = ["..."] if entry["count"] > NAMED else []
        lines.append(f"left out, {reason}: {entry['count']} ({', '.join([*entry['names'][:NAMED], *more])})")
    return lines


def _told(dataset: str, about: Mapping[str, Any], kind: Kind) -> list[str]:
    """Write what was made to the log, and return what should be looked at."""
    for what, value in kind.facts(about).items():
        log.info("%s: %s: %s", dataset, what, value)
    remarks: list[str] = about["remarks"]
    for line in remarks:
        log.warning("%s: %s", dataset, line)
    return remarks

"""Resolved settings as plain values, defaults filled in, and the file that jobs are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlsearch.config.models import Params
from rlsearch.files import canonical_json, digest, write_atomic


def dump(params: Params) -> dict[str, Any]:
    """Return the resolved settings as plain JSON-able values, defaults filled in."""
    return params.model_dump(mode="json")


def write_resolved(params: Params, folder: Path) -> Path:
    """Write the resolved settings to `folder/<digest>.json` and return that path."""
    value = dump(params)
    path = folder / f"{digest(value)}.json"
    # The name is the digest of the content, so what is there is the same.
    if not path.exists():
        write_atomic(path, canonical_json(value))
    return path

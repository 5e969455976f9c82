"""Resolved settings as plain values, defaults filled in, and the file that jobs are given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from rlsearch.config.base import WHOLE
from rlsearch.config.models import Params
from rlsearch.files import canonical_json, digest, write_atomic


def dump(params: Params) -> dict[str, Any]:
    """Return the resolved settings as plain JSON-able values, defaults filled in but for later keys (`Extended`)."""
    return params.model_dump(mode="json")


def shown(params: Params) -> dict[str, Any]:
    """Return the resolved settings with every default, for people to read."""
    return params.model_dump(mode="json", context=WHOLE)


def ordered(params: Params) -> Params:
    """Return the settings as jobs have them: from the resolved file, whose mappings are sorted by their keys.

    params.yaml keeps the order in which its agents are written, and what follows from that order differs.
    """
    return cast(Params, _ordered(params))


def _ordered(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _ordered(getattr(value, name)) for name in type(value).model_fields})
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return type(value)(map(_ordered, value))
    return value


def write_resolved(params: Params, folder: Path) -> Path:
    """Write the resolved settings to `folder/<digest>.json` and return that path."""
    value = dump(params)
    path = folder / f"{digest(value)}.json"
    # The name is the digest of the content, so what is there is the same.
    if not path.exists():
        write_atomic(path, canonical_json(value))
    return path


def kept(path: Path) -> Any:
    """Return what `write_resolved` left at a path, settings that were checked before; None for any other file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8")) if path.suffix == ".json" else None
    except (OSError, ValueError):  # whoever reads it says what is wrong with it
        return None
    return value if value is not None and digest(value) == path.stem else None

"""The stamp of a JSON artefact: the settings it was made under, and what it and the files beside it held at that time.

It shows a file that was changed by hand or restored from another run. It is no protection against forgery: who
rewrites a ledger can write a new stamp too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rlsearch.errors import RlsearchError
from rlsearch.files import canonical_json, digest, file_sha256

BLOCK = "provenance"
"""The block that holds a stamp: `asked`, `files` (SHA-256 by name) and `seal`, over all else in the artefact."""


def stamped(value: Mapping[str, Any], asked: str, files: Mapping[str, str | bytes] | None = None) -> dict[str, Any]:
    """Return an artefact, which has a block `provenance`, with its stamp.

    Args:
        value: the artefact, as JSON can hold it.
        asked: digest of the settings of its job (`config.asked`).
        files: the contents of files in the same folder that belong to it, by name.
    """
    block = {**value[BLOCK], "asked": asked, "files": {name: _sum(content) for name, content in (files or {}).items()}}
    # As a reader parses it: there all keys are text, in the order of text.
    parsed: dict[str, Any] = json.loads(canonical_json({**value, BLOCK: block}))
    return {**value, BLOCK: {**block, "seal": _seal(parsed)}}


def check(path: Path, value: Mapping[str, Any]) -> None:
    """Compare an artefact, and those of its files that are there, with its stamp; one without a stamp passes.

    Raises:
        RlsearchError: the artefact or a file beside it has been changed; the message names it.
    """
    block = value.get(BLOCK)
    if not isinstance(block, Mapping) or "seal" not in block:
        return
    if _seal(value) != block["seal"]:
        raise _changed(path)
    for name, sha256 in block["files"].items():
        beside = path.with_name(name)
        if beside.exists() and file_sha256(beside) != sha256:
            raise _changed(beside)


def asked_of(value: Mapping[str, Any]) -> str | None:
    """Return the digest of the settings that an artefact was made under; None where it has no stamp."""
    block = value.get(BLOCK)
    asked = block.get("asked") if isinstance(block, Mapping) else None
    return asked if isinstance(asked, str) else None


def _seal(value: Mapping[str, Any]) -> str:
    # The seal covers all but itself.
    return digest({**value, BLOCK: {key: item for key, item in value[BLOCK].items() if key != "seal"}})


def _sum(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _changed(path: Path) -> RlsearchError:
    return RlsearchError(
        "the file has been changed since its job wrote it",
        where=str(path),
        remedy="put it back as it was; or delete it and make run, which makes it again from the work in .rlsearch",
    )

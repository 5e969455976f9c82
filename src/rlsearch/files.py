"""Atomic writes, canonical JSON and digests: the three things every artefact relies on."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rlsearch.errors import RlsearchError


def write_atomic(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Write `content` under `path` so that a reader sees the old file or the new one, never a part.

    `durable=False` leaves out the fsync: for caches that can be rebuilt.
    """
    data = content.encode() if isinstance(content, str) else content
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            os.chmod(temporary, 0o666 & ~_UMASK)
            os.replace(temporary, path)
        except BaseException:  # Ctrl-C too leaves nothing half-written
            Path(temporary).unlink(missing_ok=True)
            raise


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name `path` in an OSError: a full disk shows while a file is written, where no name is known any more."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.filename = str(path)
        raise


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_UMASK = _read_umask()


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no blanks; NaN and infinities are refused, since JSON has none."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def pretty_json(value: Any) -> str:
    """Return JSON for people: indented, sorted, with a final newline."""
    return json.dumps(value, sort_keys=True, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def digest(value: Any) -> str:
    """Return 32 hexadecimal digits of the SHA-256 of a JSON-able value's canonical form."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:32]


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> Any:
    """Parse one JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_jsonl(path: Path) -> list[Mapping[str, Any]]:
    """Parse a file of one JSON object a line.

    Raises:
        RlsearchError: a line is torn or is no JSON.
    """
    lines = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            lines.append(json.loads(line))
        except ValueError:
            raise RlsearchError(
                f"line {number} of the file is damaged",
                where=str(path),
                remedy="delete the file and run the same command again; finished work is in .rlsearch",
            ) from None
    return lines

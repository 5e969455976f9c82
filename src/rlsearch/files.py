"""Atomic writes, canonical JSON and digests: the three things every artefact relies on."""

from __future__ import annotations

import csv
import glob
import hashlib
import io
import json
import os
import secrets
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rlsearch.errors import RlsearchError, StorageError


def write_atomic(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Write `content` under `path` so that a reader sees the old file or the new one, never a part.

    `durable=False` leaves out the fsync: for caches that can be rebuilt.
    """
    data = content.encode() if isinstance(content, str) else content
    # Beside the target: os.replace is atomic within one file system only.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with naming(path):
        _make_folder(path.parent)
        try:
            with temporary.open("xb") as file:
                file.write(data)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:  # Ctrl-C too leaves nothing half-written
            temporary.unlink(missing_ok=True)
            raise


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it.

    Raises:
        StorageError: none can be made there, as below /proc, or in a working directory that has been removed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError:
        raise StorageError("no folder can be made here", where=str(folder), remedy="name another folder") from None


def write_output(path: Path, content: bytes | str) -> None:
    """Write an artefact atomically, and remove what killed writes of it left beside it.

    Only for files of one writer at a time: another's unfinished write would go too. Without it a kill between the two
    steps of a write would leave a file in a folder that is versioned as a whole.
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        left.unlink(missing_ok=True)
    write_atomic(path, content)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name `path` in an OSError: a full disk shows while a file is written, where no name is known any more."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.filename = str(path)
        raise


def write_if_changed(path: Path, content: str) -> None:
    """Write `content` under `path`, unless the file holds it already: a job that goes on needs no room for that."""
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        write_atomic(path, content)


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


def sealed(value: Mapping[str, Any], before: int = 0) -> tuple[bytes, int]:
    """Return a JSON object with a checksum as its last key, and that sum, without a line end.

    Args:
        value: the object; it has no key `sum`.
        before: the sum of the line above, so that none can be lost, doubled or moved unseen.
    """
    body = canonical_json(value).encode()
    total = zlib.crc32(body, before)
    # Without the closing brace, which the seal brings back. CRC-32 shows accidents, not forgery.
    return body[:-1] + _seal(total), total


def unsealed(raw: bytes, before: int = 0) -> tuple[dict[str, Any], int]:
    """Return the object of a sealed line, and its sum.

    Raises:
        ValueError: any byte of the line, or the line above, is not what was written.
    """
    body = raw[: -len(_seal(0))] + b"}"
    total = zlib.crc32(body, before)
    if not raw.endswith(_seal(total)):
        raise ValueError("its checksum does not fit")
    value: dict[str, Any] = json.loads(body)
    return value, total


def _seal(total: int) -> bytes:
    return b',"sum":"%08x"}' % total


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return CSV text with plain line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def read_csv(path: Path) -> list[dict[str, str]]:
    """Parse one CSV file that was written here.

    Raises:
        RlsearchError: it is torn, or a row is longer or shorter than the first.
    """
    try:
        text = path.read_bytes().decode()
        csv.field_size_limit(sys.maxsize)  # a cell may hold the weights of a policy
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except (ValueError, csv.Error):
        raise damaged("the table is damaged", path) from None
    if not text.endswith("\n") or any(None in row or None in row.values() for row in rows):
        raise damaged("the table is damaged: its end or a cell is missing", path)
    return rows


def read_json(path: Path, *needed: str) -> Any:
    """Parse one JSON file, an object that has the keys `needed` where any are.

    Raises:
        RlsearchError: the file is no JSON, or lacks one of them.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise damaged("the file is damaged: it is no JSON", path) from None
    missing = [key for key in needed if not isinstance(value, dict) or key not in value]
    if missing:
        raise damaged(f"the file is damaged: it has no {', '.join(missing)}", path)
    return value


def read_object(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in a file; None where there is none, or none that is whole: another may be writing it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def damaged(what: str, path: Path) -> RlsearchError:
    """Return the error of an artefact that is not what was written; it can be made again."""
    again = "delete the file and run the same command again; finished work is in .rlsearch"
    return RlsearchError(what, where=str(path), remedy=again)


def npz_fault(error: Exception) -> str:
    """Return why NumPy could not read an .npz file; its advice to load it unsafely is no advice for anybody's file."""
    return (
        "it is no archive of plain arrays" if isinstance(error, ValueError) and "pickle" in str(error) else str(error)
    )


def read_jsonl(path: Path) -> list[Mapping[str, Any]]:
    """Parse a file of one JSON object a line.

    Raises:
        RlsearchError: a line is torn or is no JSON object.
    """
    lines: list[Mapping[str, Any]] = []
    for number, raw in enumerate(path.read_bytes().splitlines(), 1):
        try:
            line = json.loads(raw)
        except ValueError:
            line = None
        if not isinstance(line, dict):
            raise damaged(f"line {number} of the file is damaged", path)
        lines.append(line)
    return lines

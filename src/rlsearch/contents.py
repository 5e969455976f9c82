"""Digests of a user's own files and folders by content, so that a file replaced by an older one is seen.

Programs that keep times (`cp -p`, `mv`, rsync, tar) give a replaced file a time before that of what was made from it.
Unchanged data is not read again: a file's digest is remembered with its size, times of change and inode.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from rlsearch.files import canonical_json, digest, file_sha256, write_atomic

MEMORY = Path(".rlsearch/contents.json")
MISSING = "missing"
SETTLED = 2_000_000_000
"""Nanoseconds. A file that has changed more recently could change once more without a new time: not remembered yet."""

Stamp = list[int]
Known = dict[str, tuple[Stamp, str]]


def content_digest(path: Path, memory: Path = MEMORY) -> str:
    """Return a digest of a file's bytes, or of the names and bytes of all files in a folder and below.

    Links are followed, a folder once. What does not exist has a digest too, and so has what cannot be read: the
    code that reads it reports what is wrong.

    Args:
        path: the file or folder.
        memory: where digests are remembered; it is rewritten when one is new.
    """
    remembered = _load(memory)
    stamped = {str(file): _of_file(file, remembered) for file in _files(path)}
    new = {
        name: (stamp, sha) for name, (stamp, sha) in stamped.items() if stamp and remembered.get(name) != (stamp, sha)
    }
    if new:
        write_atomic(memory, canonical_json({**remembered, **new}), durable=False)
    if not path.is_dir():
        return stamped[str(path)][1]
    return digest(sorted([str(Path(name).relative_to(path)), sha] for name, (_, sha) in stamped.items()))


def _files(path: Path) -> Iterator[Path]:
    """Yield a file, or the files of a folder and below."""
    if not path.is_dir():
        yield path
        return
    seen = {str(above) for above in path.resolve().parents}  # a link to one of these would lead through the whole disk
    for folder, below, names in os.walk(path, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        yield from (Path(folder) / name for name in names)


def _of_file(path: Path, remembered: Known) -> tuple[Stamp, str]:
    """Return a file's stamp and digest; no stamp where the digest must not be remembered."""
    try:
        stamp = _stamp(path)
        before, sha = remembered.get(str(path), ([], ""))
        if before == stamp:
            return stamp, sha
        if not path.is_file():
            return [], "no file"  # a pipe would be waited for
        sha = file_sha256(path)
    except OSError as error:
        return [], MISSING if isinstance(error, FileNotFoundError) else type(error).__name__
    settled = time.time_ns() - max(stamp[1:3]) > SETTLED and stamp == _stamp(path)
    return stamp if settled else [], sha


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev]


def _load(memory: Path) -> Known:
    """Return what is remembered; nothing where the file is not there or damaged."""
    try:
        return {name: (stamp, sha) for name, (stamp, sha) in json.loads(memory.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}

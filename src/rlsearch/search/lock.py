"""One writer for each work folder."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rlsearch.errors import ResumeError


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the kernel lets go of it however the process ends.

    Raises:
        ResumeError: another process holds the folder; the message names it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise ResumeError(
                f"another process is already at work here: {_holder(file.read())}",
                where=str(folder),
                remedy="wait until it ends, or stop it and run the same command again; no finished work is lost",
            ) from None
        file.truncate(0)
        json.dump({"pid": os.getpid(), "command": " ".join(sys.argv)}, file)
        file.flush()
        yield


def held(folder: Path) -> bool:
    """Tell whether a live process holds the folder."""
    path = folder / "lock"
    if not path.exists():
        return False
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _holder(text: str) -> str:
    try:
        record = json.loads(text)
    except ValueError:
        return "a process that has just started"
    return f"process {record['pid']} ({record['command']})"

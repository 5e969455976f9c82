"""One writer for each work folder."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from rlsearch.errors import ResumeError, StorageError, storage_error
from rlsearch.files import naming

LOOKS = 5
NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS}
"""What file systems that were mounted without locks, or have none, answer."""


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the kernel lets go of it however the process ends.

    Raises:
        ResumeError: another process holds the folder; the message names it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise storage_error(error) or error from None
    # Not "w": whoever fails to get the lock must not wipe out the name of the holder.
    with (folder / "lock").open("a+", encoding="utf-8") as file:
        if not _acquired(file):
            file.seek(0)
            raise ResumeError(
                f"another process is already at work here: {_holder(file.read())}",
                where=str(folder),
                remedy="wait until it ends, or stop it and run the same command again; no finished work is lost",
            )
        with naming(folder / "lock"):
            file.truncate(0)
            # Past the buffer, which a full disk would leave to be written again on closing, with an error of its own.
            os.write(file.fileno(), json.dumps(_self()).encode())
        yield


def held(folder: Path) -> bool:
    """Tell whether a live process holds the folder.

    Looking takes a shared lock for an instant. It needs no right to write, and an exclusive one would, over NFS.
    """
    path = folder / "lock"
    if not path.exists():
        return False
    with path.open(encoding="utf-8") as file:
        return not _try(file, fcntl.LOCK_SH)


def _acquired(file: TextIO) -> bool:
    """Take the lock, allowing for somebody who merely looks at it."""
    # `held` locks for an instant only, so a second look finds the lock free again.
    for _ in range(LOOKS):
        if _try(file, fcntl.LOCK_EX):
            return True
        time.sleep(0.05)
    return _try(file, fcntl.LOCK_EX)


def flock(file: TextIO, kind: int) -> bool:
    """Take a lock of the kernel's on an open file; False where another process holds it (with `LOCK_NB`).

    Raises:
        StorageError: the file system has no locks.
    """
    try:
        fcntl.flock(file, kind)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        raise StorageError(
            f"the file system has no file locks ({error.strerror}), so that two processes could write one search",
            where=str(Path(file.name).absolute()),
            remedy="work in a folder on a local disk, or have the share mounted with locks (NFS: no `nolock`, and lockd"
            " running; Lustre: `flock`)",
        ) from None
    return True


def _try(file: TextIO, kind: int) -> bool:
    return flock(file, kind | fcntl.LOCK_NB)


def _self() -> dict[str, Any]:
    """Return who holds a folder; on a cluster a process is found by its node, and ended by its job."""
    job = os.environ.get("SLURM_JOB_ID")
    return {"pid": os.getpid(), "host": socket.gethostname(), "slurm_job": job, "command": " ".join(sys.argv)}


def _holder(text: str) -> str:
    try:
        record = json.loads(text)
    except ValueError:
        return "a process that has just started"
    elsewhere = f" on {record['host']}" if record.get("host") not in (None, socket.gethostname()) else ""
    job = f" of Slurm job {record['slurm_job']}" if record.get("slurm_job") else ""
    return f"process {record['pid']}{elsewhere}{job} ({record['command']})"

"""The right to train a child, which one process has at a time: two searches that ask for the same child train it once.

Losing it costs compute, never correctness, so a file system without locks is no error here: every process then has it.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import BinaryIO


class Reservation:
    """One child's; the kernel gives it up however the process ends."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self.file = path, file

    def release(self) -> None:
        """Let the next process have it."""
        if self.file.closed:
            return  # the file is another's by now
        self.path.unlink(missing_ok=True)
        self.file.close()


def reserve(path: Path) -> Reservation | None:
    """Return the reservation that a file stands for; None where another process has it."""
    try:
        return _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None


def reserved(path: Path) -> Reservation:
    """Return it as soon as no other process has it."""
    return _locked(path, fcntl.LOCK_EX)


def _locked(path: Path, how: int) -> Reservation:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        file.close()
        raise
    except OSError:  # no locks here
        pass
    return Reservation(path, file)

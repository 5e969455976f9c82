"""The right to train a child, which one process has at a time: two searches that ask for the same child train it once.

Losing it costs compute, never correctness, so a file system without locks is no error here: every process then has it.
"""

from __future__ import annotations

import fcntl
import logging
import math
import time
from pathlib import Path
from typing import BinaryIO

log = logging.getLogger(__name__)

LIMIT = 600.0
"""Seconds to wait for another process's child. After that the child is trained here too: the other may be stopped."""
POLL = 0.1
"""Seconds from one look to the next."""


class Reservation:
    """One child's; the kernel gives it up however the process ends."""

    def __init__(self, path: Path, file: BinaryIO | None) -> None:
        self.path, self.file = path, file

    def release(self) -> None:
        """Let the next process have it."""
        if self.file is None or self.file.closed:
            return  # the file is another's
        # While it is still locked: afterwards another process may have it, whose file this would remove.
        self.path.unlink(missing_ok=True)
        self.file.close()


def reserve(path: Path) -> Reservation | None:
    """Return the reservation of a file; None where another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    except OSError:  # no locks here
        pass
    return Reservation(path, file)


def reserved(path: Path) -> Reservation:
    """Return it as soon as no other process has it; after `LIMIT` seconds one that leaves the other's lock alone."""
    if (mine := reserve(path)) is not None:
        return mine
    log.info("waiting for a child that another process trains (at most %.0f s): %s is locked", LIMIT, path)
    for _ in range(math.ceil(LIMIT / POLL)):  # looks are counted: a clock may be set, and a suspended machine sleeps
        time.sleep(POLL)
        if (mine := reserve(path)) is not None:
            return mine
    log.warning("%s is still locked after %.0f s; the child is trained here too, which changes no result", path, LIMIT)
    return Reservation(path, None)

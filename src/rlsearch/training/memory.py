"""Freed memory stays in the process while children train.

glibc returns large blocks to the kernel as soon as they are freed, and every training step asks for the same
activations again: the kernel then clears the same pages step after step, up to a third of the time of a small network
on the CPU. Where the blocks come from changes no number: torch aligns them in any case.
"""

from __future__ import annotations

import ctypes
import platform
from functools import cache

KEPT_BYTES = 1 << 30
"""Blocks up to this size are kept, and so much unused memory at most is held at the end of the heap."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)


@cache
def keep_freed_memory() -> bool:
    """Ask the C library, once in a process, to keep freed blocks; return whether it agreed (only glibc can)."""
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    # A list, not a generator: the second option is set even where the first was refused.
    agreed = [mallopt(option, KEPT_BYTES) for option in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD)]
    return all(agreed)

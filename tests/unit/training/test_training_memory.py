"""Freed memory stays in the process."""

from __future__ import annotations

import platform
import resource
from pathlib import Path

import torch

from rlsearch.training.scope import keep_freed_memory

BLOCK = 48 << 20  # above 32 MiB glibc gives each freed block back, whatever was freed before


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_a_freed_block_is_kept() -> None:
    agreed = keep_freed_memory()
    assert agreed == (platform.libc_ver()[0] == "glibc")
    block = torch.empty(BLOCK, dtype=torch.uint8).fill_(1)
    if agreed:
        held = resident()
        del block
        assert held - resident() < BLOCK / 2

"""A scope in which torch's global generators, threads and determinism belong to one child.

Layers' constructors, dropout and libraries draw from torch's global generators. Inside the scope these are seeded
by name; afterwards they are put back, so that a search neither disturbs nor is disturbed by the code around it.

Freed memory stays in the process. glibc returns large blocks to the kernel as soon as they are freed, and every
training step asks for the same activations again: the kernel then clears the same pages step after step, up to a third
of the time of a small network on the CPU. Where the blocks come from changes no number: torch aligns them in any case.
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch

KEPT_BYTES = 1 << 30
"""Blocks up to this size are kept, and so much unused memory at most is held at the end of the heap."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)


@contextmanager
def child_scope(seed: int, device: torch.device, threads: int) -> Iterator[None]:
    """Seed the global generators, fix the thread count, ask CUDA for deterministic kernels; restore all on leaving.

    On the CPU the kernels used here are deterministic for a given number of threads, and asking for it would import
    torch's compiler, which takes seconds.
    """
    keep_freed_memory()
    # Without a list `fork_rng` would save the state of every GPU.
    devices = [device] if device.type == "cuda" else []
    threads_before = torch.get_num_threads()
    with torch.random.fork_rng(devices=devices), _deterministic(device):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(threads_before)


@contextmanager
def _deterministic(device: torch.device) -> Iterator[None]:
    if device.type != "cuda":
        yield
        return
    # cuBLAS reads this when its first handle is made; without it deterministic matrix products are refused.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    strict_before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(strict_before)


def generator_states(device: torch.device) -> list[Any]:
    """Return where torch's global generators stand, the device's among them."""
    return [torch.get_rng_state(), torch.cuda.get_rng_state(device) if device.type == "cuda" else None]


def set_generators(states: list[Any], device: torch.device) -> None:
    """Go on where `generator_states` was taken."""
    torch.set_rng_state(states[0])
    if states[1] is not None:
        torch.cuda.set_rng_state(states[1], device)


@cache
def keep_freed_memory() -> bool:
    """Ask the C library, once in a process, to keep freed blocks; return whether it agreed (only glibc can)."""
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    # A list, not a generator: the second option is set even where the first was refused.
    agreed = [mallopt(option, KEPT_BYTES) for option in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD)]
    return all(agreed)

"""A scope in which torch's global generators, threads and determinism belong to one child.

Layers' constructors, dropout and libraries draw from torch's global generators. Inside the scope these are seeded
by name; afterwards they are put back, so that a search neither disturbs nor is disturbed by the code around it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def child_scope(seed: int, device: torch.device, threads: int) -> Iterator[None]:
    """Seed the global generators, fix the thread count, ask CUDA for deterministic kernels; restore all on leaving.

    On the CPU the kernels used here are deterministic for a given number of threads, and asking for it would import
    torch's compiler, which takes seconds.
    """
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

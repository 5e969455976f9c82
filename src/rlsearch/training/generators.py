"""Private states of the global generators, for libraries that draw from them and cannot be given others.

Stable-Baselines3 seeds and uses the global generators of Python, NumPy and torch. It must neither disturb the code
around it nor be disturbed by a child (or a user's function) that runs in the middle of its loop: a resumed search would
then draw other numbers than an uninterrupted one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
import torch


class Generators:
    """Inside `with`, the global generators are this object's and torch has one thread; afterwards all is as before.

    Entered again, they go on where they were left.

    >>> mine = Generators(1)
    >>> with mine:
    ...     first = random.random()
    >>> with Generators(1):
    ...     first == random.random()
    True
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed % 2**32  # NumPy's global generator takes 32 bits
        self._mine: tuple[Any, ...] | None = None

    def __enter__(self) -> Self:
        self._outside = _states()
        if self._mine is None:
            random.seed(self._seed)
            np.random.seed(self._seed)
            torch.manual_seed(self._seed)
            torch.set_num_threads(1)
        else:
            _put(self._mine)
        return self

    def __exit__(self, *_: object) -> None:
        # In this order: `_put` overwrites what `_states` reads.
        self._mine = _states()
        _put(self._outside)

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Leave for a while: inside this `with` the generators and threads are those of the code around."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()


def _states() -> tuple[Any, ...]:
    """Return what the global generators stand at, and torch's number of threads."""
    # Asking for the GPUs' states would start CUDA in a process that does not use it.
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    return random.getstate(), np.random.get_state(), torch.get_rng_state(), cuda, torch.get_num_threads()


def _put(states: tuple[Any, ...]) -> None:
    python, numpy, cpu, cuda, threads = states
    random.setstate(python)
    np.random.set_state(numpy)
    torch.set_rng_state(cpu)
    if cuda is not None:
        torch.cuda.set_rng_state_all(cuda)
    torch.set_num_threads(threads)

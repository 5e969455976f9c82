"""Places in the code at which a process dies as by `kill -9`, which a random moment may miss."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

from rlsearch.training.checkpoint import Checkpoint


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _in_ask() -> None:
    """When Q-learning has drawn a known candidate, and before it learns its reward once more."""
    from rlsearch.agents._q_memory import Memory

    reward = Memory.reward

    def dies(memory: Memory, key: str) -> float | None:
        if (known := reward(memory, key)) is not None and len(memory.told) > 3:
            _die()
        return known

    Memory.reward = dies  # type: ignore[method-assign]


def _in_a_restart() -> None:
    """After the first epoch of a training that has begun again, which has just been kept."""
    save = Checkpoint.save

    def dies(checkpoint: Checkpoint, state: dict[str, Any]) -> None:
        save(checkpoint, state)
        if state["progress"]["restarts"]:
            _die()

    Checkpoint.save = dies  # type: ignore[method-assign]


DEATHS: Mapping[str, Callable[[], None]] = {"in ask": _in_ask, "in a restart": _in_a_restart}
"""What arranges each of them, in the process that is to die."""

"""Checkpoints of a child in training, so that a killed run continues at its last finished epoch."""

from __future__ import annotations

import io
import pickle
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from rlsearch.files import write_atomic

INTERVAL = 10.0
"""Seconds between two checkpoints of one child: a child shorter than this is cheaper to train again."""


def dump_state(value: Any) -> bytes:
    """Serialise tensors through memory: torch embeds a file's name, and equal states should give equal bytes."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def load_state(path: Path) -> Any:
    """Read tensors and plain containers; refuses anything that could run code."""
    return torch.load(path, map_location="cpu", weights_only=True)


@dataclass
class Checkpoint:
    """Where one child keeps its state, and when it last did.

    Args:
        path: the file; it is removed once the child's outcome is stored.
    """

    path: Path
    written: float = field(default_factory=time.monotonic)

    def save(self, state: dict[str, Any]) -> None:
        """Write the state if `INTERVAL` has passed since the last time."""
        if time.monotonic() - self.written >= INTERVAL:
            write_atomic(self.path, dump_state(state))
            self.written = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """Return the state, or None when there is none or it cannot be read (then training starts again)."""
        if not self.path.exists():
            return None
        try:
            state: dict[str, Any] = load_state(self.path)
        except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
            return None
        return state

    def remove(self) -> None:
        """Forget the state."""
        self.path.unlink(missing_ok=True)

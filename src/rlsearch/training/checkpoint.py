"""Checkpoints of a child in training, so that a killed run continues at its last finished epoch."""

from __future__ import annotations

import hashlib
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


def load_state(source: Path | io.BytesIO) -> Any:
    """Read tensors and plain containers; refuses anything that could run code."""
    return torch.load(source, map_location="cpu", weights_only=True)


def keep_state(path: Path, value: Any) -> None:
    """Write a state behind its digest: torch would load a damaged tensor as if nothing were wrong."""
    state = dump_state(value)
    write_atomic(path, hashlib.sha256(state).digest() + state)


def kept_state(path: Path) -> Any:
    """Return a state that was kept, or None where there is none or any byte of it was damaged."""
    content = path.read_bytes() if path.exists() else b""
    size = hashlib.sha256().digest_size
    # Refuses an empty or absent file as well: the digest of nothing is not nothing.
    if hashlib.sha256(content[size:]).digest() != content[:size]:
        return None
    try:
        return load_state(io.BytesIO(content[size:]))
    except pickle.UnpicklingError:  # sealed by somebody else: nothing that could run code is loaded
        return None


@dataclass
class Checkpoint:
    """Where one child keeps its state, and when it last did.

    Args:
        path: the file; it is removed once the child's outcome is stored.
    """

    path: Path
    # From its birth, so that a child shorter than `INTERVAL` writes nothing at all.
    written: float = field(default_factory=time.monotonic)

    def save(self, state: dict[str, Any]) -> None:
        """Write the state if `INTERVAL` has passed since the last time."""
        if time.monotonic() - self.written >= INTERVAL:
            keep_state(self.path, state)
            self.written = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """Return the state, or None when there is none or it was damaged (then training starts again)."""
        state: dict[str, Any] | None = kept_state(self.path)
        return state

    def remove(self) -> None:
        """Forget the state."""
        self.path.unlink(missing_ok=True)

"""The outcome store: no child is ever trained twice.

Content-addressed files below `.rlsearch/`, which no pipeline tool declares as output, because Snakemake and DVC delete
declared outputs before a job runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlsearch import processor
from rlsearch.files import digest, sealed, unsealed, write_atomic
from rlsearch.training.outcome import Outcome

WORK = Path(".rlsearch")


def outcome_key(task: str, candidate: str, seed: int) -> str:
    """Return the store key of one child as this processor trains it: another one's kernels end in other bytes."""
    return digest([task, candidate, seed, processor.cpu_model(), processor.kernels()])


class Store:
    """JSON records by key. Losing it costs compute, never correctness.

    Args:
        folder: where the records live.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str, suffix: str = ".json") -> Path:
        """Return the file of a key; two hexadecimal digits make a folder, to keep folders small."""
        return self.folder / key[:2] / f"{key}{suffix}"

    def read(self, key: str) -> dict[str, Any] | None:
        """Return a record, or None when there is none or any byte of it was damaged, e.g. by a power cut."""
        try:
            return unsealed(self.path(key).read_bytes())[0]
        except (FileNotFoundError, ValueError):
            return None

    def write(self, key: str, record: dict[str, Any]) -> None:
        """Keep a record. Not synced to disk: the journal is what has to survive a power cut."""
        write_atomic(self.path(key), sealed(record)[0], durable=False)


class OutcomeStore(Store):
    """Outcomes of children by (task digest, candidate key, child seed)."""

    def get(self, key: str) -> Outcome | None:
        """Return a stored outcome."""
        record = self.read(key)
        try:
            return Outcome.from_json(record) if record is not None else None
        except (KeyError, TypeError, ValueError):  # sealed, but not by this code
            return None

    def put(self, key: str, outcome: Outcome) -> None:
        """Store an outcome; failures are not kept, since the next attempt may succeed."""
        if outcome.status != "failed":
            self.write(key, outcome.to_json())

"""The identity of a dataset's files: part of the task digest under which outcomes are stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rlsearch.files import digest, file_sha256


def data_digest(paths: Sequence[Path]) -> str:
    """Return one digest over the names and SHA-256 sums of these files, in the order given.

    Read anew at each call: a cache by name or time could miss a change.
    """
    return digest([[path.name, file_sha256(path)] for path in paths])

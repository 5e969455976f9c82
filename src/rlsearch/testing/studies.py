"""A study whose data are made up, for suites that run phases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rlsearch import checks
from rlsearch.config.models import Params
from rlsearch.data.archive import npz
from rlsearch.files import write_atomic
from rlsearch.testing.cases import spots


def write_split(path: Path, count: int) -> None:
    """Write one split under its final name."""
    images, labels = spots(count, path.stem)
    write_atomic(path, npz({"images": images, "labels": labels, "classes": np.int64(4)}))


def write(root: Path, study: Mapping[str, Any], *, workers: int = 1) -> Params:
    """Write the data of `spots` below `root`, unless they are there, and return settings with one study, `tiny`."""
    for name, count in (("train", 96), ("validation", 64), ("test", 64)):
        path = root / "data" / "spots" / f"{name}.npz"
        if not path.exists():
            write_split(path, count)
    return checks.validate(
        {
            "preset": "test",
            "datasets": {"spots": {"source": "npz", "path": "spots.npz"}},
            "runtime": {"device": "cpu", "workers": workers},
            "studies": {"tiny": study},
        }
    )

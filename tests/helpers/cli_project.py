"""A project folder around the tiny study: params.yaml, data fetched by the real fetch phase, and runs of commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml
from typer.testing import CliRunner, Result

import tiny
from rlsearch import checks
from rlsearch.cli import app
from rlsearch.config import resolved
from rlsearch.config.models import Params
from rlsearch.data import fetch
from rlsearch.files import write_atomic


def make(root: Path, **changes: Any) -> Params:
    """Write a project of one study, `tiny`, with its data; return the settings of its params.yaml."""
    params = tiny.study(root, **changes)
    train, test = tiny.spots(160, "train"), tiny.spots(64, "test")
    np.savez(root / "spots.npz", images=train[0], labels=train[1], test_images=test[0], test_labels=test[1])
    fetch.run(params, "spots", root)
    return settings(root, params)


def settings(root: Path, params: Params, **changes: Any) -> Params:
    """Write params.yaml; `changes` are values by dotted key, written with __ for the dots."""
    raw = resolved.dump(params)
    for path, value in changes.items():
        *parents, last = path.split("__")
        section = raw
        for name in parents:
            section = section[name]
        section[last] = value
    write_atomic(root / "params.yaml", yaml.safe_dump(raw))
    return checks.read(root / "params.yaml")


def run(*arguments: str) -> Result:
    """Run a command in the working directory."""
    return CliRunner().invoke(app, list(arguments))


def files(root: Path) -> dict[str, tuple[int, bytes]]:
    """Return the time and content of every file below `root`, to show that nothing was written."""
    return {
        str(path.relative_to(root)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }

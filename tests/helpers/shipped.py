"""What the project is shipped with, apart from what runs and users write into the work tree.

`make run`, `make record`, `make repro` and `make preset` rewrite params.yaml, dvc.lock and results/metrics.json, and
make data/, results/ and .rlsearch/. A test that read these would fail on another processor, after another preset, or
beside a run. It asks git instead (`committed`), takes the preset that is shipped (`SETTINGS`), or makes its own.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "presets/laptop.yaml"
"""The settings that params.yaml holds until a user changes it."""

PRESETS = sorted(path for path in (ROOT / "presets").glob("*.yaml") if not path.name.startswith("local-"))
"""The presets, without those of a user's own, which git ignores."""

REWRITTEN = ("params.yaml", "dvc.lock", "results/metrics.json")
"""Files that git holds and runs rewrite."""

MADE = ("data", "logs", "results", ".rlsearch", ".snakemake", ".dvc/cache", ".dvc/tmp")
REFERENCE = "results/reference"
"""Below `MADE`, but an input: runs read it and never write it."""

KEPT = (REFERENCE, "results/transfer/README.md", ".rlsearch/home")
"""What is no result below `MADE`: what git holds there, and the home that make gives to users who have none, where
matplotlib keeps its list of fonts."""


def committed(name: str) -> bytes:
    """Return a file of the last commit."""
    return subprocess.run(["git", "show", f"HEAD:{name}"], cwd=ROOT, capture_output=True, check=True).stdout


def forbidden(path: str) -> bool:
    """Tell whether an absolute path is one of what runs write into the work tree."""
    full = os.path.normpath(path)
    if not full.startswith(f"{ROOT}/") or any(f"{full}/".startswith(f"{ROOT}/{name}/") for name in KEPT):
        return False
    return any(f"{full}/".startswith(f"{ROOT}/{name}/") for name in (*REWRITTEN, *MADE))


class Guard:
    """An audit hook that makes every read of what runs write an error, in this process, while it is on.

    A relative path may be relative to an open folder, which the event does not tell: so standing in the work tree is an
    error as well.
    """

    def __init__(self) -> None:
        self.on = True
        self.away = False
        """Whether the tests have left the work tree: before and after that, pytest itself stands in it."""
        self.reads: list[str] = []
        """What was read, since the code under test may swallow the error that it met."""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Heed an event of Python's."""
        if not self.on or event not in ("open", "os.listdir", "os.scandir", "os.chdir"):
            return
        path = os.fspath(arguments[0]) if isinstance(arguments[0], str | os.PathLike) else ""
        if isinstance(path, str) and (forbidden(path) or (self.away and event == "os.chdir" and path == str(ROOT))):
            self.reads.append(path)
            raise AssertionError(
                f"a test reads what a run writes: {path} (tests/helpers/shipped.py says what to read instead)"
            )


GUARD = Guard()

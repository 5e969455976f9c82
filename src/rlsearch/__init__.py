"""Reinforcement learning chooses how neural networks are initialised, built and trained.

The names below are imported on first use, so that `import rlsearch` costs nothing. It registers the search spaces as
Gymnasium environments, whichever of the two packages is imported first.
"""

import importlib
import os
import sys
from typing import Any

__version__ = "0.1.0"

_EXPORTS = {
    "Space": "rlsearch.spaces.base",
    "Continuous": "rlsearch.spaces.base",
    "Choice": "rlsearch.spaces.base",
    "Agent": "rlsearch.agents.base",
    "Proposal": "rlsearch.agents.base",
    "Outcome": "rlsearch.training.outcome",
    "build_network": "rlsearch.networks._registry",
    "register_network": "rlsearch.networks._registry",
    "load_model": "rlsearch.export",
}

_ROOM = 64 << 20
"""Bytes: less than the bytecode of all that a job imports, several jobs at a time."""


def _spare_bytecode() -> None:
    """Write no bytecode where a disk is nearly full.

    CPython (seen with 3.11) takes a file of which the disk took a part for a whole one, and fails at it ever after.
    """
    for folder in (sys.prefix, os.path.dirname(__file__)):  # noqa: PTH120 - pathlib would be most of this import's time
        disk = os.statvfs(folder)
        # A read-only file system has no room either, and takes no part of a file.
        if not disk.f_flag & os.ST_RDONLY and disk.f_bavail * disk.f_frsize < _ROOM:
            sys.dont_write_bytecode = True


if hasattr(os, "statvfs"):
    _spare_bytecode()

# By name: an import statement here would enter the code digest of every phase.
importlib.import_module("rlsearch.gymnasium_ids").install()

__all__ = [*sorted(_EXPORTS), "__version__", "search"]


def __getattr__(name: str) -> Any:
    if name == "search":
        return importlib.import_module("rlsearch.search")
    if name not in _EXPORTS:
        raise AttributeError(f"module 'rlsearch' has no attribute {name!r}")
    module = importlib.import_module(_EXPORTS[name])
    return getattr(module, name.removesuffix("_network"))

"""Plugins of installed distributions, which name their modules as entry points, as plugins of pytest do.

[project.entry-points."rlsearch.spaces"]
my-space = "my_package.my_space"
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import EntryPoint
from importlib.metadata import entry_points as all_entry_points
from pathlib import Path
from typing import Any

from rlsearch.errors import PluginError

NAME = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class InstalledPlugin:
    """An entry point: the plugin's name, its module, that module's file, and the distribution with its version."""

    name: str
    module: str
    file: Path
    distribution: str


@cache
def installed() -> Any:
    """Return those of all groups: one look at all distributions, which takes longer than all else here.

    They have `select`; their type is another one in Python 3.11 than later.
    """
    return all_entry_points()


@cache
def entry_points(group: str) -> tuple[InstalledPlugin, ...]:
    """Return the entry points of a group, sorted by name; no module and no package above it is imported.

    Raises:
        PluginError: one has no plugin's name, or no file with a module.
    """
    plugins = (_plugin(entry, group) for entry in installed().select(group=group))
    return tuple(sorted(plugins, key=lambda plugin: plugin.name))


def _plugin(entry: EntryPoint, group: str) -> InstalledPlugin:
    distribution = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an installed distribution"
    where = f"{entry.name} = {entry.value!r} in group {group!r} of {distribution}"
    if not NAME.fullmatch(entry.name):
        raise PluginError(
            f"an entry point cannot be called {entry.name!r}", where=where, allowed="small letters, digits and -"
        )
    path = source_of(entry.value)
    if path is None:
        raise PluginError(
            "an entry point leads to no file", where=where, allowed="the name of a module, e.g. my_package.my_space"
        )
    return InstalledPlugin(entry.name, entry.value, path, distribution)


def source_of(module: str) -> Path | None:
    """Return the file of a module, or a package's `__init__.py`, without importing anything; None where there is none.

    `importlib.util.find_spec` would import the packages above it.
    """
    parts = module.split(".")
    spec: ModuleSpec | None = None
    for depth in range(len(parts)):
        folders = spec.submodule_search_locations if spec else None
        # A plain module has nothing below it.
        if depth and folders is None:
            return None
        spec = _spec(".".join(parts[: depth + 1]), None if folders is None else list(folders))
        if spec is None:
            return None
    path = Path(spec.origin) if spec and spec.origin else None
    return path if path is not None and path.suffix == ".py" and path.is_file() else None


def _spec(name: str, folders: list[str] | None) -> ModuleSpec | None:
    """Return what a module would be imported from: an editable installation may bring a finder of its own."""
    if folders is not None:
        return PathFinder.find_spec(name, folders)
    finders = (finder for finder in sys.meta_path if hasattr(finder, "find_spec"))
    return next(filter(None, (finder.find_spec(name, None) for finder in finders)), None)

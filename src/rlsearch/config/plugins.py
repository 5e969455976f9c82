"""Agents, spaces, networks and the other plugins are found by name: `type: my-agent` is `agents/my_agent.py`.

That file lies in the package, or at the same place in the project's own folder `extensions/`; or an installed
distribution names its module as an entry point of the group `rlsearch.agents`. `KINDS` says what a file of each kind
defines. Names are listed without importing anything. Where a kind has a settings model (`SETTINGS`), its modules import
torch only inside functions, so that settings are validated in a fraction of a second. Networks are `nn.Module` files,
which cannot avoid torch: of them validation reads the source.
"""

from __future__ import annotations

import ast
import difflib
import functools
import importlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from rlsearch import extensions
from rlsearch.config import plugin_errors, plugin_source
from rlsearch.config.entry_points import entry_points

PACKAGE = __name__.partition(".")[0]
ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = frozenset({"base", "closed_loop"})
"""The files of a folder of plugins that need no underscore: they say what a plugin has to be."""

FILE_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class PluginKind:
    """A kind of plugins: their folder, in the package and in `extensions/`, and what each of their files defines."""

    folder: str
    defines: tuple[str, ...]


KINDS = {
    "agents": PluginKind("agents", ("SETTINGS", "AGENT")),
    "claims": PluginKind("claims", ("SETTINGS", "CLAIM")),
    "figures": PluginKind("report/figures", ("TITLE", "SECTION", "ORDER", "applies", "draw", "caption", "alt")),
    "kinds": PluginKind("data/kinds", ("KIND",)),
    "networks": PluginKind("networks", ("NETWORK",)),
    "optimizers": PluginKind("training/optimizers", ("SETTINGS", "OPTIMIZER")),
    "sections": PluginKind("report/sections", ("TITLE", "ORDER", "NEEDS", "applies", "introduction")),
    "slots": PluginKind("slots", ("SLOT",)),
    "sources": PluginKind("data/sources", ("SETTINGS", "SOURCE")),
    "spaces": PluginKind("spaces", ("SETTINGS", "SPACE")),
    "surrogates": PluginKind("surrogates", ("SETTINGS", "SURROGATE")),
    "tables": PluginKind("report/tables", ("SECTION", "ORDER", "table")),
}
"""All kinds of plugins, which are the groups of entry points too: `rlsearch.agents`, ..."""


@dataclass(frozen=True)
class Plugin:
    """A plugin that has been found, and not imported.

    Attributes:
        module: the name by which it is imported.
        file: its source.
        distribution: the installed distribution that brings it, with its version; none of a file in a folder.
    """

    module: str
    file: Path
    distribution: str = ""

    @property
    def shipped(self) -> bool:
        """Whether it is the package's own."""
        return self.file.is_relative_to(ROOT)

    @property
    def place(self) -> str:
        """Its file as messages name it, with the distribution that it belongs to."""
        return plugin_errors.shown(self.file) + (f" of {self.distribution}" if self.distribution else "")


def by_name(kind: str) -> dict[str, Plugin]:
    """Return all plugins of a kind ("agents", "spaces", ...) by name: the package's, installed ones, the project's own.

    Raises:
        PluginError: two have one name, or a file's name cannot be a plugin's.
    """
    plugins: dict[str, Plugin] = {}
    for name, plugin in _all(kind):
        if name in plugins:
            raise plugin_errors.twice(kind, name, plugins[name].place, plugin.place)
        plugins[name] = plugin
    return plugins


def _all(kind: str) -> Iterator[tuple[str, Plugin]]:
    yield from _shipped(kind, ROOT)
    for entry in entry_points(f"{PACKAGE}.{kind}"):
        yield entry.name, Plugin(entry.module, entry.file, entry.distribution)
    for path in extensions.__path__:
        yield from _in_folder(kind, Path(path), extensions.__name__)


@functools.cache
def _shipped(kind: str, root: Path) -> tuple[tuple[str, Plugin], ...]:
    """Return the package's own plugins; its files do not come and go under a process, which asks thousands of times."""
    return tuple(_in_folder(kind, root, PACKAGE))


def _in_folder(kind: str, root: Path, package: str) -> Iterator[tuple[str, Plugin]]:
    """Yield the plugins of a kind in the package or in the project's own folder, by name."""
    for file in (root / folder(kind)).glob("*.py"):
        if file.stem.startswith(("_", ".")) or file.stem in CONTRACTS:
            continue
        if not FILE_NAME.fullmatch(file.stem):
            raise plugin_errors.bad_file_name(file)
        yield file.stem.replace("_", "-"), Plugin(".".join([package, *folder(kind).parts, file.stem]), file)


def names(kind: str) -> list[str]:
    """Return the names of all plugins of a kind, sorted."""
    return sorted(by_name(kind))


def find(kind: str, name: str) -> Plugin:
    """Return a plugin by name.

    Raises:
        ValueError: no such plugin; the message names the nearest one and all others.
    """
    plugins = by_name(kind)
    if name not in plugins:
        what, names = f"there is no {kind.removesuffix('s')} {name!r}", sorted(plugins)
        raise ValueError(f"{what}{astray(kind, name)}{nearest(name, names)}; allowed: {', '.join(names)}")
    return plugins[name]


def astray(kind: str, name: str) -> str:
    """Return where a file of an unknown plugin's name lies in another folder of `extensions/`; or nothing."""
    stem = name.replace("-", "_")
    for path in map(Path, extensions.__path__):
        wanted = path / folder(kind) / f"{stem}.py"
        for file in sorted(path.rglob(wanted.name)) if FILE_NAME.fullmatch(stem) and not wanted.exists() else ():
            return f" ({plugin_errors.shown(file)} would have to be {plugin_errors.shown(wanted)})"
    return ""


def asked_for(kind: str) -> list[str]:
    """Return the names that settings may give; some kinds of slots are there without being asked for."""
    everything = names(kind)
    return [name for name in everything if hasattr(load(kind, name), "SETTINGS")] if kind == "slots" else everything


def load(kind: str, name: str) -> ModuleType:
    """Import a plugin's module.

    Raises:
        ValueError: no such plugin; the message names the nearest one and all others.
        PluginError: its file cannot be imported, or does not define what a file of its kind has to.
    """
    plugin = find(kind, name)
    try:
        module = importlib.import_module(plugin.module)
    except Exception as error:  # a file of a user may raise anything: one message names it
        raise plugin_errors.not_importable(plugin.file, plugin.place, error) from error
    _complete(kind, plugin, vars(module))
    if hasattr(module, "SETTINGS") and not hasattr(module.SETTINGS, "model_fields"):
        raise plugin_errors.no_model(plugin.place)
    return module


def takes(network: str) -> str:
    """Return the kind of data that a network takes: `TAKES` in its file, "images" where it says nothing.

    The file is read and not imported, since networks import torch. A class registered in plain Python has none.

    Raises:
        PluginError: the file is not valid Python.
    """
    plugin = by_name("networks").get(network)
    return "images" if plugin is None else plugin_source.text(_parsed(plugin), "TAKES") or "images"


def check_source(kind: str, name: str) -> None:
    """Check what can be seen of a plugin without importing it.

    Raises:
        ValueError: no such plugin.
        PluginError: its file is not valid Python, or does not define what a file of its kind has to.
    """
    plugin = find(kind, name)
    _complete(kind, plugin, plugin_source.names(_parsed(plugin)))


def _parsed(plugin: Plugin) -> ast.Module:
    try:
        return plugin_source.parsed(plugin.file)
    except SyntaxError as error:
        raise plugin_errors.not_importable(plugin.file, plugin.place, error) from error


def _complete(kind: str, plugin: Plugin, defined: Collection[str]) -> None:
    """Raise a PluginError unless a file defines what one of its kind has to."""
    needed = KINDS[kind].defines
    if missing := [constant for constant in needed if constant not in defined]:
        raise plugin_errors.incomplete(plugin.place, missing, needed)


def published() -> dict[str, Path]:
    """Return the files of published numbers by name: the package's, and the project's own.

    Raises:
        PluginError: two have one name.
    """
    files: dict[str, Path] = {}
    for root in (ROOT, *map(Path, extensions.__path__)):
        for file in sorted((root / "report/published").glob("*.yaml")):
            if file.stem in files:
                places = plugin_errors.shown(files[file.stem]), plugin_errors.shown(file)
                raise plugin_errors.twice("published numbers", file.stem, *places)
            files[file.stem] = file
    return files


def closest(name: str, names: list[str]) -> str | None:
    """Return the known name that is most like `name`, if any is like it."""
    return next(iter(difflib.get_close_matches(name, names, n=1, cutoff=0.5)), None)


def nearest(name: str, names: list[str]) -> str:
    """Return " (did you mean 'x'?)" for the closest known name, or nothing."""
    close = closest(name, names)
    return f" (did you mean {close!r}?)" if close else ""


def folder(kind: str) -> Path:
    """Return the folder of a kind, relative to the package folder and to `extensions/`."""
    return Path(KINDS[kind].folder)

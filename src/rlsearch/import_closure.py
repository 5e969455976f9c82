"""Which files importing a module may run: those of the package, of `extensions/` and of installed plugins.

A semantic code digest covers the syntax trees of a module and of everything there that it imports, without comments and
docstrings: editing words recomputes nothing, editing code recomputes what depends on it. Files that a module reads and
names (`READS = ("scores.csv",)`) count by their bytes.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import resolve_name
from pathlib import Path

from rlsearch import code_facts, extensions, syntax
from rlsearch.config import plugin_errors
from rlsearch.config.entry_points import source_of
from rlsearch.files import file_sha256

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Home:
    """A package whose imports count.

    Attributes:
        package: its name.
        path: the folder in which its modules are; without .py the file, where it is a single one.
        init: the file that importing the package itself runs.
        label: what its folder is called in digests, which hold no folder of a machine.
    """

    package: str
    path: str
    init: str
    label: str


def closure(*modules: str) -> list[Path]:
    """Return the files of these modules, of all that they import of the package and of plugins, and what these read.

    Sorted.

    Imports inside functions count; those under `if TYPE_CHECKING` do not. Of an installed distribution the package
    counts to which a plugin among `modules` belongs.

    Raises:
        PluginError: a plugin's file, or one that it imports, is not valid Python, or reads a file that is not there.
    """
    return sorted(map(Path, _reached(modules, tuple(_homes(modules)))))


def _reached(modules: Iterable[str], homes: tuple[Home, ...]) -> set[str]:
    """Return the files in these packages that importing modules may run."""
    # One walk through the folders, in place of a look at the disk for each file that each import might mean.
    present = {home.init for home in homes}.union(*(_files_below(home.path) for home in homes))
    reached: set[str] = set()
    waiting = [file for module in modules for file in _files(module, homes)]
    while waiting:
        path, package = waiting.pop()
        if path in present and path not in reached:
            reached.add(path)
            waiting.extend(_files_named(_imported(path), package, homes))
    return reached.union(*map(_read, reached))


def _read(path: str) -> list[str]:
    """Return the files that a file of a package reads."""
    names = code_facts.of(path).reads
    if names is None:
        error = TypeError(f"{syntax.CONSTANT} is a tuple of names of files in the same folder, written out")
        raise plugin_errors.not_importable(Path(path), plugin_errors.shown(Path(path)), error)
    files = [Path(path).with_name(name) for name in names]
    if missing := [file.name for file in files if not file.is_file()]:
        absent = FileNotFoundError(f"{syntax.CONSTANT} names {', '.join(missing)}, which is not beside it")
        raise plugin_errors.not_importable(Path(path), plugin_errors.shown(Path(path)), absent)
    return list(map(str, files))


def _files_below(folder: str) -> frozenset[str]:
    return _shipped_files(folder) if folder == str(PACKAGE) else _walked(folder)


@functools.cache
def _shipped_files(folder: str) -> frozenset[str]:
    """Return the package's files, which do not come and go under a process, whereas a user's may."""
    return _walked(folder)


def _walked(folder: str) -> frozenset[str]:
    return frozenset(f"{inside}/{name}" for inside, _, names in os.walk(folder) for name in names)


def code_digest(*modules: str) -> str:
    """Return the semantic digest of the modules' import closure.

    Of `config/` the rules count (functions, properties, validators, tables) and the declarations of keys do not:
    settings enter every key by value, so a new key elsewhere recomputes nothing. The models of plugins are in their
    own files, which count whole.
    """
    sha = hashlib.sha256()
    homes = tuple(_homes(modules))
    labels = {_label(path, homes): Path(path) for path in _reached(modules, homes)}
    for label in sorted(labels, key=Path):
        path = labels[label]
        if path.suffix == ".py":
            facts = code_facts.of(str(path))
            counted = facts.rules if path.is_relative_to(PACKAGE / "config") else facts.semantic
        else:
            counted = file_sha256(path)
        sha.update(f"{label}\n{counted}\n".encode())
    return sha.hexdigest()[:32]


def _homes(modules: Iterable[str]) -> Iterator[Home]:
    """Yield the packages whose imports count: the project's own folder, this package, and those of other plugins."""
    for path in extensions.__path__:
        yield Home(extensions.__name__, path, str(PACKAGE / "extensions.py"), f"{extensions.FOLDER}/")
    yield Home(PACKAGE.name, str(PACKAGE), str(PACKAGE / "__init__.py"), "")
    for module in modules:
        first, *parts = module.split(".")
        if first != PACKAGE.name and (source := source_of(module)):
            below = source.parent if source.stem == "__init__" else source.with_suffix("")
            path = str(below.parents[len(parts) - 1] if parts else below)
            single = not parts and source.stem != "__init__"
            yield Home(first, path, f"{path}.py" if single else f"{path}/__init__.py", f"{first}/")


def _files(module: str, homes: Iterable[Home]) -> Iterator[tuple[str, str]]:
    """Yield the files that importing a module may run, each with the package from which its relative imports count."""
    home = next((home for home in homes if f"{module}.".startswith(f"{home.package}.")), None)
    if home is None:
        return
    yield home.init, home.package
    path, package = home.path, home.package
    for part in module.removeprefix(home.package).split(".")[1:]:
        path, above, package = f"{path}/{part}", package, f"{package}.{part}"
        yield f"{path}/__init__.py", package
        yield f"{path}.py", above


def _imported(path: str) -> tuple[str, ...]:
    """Return the names that a file imports; a relative one begins with its dots."""
    try:
        return code_facts.of(path).imports
    except SyntaxError as error:
        raise plugin_errors.not_importable(Path(path), plugin_errors.shown(Path(path)), error) from error


@functools.lru_cache(maxsize=2048)
def _files_named(names: tuple[str, ...], package: str, homes: tuple[Home, ...]) -> tuple[tuple[str, str], ...]:
    """Return the files of all that one file of a package imports. Cached: planning a run asks once for each job."""
    files = (file for name in names if (full := _full(name, package)) for file in _files(full, homes))
    return tuple(dict.fromkeys(files))


def _full(name: str, package: str) -> str:
    """Return a name that may be relative as a full one; nothing where it leads above the package."""
    if name[0] != ".":
        return name
    try:
        return resolve_name(name, package)
    except ImportError:  # the import itself will say so
        return ""


def _label(path: str, homes: Iterable[Home]) -> str:
    inside = (f"{home.label}{path[len(home.path) + 1 :]}" for home in homes if path.startswith(f"{home.path}/"))
    return next(inside, Path(path).name)

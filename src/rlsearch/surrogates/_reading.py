"""A surrogate reads no file near it or in the project but those that it names: another could change unseen.

What goes through Python's own `open` in the surrogate's thread is seen: while its module is imported, and while it is
made or asked. Not seen: libraries that open files without Python, files outside both folders, and what a module read
that somebody else had imported before.
"""

from __future__ import annotations

import inspect
import os
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from rlsearch import extensions
from rlsearch.config.entry_points import entry_points
from rlsearch.errors import PluginError
from rlsearch.import_closure import PACKAGE, closure
from rlsearch.syntax import CONSTANT

CODE = (".py", ".pyc", ".so")
RECORDS = ("__pycache__", ".dist-info", ".egg-info")
"""Ends of folders that importing a module looks into."""


def _spellings(path: str | Path) -> tuple[str, str]:
    """Return a path as it was written and without links: one may lead out of a folder, or into it."""
    return os.path.normpath(Path(path).absolute()), os.path.realpath(path)


_SITES = sysconfig.get_path("purelib"), sysconfig.get_path("platlib")
_PATHS = (*_SITES, sys.prefix, sys.base_prefix, str(PACKAGE))
INSTALLED = tuple(spelling for path in _PATHS for spelling in _spellings(path))
"""Where Python and its packages lie, whose versions are recorded."""


class _AtWork(threading.local):
    """The module of the surrogate that is at work in a thread, "" where none is; and whether an open is looked at."""

    module = ""
    looking = False


_AT_WORK = _AtWork()


@contextmanager
def watched(module: str) -> Iterator[None]:
    """Refuse to read a file that the surrogate of this module does not name (`READS`), as long as it is at work.

    Raises:
        PluginError: it opens one.
    """
    listen()
    before, _AT_WORK.module = _AT_WORK.module, module
    try:
        yield
    finally:
        _AT_WORK.module = before


@cache
def listen() -> None:
    """Look at every file that is opened from now on, so that modules of surrogates are watched while imported too."""
    sys.addaudithook(_look)


def _look(event: str, details: tuple[object, ...]) -> None:
    # Looking opens files too.
    if event != "open" or _AT_WORK.looking:
        return
    _AT_WORK.looking = True
    try:
        if (path := _read(*details)) and (module := _AT_WORK.module or _imported()):
            _check(path, module)
    finally:
        _AT_WORK.looking = False


def _read(path: object, mode: object = None, flags: object = 0) -> str:
    """Return the path of what is opened, where that may be there already and is to be read; "" otherwise."""
    if not isinstance(path, str | bytes | os.PathLike) or not isinstance(flags, int):
        return ""
    # Of these two, one empties the file and the other makes a new one, as temporary files are.
    new = flags & os.O_TRUNC or (flags & os.O_CREAT and flags & os.O_EXCL)
    name = os.fsdecode(path)
    if new or flags & os.O_ACCMODE == os.O_WRONLY or name.endswith(CODE):
        return ""
    return "" if any(part.endswith(RECORDS) for part in Path(name).parts) else name


def _imported() -> str:
    """Return the surrogate's module that is being imported in this thread, or ""."""
    frame, modules = inspect.currentframe(), []
    while frame is not None:
        if frame.f_code.co_name == "<module>":
            modules.append(str(frame.f_globals.get("__name__")))
        frame = frame.f_back
    # The outermost names what all modules read that it imports.
    return next(filter(_of_surrogate, reversed(modules)), "")


def _of_surrogate(module: str) -> bool:
    own = module.startswith(f"{extensions.__name__}.surrogates.")
    return own or any(entry.module == module for entry in entry_points(f"{PACKAGE.name}.surrogates"))


def _check(path: str, module: str) -> None:
    """Raise a PluginError where a surrogate reads a file of its own or of the project and does not name it."""
    full = os.path.realpath(path)
    if Path(path).is_dir() or not any(_counts(spelling, module) for spelling in _spellings(path)):
        return
    named = sorted(os.path.realpath(file) for file in closure(module) if file.suffix != ".py")
    if full in named:
        return
    raise PluginError(
        f"a surrogate opened a file that it does not name: {full}",
        where=module,
        allowed=", ".join(named) or "none",
        remedy=f'put the file beside the surrogate\'s and name it there, {CONSTANT} = ("{Path(path).name}",),'
        " so that a change of it is seen; or write its values into the code",
    )


def _counts(path: str, module: str) -> bool:
    """Tell whether a file lies in the project or below the folder of a surrogate's own file.

    The innermost folder says whose it is: packages may be installed in the project, and the project among packages.
    """
    file = getattr(sys.modules.get(module), "__file__", None)
    own = [Path(file).parent] if file else []
    places = [*own, *(place for folder in map(Path, extensions.__path__) for place in (folder.parent, folder))]
    folders = [spelling for place in places for spelling in _spellings(place)]
    inside = (folder for folder in (*INSTALLED, *folders) if path.startswith(f"{folder}{os.sep}"))
    return max(inside, key=len, default=INSTALLED[0]) not in INSTALLED

"""A surrogate opens no file but those that it names: another could change unseen and leave old answers in place."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from rlsearch.errors import PluginError
from rlsearch.import_closure import closure
from rlsearch.syntax import CONSTANT

CODE = (".py", ".pyc", ".so")
INSTALLED = tuple(f"{os.path.realpath(path)}{os.sep}" for path in (sys.prefix, sys.base_prefix))
"""Where Python and its packages lie, whose versions are recorded."""


class _AtWork(threading.local):
    """The module of the surrogate that is at work in a thread; "" where none is."""

    module = ""


_AT_WORK = _AtWork()


@contextmanager
def watched(module: str) -> Iterator[None]:
    """Refuse to open any file that the surrogate of this module does not name (`READS`), as long as it is at work.

    Raises:
        PluginError: it opens one.
    """
    _listen()
    before, _AT_WORK.module = _AT_WORK.module, module
    try:
        yield
    finally:
        _AT_WORK.module = before


@cache
def _listen() -> None:
    sys.addaudithook(_look)


def _look(event: str, details: tuple[object, ...]) -> None:
    if event != "open" or not (module := _AT_WORK.module) or not isinstance(details[0], str | bytes):
        return
    path = os.path.realpath(os.fsdecode(details[0]))
    if path.endswith(CODE) or (path.startswith(INSTALLED) and not _beside(path, module)):
        return
    with watched(""):  # finding out what it names opens files too
        named = sorted(os.path.realpath(file) for file in closure(module) if file.suffix != ".py")
    if path in named:
        return
    raise PluginError(
        f"a surrogate opened a file that it does not name: {path}",
        where=module,
        allowed=", ".join(named) or "none",
        remedy=f'put the file beside the surrogate\'s and name it there, {CONSTANT} = ("{Path(path).name}",),'
        " so that a change of it is seen; or write its values into the code",
    )


def _beside(path: str, module: str) -> bool:
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is not None and path.startswith(f"{os.path.realpath(Path(file).parent)}{os.sep}")

"""Exceptions that come out of a user's own plugin while it is at work, as one message that names its file."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

from rlsearch import extensions
from rlsearch.config import plugin_errors, plugins
from rlsearch.config.entry_points import entry_points
from rlsearch.errors import PluginError

AGAIN = "correct the file and run the same command again; finished work is kept"


def by_plugin(error: BaseException) -> PluginError | None:
    """Return the message for an exception that a plugin of the user's own has raised, or led to.

    The last place in such a file, or in one beside it, is named: what was called from there may be anybody's code. None
    where no such file took part.
    """
    own = list(_folders())
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _lies_in(frame.filename, own)]
    if not frames:
        return None
    file, said = Path(frames[-1].filename), traceback.format_exception_only(error)[-1].strip()
    place = plugin_errors.shown(file)
    return PluginError(
        f"{place} raised {said}", where=f"{place}, line {frames[-1].lineno}, in {frames[-1].name}", remedy=AGAIN
    )


def _folders() -> Iterator[Path]:
    """Yield the folders of plugins of the user's own, and of what they import from beside them; or single files."""
    yield from map(Path, extensions.__path__)
    for kind in plugins.KINDS:
        for entry in entry_points(f"{plugins.PACKAGE}.{kind}"):
            # A module that lies in no package lies among those of all other distributions.
            yield entry.file.parent if (entry.file.parent / "__init__.py").is_file() else entry.file


def _lies_in(name: str, folders: list[Path]) -> bool:
    return any(Path(name).is_relative_to(folder) for folder in folders)

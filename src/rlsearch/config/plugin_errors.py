"""What can be wrong with a plugin's file, each in one message that names it."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path

from rlsearch.errors import PluginError


def shown(path: Path) -> str:
    """Return a path as messages have it: from the working directory where it lies below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def twice(kind: str, name: str, first: str, second: str) -> PluginError:
    """Return the error for two plugins of one name."""
    return PluginError(
        f"two files of {kind} are called {name!r}",
        where=f"{first} and {second}",
        remedy="rename one of the two, also in the settings that name it",
    )


def bad_file_name(path: Path) -> PluginError:
    """Return the error for a file whose name cannot be a plugin's."""
    return PluginError(
        "this is no name for a plugin's file",
        where=shown(path),
        allowed="small letters, digits and _, a letter first; `my_agent.py` is the plugin `my-agent`",
        remedy="rename it, or put an underscore before a file that is no plugin",
    )


def not_importable(path: Path, place: str, error: Exception) -> PluginError:
    """Return the error for a file that raises when imported: the last line of its traceback, and where that is.

    A PluginError says all of that itself.
    """
    if isinstance(error, PluginError):
        return PluginError(error.what, where=error.where, allowed=error.allowed, remedy=error.remedy)
    last = traceback.format_exception_only(error)[-1].strip()
    return PluginError(f"{place} cannot be imported: {last}", where=_line(path, error), remedy="correct the file")


def _line(path: Path, error: Exception) -> str:
    """Return the last place in a plugin's own code, or beside it, that led to an error."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(Path(error.filename))}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(path.parent)]
    return f"{shown(Path(own[-1].filename))}, line {own[-1].lineno}" if own else shown(path)


def no_model(place: str) -> PluginError:
    """Return the error for a file whose settings are no pydantic model."""
    base = "a class that derives from SpaceSettings, AgentSettings, DatasetSettings, ..."
    return PluginError(f"SETTINGS of {place} is no model of settings", allowed=f"{base}: docs/extending.md")


def incomplete(place: str, missing: Sequence[str], needed: Sequence[str]) -> PluginError:
    """Return the error for a file that does not define what one of its kind has to."""
    return PluginError(
        f"{place} does not define {' and '.join(missing)}",
        allowed=f"a file that defines {', '.join(needed)}: docs/extending.md",
        remedy="define it, or put an underscore before the name of a file that is no plugin",
    )


def no_section(place: str, section: str, sections: Sequence[str]) -> PluginError:
    """Return the error for a figure or a table that names an unknown section."""
    return PluginError(f"{place} belongs to no section: SECTION = {section!r}", allowed=", ".join(sections))

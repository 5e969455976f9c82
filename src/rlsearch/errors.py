"""Errors that end a run with one clear message instead of a traceback."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class RlsearchError(Exception):
    """What went wrong, where, what is allowed and what to do: everything a user needs on one screen.

    Args:
        what: the fault in one sentence.
        where: the file, settings key or job it concerns.
        allowed: what would have been accepted.
        remedy: the next thing to do.
    """

    def __init__(self, what: str, *, where: str = "", allowed: str = "", remedy: str = "") -> None:
        self.what, self.where, self.allowed, self.remedy = what, where, allowed, remedy
        super().__init__(self.render())

    def render(self) -> str:
        """Return the message, one labelled line for each part that is known."""
        parts = [("where", self.where), ("allowed", self.allowed), ("do", self.remedy)]
        return "\n".join([self.what, *(f"  {label}: {text}" for label, text in parts if text)])


class SettingsError(RlsearchError):
    """A value in params.yaml cannot be used."""


class PluginError(RlsearchError):
    """A plugin's file cannot be used, whatever the settings say."""


class KeywordError(SettingsError, TypeError):
    """A keyword that no setting has: a TypeError too, as from any function, for callers that look for one."""


def check_keywords(keywords: Iterable[str], allowed: Iterable[str], where: str) -> None:
    """Raise a KeywordError for the first keyword that is not allowed."""
    names = sorted(allowed)
    for keyword in keywords:
        if keyword not in names:
            what = f"got an unexpected keyword argument {keyword!r}"
            raise KeywordError(what, where=where, allowed=", ".join(names))


class ActionError(RlsearchError, ValueError):
    """An action that no decision takes; a ValueError too, which algorithms and environments raise elsewhere."""


class PolicyError(RlsearchError):
    """A learned policy holds numbers with which nothing can be computed any more."""

    def locate(self, place: str) -> None:
        """Put a place before what is known of where the error was raised."""
        self.where = ", ".join(filter(None, (place, self.where)))
        self.args = (self.render(),)


@contextmanager
def locating(place: str | Callable[[], str]) -> Iterator[None]:
    """Tell a PolicyError that passes where that is: which agent, which trial.

    Args:
        place: a callable is asked when an error passes.
    """
    try:
        yield
    except PolicyError as error:
        error.locate(place if isinstance(place, str) else place())
        raise


class DataError(RlsearchError):
    """A dataset is missing, damaged or of the wrong form."""


class StorageError(RlsearchError):
    """A place cannot be written or read: a full disk or quota, no right, a file where a folder is needed."""


_STORAGE = {
    errno.ENOSPC: ("no space is left on the disk", "make room (`df -h` and `df -i` tell where it is short)"),
    errno.EDQUOT: ("the disk quota is used up", "make room, or ask for a larger quota"),
    errno.EFBIG: ("the file would be larger than allowed", "raise the limit (`ulimit -f`), or use another disk"),
    errno.EROFS: ("the file system is read-only", "make it writable, or work in another folder"),
    errno.EACCES: ("there is no permission", "change the permissions, or work in another folder"),
    errno.EEXIST: ("there is a file where a folder is needed", "move the file away, or name another folder"),
    errno.ENOTDIR: ("there is a file where a folder is needed", "move the file away, or name another folder"),
    errno.EISDIR: ("there is a folder where a file is needed", "move the folder away, or name another one"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.EPERM: ("the operation is not permitted", "change the permissions, or work in another folder"),
}


def storage_error(error: OSError) -> StorageError | None:
    """Return the one message for a place that cannot be written or read; None for any other error."""
    if error.errno not in _STORAGE:
        return None
    what, remedy = _STORAGE[error.errno]
    where = str(error.filename) if error.filename is not None else f"work in {Path.cwd()}"
    again = "run the same command again; finished work is kept, and no file was left half-written"
    return StorageError(what, where=where, remedy=f"{remedy}, then {again}")


class ResumeError(RlsearchError):
    """Recorded work does not fit the run that wants to continue it."""


class SearchStopped(RlsearchError):
    """A search ended early because going on would waste compute."""

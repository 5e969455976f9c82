"""What is wrong with a key of the settings, as checks and claims find it; `config/messages.py` puts it into words.

Claims are read by the report too. So nothing here says how a message looks, and an edited message makes no report
outdated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rlsearch.config import plugins
from rlsearch.errors import SettingsError

KeyPath = tuple[str | int, ...]
"""The way from the top of params.yaml to a key: names of sections and positions in lists."""

NOTHING = object()
"""Stands for "no value to show", since None is a value."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: `problem` says what is allowed at `path`, where `value` was given."""

    path: KeyPath
    problem: str
    value: Any = NOTHING


def unknown_name(kind: str, name: str, names: Sequence[str]) -> str:
    """Return the sentence for a name that does not exist, with the nearest one and all others."""
    return f"there is no such {kind}{plugins.nearest(name, list(names))}; allowed: {', '.join(names) or 'none'}"


def unknown(path: KeyPath, kind: str, name: str, names: Sequence[str]) -> Iterator[Fault]:
    """Yield the fault of the key at `path` if it names what does not exist."""
    if name not in names:
        yield Fault(path, unknown_name(kind, name, names), name)


def check_name(kind: str, name: str, names: Sequence[str], where: str = "") -> None:
    """Raise a SettingsError unless a name exists; `where` is the file or folder that has the others."""
    if name not in names:
        what = f"there is no {kind} {name!r}{plugins.nearest(name, list(names))}"
        raise SettingsError(what, where=where, allowed=", ".join(names))

"""The facts of source files (`syntax`), remembered by content from one process to the next.

Every job of a run asks what a hundred files import and mean, and parsing them would take it half a second.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from rlsearch import syntax
from rlsearch.files import sealed, unsealed, write_atomic
from rlsearch.syntax import Facts

MEMORY = Path(".rlsearch/code.json")
MOST = 4000
"""Files that are remembered, those of this process first: ten times as many as the package has."""


@dataclass
class Known:
    """Facts by the SHA-256 of a file's bytes, and how many of them the memory held when it was last seen."""

    facts: dict[str, Facts]
    kept: int


def of(path: str) -> Facts:
    """Return the facts of a source file.

    Raises:
        SyntaxError: it is not valid Python.
        UnicodeDecodeError: it is not UTF-8.
    """
    status = os.stat(path)  # noqa: PTH116 - planning a run asks ten thousand times, and a Path takes longer than the look
    return _of(path, (status.st_mtime_ns, status.st_size))


def remember() -> None:
    """Write what is new into the memory of the project in the working directory, where there is one."""
    known = _known()
    if known.kept < len(known.facts) and MEMORY.parent.is_dir():
        known.kept = len(known.facts)
        newest = dict(list(known.facts.items())[-MOST:])
        with suppress(OSError):  # a full disk, a folder of somebody else: nothing is lost but time
            write_atomic(MEMORY, sealed({"reader": _reader(), "facts": newest})[0], durable=False)


# The stamp is part of the key, so that a file which was edited is read again.
@lru_cache(maxsize=1024)
def _of(path: str, stamp: tuple[int, int]) -> Facts:
    source, facts = Path(path).read_bytes(), _known().facts
    content = hashlib.sha256(source).hexdigest()
    if content not in facts:
        facts[content] = syntax.facts(source, path)
    return facts[content]


@cache
def _known() -> Known:
    """Return what is remembered; nothing where that is damaged, or what another Python or another `syntax` read."""
    try:
        memory, _ = unsealed(MEMORY.read_bytes())
        found = memory["facts"] if memory["reader"] == _reader() else {}
    except (OSError, ValueError, KeyError):
        found = {}
    facts = {
        content: Facts(tuple(imports), None if reads is None else tuple(reads), semantic, rules)
        for content, (imports, reads, semantic, rules) in found.items()
    }
    return Known(facts, len(facts))


@cache
def _reader() -> str:
    """Return what facts depend on beside a file: the code that finds them, and the Python that parses and prints."""
    return hashlib.sha256(Path(syntax.__file__).read_bytes() + sys.version.encode()).hexdigest()

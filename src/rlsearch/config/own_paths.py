"""The path of a user's own data as text, which Snakemake, DVC and this package must all read alike."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path


def text_fault(path: str) -> str | None:
    """Return why a path cannot be used wherever it leads; None for one that can.

    >>> text_fault("pictures/{animals}")
    'holds a brace, which Snakemake takes for a wildcard: rename the folder or file'
    """
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in path):
        return "holds a line break or another control character"
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path):
        return "is an address: download it, and give the file or folder"
    if path.startswith("~") or re.match(r"\$[A-Za-z_{]", path):
        return f"is not expanded here: give {_expanded(path)}"
    if "\\" in path:
        # Python 3.11 allows no backslash inside the braces of an f-string, hence chr(92).
        return f"must have / between its folders: {path.replace(chr(92), '/')}"
    if "{" in path or "}" in path:
        return "holds a brace, which Snakemake takes for a wildcard: rename the folder or file"
    if "*" in path or "?" in path:
        return "holds * or ?, and patterns are not expanded: give one file or folder"
    return None


def _expanded(path: str) -> str:
    try:
        full = os.path.expandvars(Path(path).expanduser())
    except RuntimeError:  # there is no such user
        return "the whole path"
    return "the whole path" if full == path else full

"""What must be at the path of a user's own data; it must not be in a folder that commands of the project empty."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

OUTPUTS = ("data", "results", "logs", ".rlsearch", ".snakemake", ".dvc", ".git")
"""Folders of the project that commands make, empty and remove."""

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".xz", ".bz2", ".7z", ".rar")


def place_fault(path: str, kind: str) -> str | None:
    """Return what is wrong with what lies at a path; None where it can be read.

    Args:
        path: as the settings have it; a relative one counts from the working directory, which is the project's folder.
        kind: "file", "folder", or "" where the source takes either.
    """
    place = Path(path)
    try:
        return _among_outputs(place) or (_of_kind(place, kind) if place.exists() else _missing(place))
    except OSError as error:
        return f"cannot be reached: {error.strerror}"


def _of_kind(place: Path, kind: str) -> str | None:
    if kind == "file" and place.is_dir():
        return f"is a folder, and this source takes a file{_other_source(place)}"
    if kind == "folder" and not place.is_dir():
        return f"is a file, and this source takes a folder{_other_source(place)}"
    # A folder has to be entered too, which its x bit allows.
    if not os.access(place, os.R_OK | (os.X_OK if place.is_dir() else 0)):
        return "cannot be read by this user: change its permissions"
    return None


def _among_outputs(place: Path) -> str | None:
    project, resolved = Path.cwd().resolve(), Path(os.path.realpath(place))  # which ends where links run in a circle
    for name in OUTPUTS:
        if resolved.is_relative_to(project / name):
            return f"lies in {name}/, which commands of this project empty: move your data out of it"
    if project.is_relative_to(resolved):
        return "holds this project itself, with its results: put your data into a folder of their own"
    return None


def _missing(place: Path) -> str:
    if place.is_symlink():
        return "is a link that leads nowhere"
    parent = next(folder for folder in place.absolute().parents if folder.exists())
    wanted = place.absolute().relative_to(parent).parts[0]
    try:
        beside = [path.name for path in parent.iterdir()] if parent.is_dir() else []
    except OSError:
        beside = []
    # In small letters: to difflib, another case is another letter.
    near = difflib.get_close_matches(wanted.lower(), [name.lower() for name in beside], n=1)
    names = [name for name in beside if near and name.lower() == near[0]]
    hint = f" (did you mean {names[0]!r}?)" if names else ""
    return f"does not exist: there is no {wanted!r} in {parent}{hint}"


def _other_source(place: Path) -> str:
    if place.is_dir():
        return ": `source: image-folder`, if it holds pictures"
    if place.suffix.lower() == ".npz":
        return ": `source: npz`"
    return ": unpack it first" if place.suffix.lower() in ARCHIVES else ""

"""Walks a folder of pictures: which files count as pictures, in which order, and what is left out and why."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from rlsearch.errors import DataError

SUFFIXES = frozenset(
    [
        ".bmp",
        ".gif",
        ".jfif",
        ".jpe",
        ".jpeg",
        ".jpg",
        ".pbm",
        ".pgm",
        ".png",
        ".pnm",
        ".ppm",
        ".tif",
        ".tiff",
        ".webp",
    ],
)
"""A file counts as a picture by its suffix, in upper or lower case."""

OTHER_PICTURES = frozenset(
    [
        ".arw",
        ".avif",
        ".cr2",
        ".cr3",
        ".dcm",
        ".dng",
        ".eps",
        ".exr",
        ".heic",
        ".heif",
        ".ico",
        ".jp2",
        ".jxl",
        ".nef",
        ".psd",
        ".raw",
        ".svg",
        ".tga",
    ],
)
"""Pictures too, which are not read: refused, since a dataset without them is not what was meant."""

OF_SYSTEMS = frozenset(("__macosx", "@eadir", "thumbs.db", "desktop.ini"))

HIDDEN, LINKED = "hidden, or made by an operating system", "links to a folder that is read already"
BROKEN, BESIDE = "broken links, pipes and the like", "files beside the folders"


class Walk:
    """Enters every folder once, however it is linked, and none above `root`; `left_out` says why, path by path."""

    def __init__(self, root: Path) -> None:
        self.left_out: dict[Path, str] = {}
        self._entered: set[tuple[int, int]] = set()
        # The folders above count as entered: a link to one of them would bring the whole tree in again.
        for folder in (root.resolve(), *root.resolve().parents):
            self.enter(folder)

    def folders(self, folder: Path) -> list[Path]:
        """Return the folders in a folder, in natural order; files are left out."""
        folders = []
        for path, is_folder in self._entries(folder):
            if is_folder:
                folders.append(path)
            else:
                self.left_out[path] = BESIDE
        return sorted(folders, key=lambda path: natural(path.name))

    def pictures(self, folder: Path) -> list[Path]:
        """Return all pictures below a folder, sorted by folder and name."""
        return sorted(self._below(folder), key=lambda path: (str(path.parent), path.name))

    def enter(self, folder: Path) -> bool:
        """Tell whether a folder is met for the first time; else it is left out."""
        status = folder.stat()
        # What a folder is on the disk, whatever path leads to it.
        place = (status.st_dev, status.st_ino)
        if place in self._entered:
            self.left_out[folder] = LINKED
            return False
        self._entered.add(place)
        return True

    def _below(self, folder: Path) -> Iterator[Path]:
        if not self.enter(folder):
            return
        for path, is_folder in self._entries(folder):
            if is_folder:
                yield from self._below(path)
            elif reason := _reason(path):
                self.left_out[path] = reason
            else:
                yield path

    def _entries(self, folder: Path) -> Iterator[tuple[Path, bool]]:
        """Yield what stands in a folder, and whether it is a folder itself, by name."""
        for entry in entries(folder):
            if entry.name.startswith(".") or entry.name.lower() in OF_SYSTEMS:
                self.left_out[Path(entry.path)] = HIDDEN
            else:
                yield Path(entry.path), entry.is_dir()


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what stands in a folder, by name; most kinds are known without asking the disk again.

    Raises:
        DataError: the folder cannot be read.
    """
    try:
        with os.scandir(folder) as scanned:
            return sorted(scanned, key=lambda entry: entry.name)
    except OSError as error:
        fault = f"the folder cannot be read: {error.strerror}"
        raise DataError(fault, where=str(folder), remedy="change its permissions, or take it out") from None


def is_picture(name: str) -> bool:
    """Tell whether a file of this name counts as a picture."""
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def _reason(path: Path) -> str | None:
    """Return why a file in a class is left out; None for a picture."""
    suffix = path.suffix.lower()
    if not path.is_file():
        return BROKEN
    if suffix in OTHER_PICTURES:
        raise DataError(
            f"pictures of the kind {suffix} are not read",
            where=str(path),
            allowed=" ".join(sorted(SUFFIXES)),
            remedy="convert them (to PNG, which loses nothing), or take them out",
        )
    if suffix in SUFFIXES:
        return None
    return f"files with the suffix {shown(suffix)}" if suffix else "files without a suffix"


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key under which 2 comes before 10; equal keys look alike.

    >>> sorted(["10", "2", "b", "A", "img10", "img2"], key=natural)
    ['2', '10', 'A', 'b', 'img2', 'img10']
    """
    pieces = re.findall(r"[0-9]+|[^0-9]+", unicodedata.normalize("NFKC", name).casefold())
    # Pieces of one shape, since a number and a text cannot be compared: numbers come before letters.
    return tuple((0, int(piece), "") if piece.isascii() and piece.isdigit() else (1, 0, piece) for piece in pieces)


def shown(path: Path | str) -> str:
    r"""Return a path as text that can be written anywhere: bytes that are no UTF-8 as \x.."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")

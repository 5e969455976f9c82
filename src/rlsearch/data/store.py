"""The raw store: where original files lie, outside the project's outputs, so that no failed run ever empties it.

The environment variable RLSEARCH_DATA names one or more roots (separated as in PATH); without it the folder
`rlsearch` in the user's cache is the only one. A file may lie in a root as it is or with `.xz` appended.
"""

from __future__ import annotations

import hashlib
import logging
import lzma
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlsearch.data.download import download, extract, members
from rlsearch.errors import DataError

VARIABLE = "RLSEARCH_DATA"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RawFile:
    """An original file: its path below a root, MD5, size in bytes, and where it comes from.

    It comes from a `url` of its own, or out of a tar `archive` that unpacks in the folder where the archive lies. Of a
    file that has both, the archive is used where a root holds it, and never downloaded.
    """

    path: str
    md5: str
    size: int
    url: str = ""
    archive: RawFile | None = None


class RawStore:
    """Looks files up in the roots and downloads what none of them has into the first root that can be written."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = tuple(roots)
        self._unpacked: dict[RawFile, bytes] = {}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> RawStore:
        """Return the store that RLSEARCH_DATA names, or the one in the user's cache folder.

        Raises:
            DataError: a root lies in the home of a user who has none.
        """
        named = [part for part in environment.get(VARIABLE, "").split(os.pathsep) if part.strip()]
        roots = named or [f"{environment.get('XDG_CACHE_HOME') or '~/.cache'}/rlsearch"]
        try:
            return cls([Path(root).expanduser() for root in roots])
        except RuntimeError:  # neither HOME nor an entry in the list of users
            raise DataError(
                "raw files would be kept in the home folder, and this user has none",
                where=os.pathsep.join(roots),
                remedy=f"set {VARIABLE} to a folder that can be written, or set HOME",
            ) from None

    def locate(self, file: RawFile) -> Path | None:
        """Return where the file lies, plain or as .xz; None when no root has it."""
        places = (root / f"{file.path}{suffix}" for root in self.roots for suffix in ("", ".xz"))
        return next(filter(_is_file, places), None)

    def missing(self, files: Iterable[RawFile]) -> list[RawFile]:
        """Return the files that no root has."""
        return [file for file in files if file not in self._unpacked and self.locate(file) is None]

    def download_size(self, files: Iterable[RawFile]) -> int:
        """Return the bytes that `obtain` would download: archives count whole and once."""
        # A set: files of one archive are one download.
        wanted = {self._archive_of(file) or file for file in self.missing(files)}
        return sum(file.size for file in self.missing(wanted))

    def obtain(self, files: Iterable[RawFile]) -> None:
        """Download what is missing; nothing gets its final name before its checksum was right.

        Where an archive is there and no root can be written, its files stay in memory.

        Raises:
            DataError: no root can be written, the download failed, or a checksum is wrong.
            StorageError: the disk is full.
        """
        archives = {file: self._archive_of(file) for file in self.missing(files)}
        for file in (file for file, archive in archives.items() if archive is None):
            target = self._writable_root(file) / file.path
            log.info("downloading %s (%.1f MB)", file.url, file.size / 1e6)
            download(file.url, target, file.md5)
        # A dictionary keeps the order of the files and names each archive once.
        for archive in dict.fromkeys(filter(None, archives.values())):
            self._unpack(archive, [file for file, origin in archives.items() if origin == archive])

    def _archive_of(self, file: RawFile) -> RawFile | None:
        """Return the archive out of which a file is to be taken; None where it is downloaded by itself."""
        return None if file.archive is None or (file.url and self.locate(file.archive) is None) else file.archive

    def _unpack(self, archive: RawFile, files: Sequence[RawFile]) -> None:
        """Take files out of an archive that a user put into a root, or else out of a fresh download."""
        fresh = self.locate(archive) is None
        if not fresh and not self._writable_roots(archive):
            folder = Path(archive.path).parent
            names = {str(Path(file.path).relative_to(folder)): file for file in files}
            contents = members(self.read(archive), list(names), str(self.locate(archive)))
            self._unpacked |= {names[name]: content for name, content in contents.items()}
            return
        root = self._writable_root(archive)
        if fresh:
            log.info("downloading %s (%.1f MB)", archive.url, archive.size / 1e6)
            download(archive.url, root / archive.path, archive.md5)
        extract(self.read(archive), (root / archive.path).parent, {root / file.path: file.md5 for file in files})
        if fresh:
            # Its files are unpacked now; an archive that the user put there stays.
            (root / archive.path).unlink()

    def read(self, file: RawFile) -> bytes:
        """Return the file's original bytes, unpacked in memory if it lies there as .xz.

        Raises:
            DataError: the file is missing, or its checksum is wrong.
        """
        place = self.locate(file.archive if file in self._unpacked and file.archive else file)
        if place is None:
            raise DataError(f"{file.path} is missing", where=self._shown(), remedy=self._by_hand(file))
        try:
            content = self._unpacked.get(file) or place.read_bytes()
            if file not in self._unpacked and place.suffix == ".xz":
                content = lzma.decompress(content)
        except PermissionError:
            raise _closed(place) from None
        except (OSError, EOFError, lzma.LZMAError) as error:
            fault = f"cannot read {file.path}: expected md5 {file.md5}, found damage: {error}"
            raise DataError(fault, where=str(place), remedy=_replace(place)) from None
        actual = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if actual != file.md5:
            raise DataError(
                f"{file.path} is not the original: expected md5 {file.md5}, found {actual}",
                where=str(place),
                remedy=_replace(place),
            )
        return content

    def _writable_root(self, file: RawFile) -> Path:
        """Return the first root into which files can be written."""
        if roots := self._writable_roots(file):
            return roots[0]
        raise DataError(
            f"{file.path} is missing, and no root of the raw store can be written",
            where=self._shown(),
            remedy=f"add a writable folder to {VARIABLE}, or put the file there by hand (from {file.url})",
        )

    def _writable_roots(self, file: RawFile) -> list[Path]:
        return [root for root in self.roots if _writable(root / Path(file.path).parent)]

    def _shown(self) -> str:
        return ", ".join(f"{root}{_state(root)}" for root in self.roots)

    def _by_hand(self, file: RawFile) -> str:
        origin = file if file.url else file.archive or file
        place = self.roots[0] / origin.path
        return f"set {VARIABLE} to a folder that has it, or get {origin.url} and put it at {place}"


def _writable(folder: Path) -> bool:
    """Whether files may be put here; a folder that nobody may write to is respected even by the superuser."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    write_bits = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
    return folder.is_dir() and os.access(folder, os.W_OK) and bool(folder.stat().st_mode & write_bits)


def _state(root: Path) -> str:
    """Return in words what keeps a root from being used; nothing for a writable folder."""
    try:
        if not root.exists():
            return " (does not exist)"
    except PermissionError:
        return " (closed to this user)"
    return " (no folder)" if not root.is_dir() else "" if _writable(root) else " (cannot be written)"


def _is_file(place: Path) -> bool:
    try:
        return place.is_file()
    except PermissionError:
        raise _closed(place) from None


def _closed(place: Path) -> DataError:
    remedy = f"change the permissions, or name another folder in {VARIABLE}"
    return DataError("the raw data store is closed to this user", where=str(place), remedy=remedy)


def _replace(place: Path) -> str:
    return f"delete {place.name} there, so that it is downloaded again, or name another folder in {VARIABLE}"

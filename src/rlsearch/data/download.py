"""Downloads that leave either the whole, verified file under its final name or nothing."""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from rlsearch.errors import DataError, storage_error

TIMEOUT = 60.0
"""Seconds without a byte after which a download counts as interrupted."""

CHUNK = 1 << 20
ELSEWHERE = "set RLSEARCH_DATA to a folder that has it"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def download(url: str, target: Path, md5: str, *, timeout: float = TIMEOUT) -> None:
    """Stream `url` to a temporary file beside `target`, verify its MD5, then rename it.

    Raises:
        DataError: not https, unreachable, interrupted, or another checksum; `target` is untouched.
    """
    where, remedy = f"{url} -> {target}", f"try again, put the file at {target} by hand, or {ELSEWHERE}"
    try:
        _require_https(url)
        with _scratch(target.parent) as folder:
            part = folder / target.name
            received = _stream(url, part, timeout)
            if received != md5:
                size = part.stat().st_size
                fault = f"the download of {target.name} is damaged: expected md5 {md5}, found {received} ({size} bytes)"
                raise DataError(fault, where=where, remedy=remedy)
            os.replace(part, target)
    except (OSError, ValueError, http.client.HTTPException) as error:
        _raise_for_disk(error, target)
        fault = f"the download of {target.name} failed: {_reason(error)}; expected md5 {md5}, found no whole file"
        raise DataError(fault, where=where, remedy=remedy) from None


def extract(archive: bytes, folder: Path, targets: Mapping[Path, str]) -> None:
    """Unpack files of a tar archive beside their targets, verify the MD5 of each, then rename them all.

    Args:
        archive: the bytes of the (compressed) tar file, verified before.
        folder: where the archive unpacks, so that a target below it is the member of the same path.
        targets: final path -> MD5.

    Raises:
        DataError: a member is missing or damaged; no target is touched.
        StorageError: the disk is full.
    """
    names = {target: target.relative_to(folder).as_posix() for target in targets}
    contents = members(archive, list(names.values()), str(folder))
    for target, md5 in targets.items():
        _verify(contents[names[target]], md5, target)
    try:
        with _scratch(folder) as scratch:
            parts = {target: scratch / str(number) for number, target in enumerate(targets)}
            # All are written before the first is renamed: a full disk leaves none of them behind.
            for target, part in parts.items():
                part.write_bytes(contents[names[target]])
            for target, part in parts.items():
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(part, target)
    except OSError as error:
        _raise_for_disk(error, folder)
        raise DataError(f"cannot unpack the archive: {error}", where=str(folder), remedy=ELSEWHERE) from None


def members(archive: bytes, names: Sequence[str], where: str) -> dict[str, bytes]:
    """Return files of a (compressed) tar archive by name, unpacked in memory.

    No path, link or right of the archive ever reaches the disk. (tarfile's filters, which make extraction to a disk
    safe, are not in every Python 3.11.)

    Raises:
        DataError: the archive is damaged, or a name is missing or no plain file.
    """
    contents = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for name in names:
                member = tar.getmember(name)
                opened = tar.extractfile(member) if member.isreg() else None
                if opened is None:
                    raise tarfile.ExtractError(f"{name} is no plain file")
                contents[name] = opened.read()
    except (tarfile.TarError, OSError, EOFError, KeyError, zlib.error) as error:
        raise _damaged_archive(error, where) from None
    return contents


def _damaged_archive(error: Exception, where: str) -> DataError:
    return DataError(
        f"cannot unpack the archive: {error}", where=where, remedy=f"delete the archive and try again, or {ELSEWHERE}"
    )


def _raise_for_disk(error: Exception, place: Path) -> None:
    """Raise what says that the disk, and neither network nor file, is at fault; nothing where it is not."""
    # A connection that a firewall forbids has the same error numbers, inside a URLError.
    if isinstance(error, OSError) and not isinstance(error, urllib.error.URLError) and error.errno is not None:
        fault = storage_error(OSError(error.errno, error.strerror, error.filename or str(place)))
        if fault is not None:
            raise fault from None


def _verify(content: bytes, md5: str, target: Path) -> None:
    # MD5 is what the sources publish. It guards against damage alone; so marked, it passes where Python forbids it.
    actual = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if actual != md5:
        fault = f"{target.name} in the archive is not the original: expected md5 {md5}, found {actual}"
        raise DataError(fault, where=str(target), remedy=f"delete the archive and try again, or {ELSEWHERE}")


def _require_https(url: str) -> None:
    # Plain http to the machine itself crosses no network: tests and local mirrors use it.
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError(f"only https is allowed, not {url}")


class _HttpsRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to where a download might have started."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        try:
            # At every hop, since a server may redirect from https to plain http.
            _require_https(newurl)
        except ValueError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _stream(url: str, part: Path, timeout: float) -> str:
    """Write the body to a file and return its MD5."""
    opener = urllib.request.build_opener(_HttpsRedirects)
    request = urllib.request.Request(url, headers={"User-Agent": "rlsearch"})  # noqa: S310 - _require_https was asked
    md5 = hashlib.md5(usedforsecurity=False)
    with opener.open(request, timeout=timeout) as answer, part.open("wb") as file:
        for chunk in iter(lambda: answer.read(CHUNK), b""):
            md5.update(chunk)
            file.write(chunk)
        # `read` with a size takes a connection that ends early for the end of the body.
        announced = answer.headers.get("Content-Length")
        if announced is not None and file.tell() != int(announced):
            raise http.client.HTTPException(f"the connection ended after {file.tell()} of {announced} bytes")
        file.flush()
        # Before the rename: after a power cut the final name must not stand for bytes that never reached the disk.
        os.fsync(file.fileno())
    return md5.hexdigest()


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"the server answered {error.code} {error.reason}"
    if isinstance(error, http.client.IncompleteRead):
        return f"the connection ended after {len(error.partial)} bytes"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(reason) or type(reason).__name__


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder on the same file system, so that a rename is atomic; it is always removed."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder, prefix=".incomplete-"))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)

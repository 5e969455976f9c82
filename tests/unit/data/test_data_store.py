"""The raw store: roots, xz files, checksums, downloads over loopback, interrupted and corrupted ones included."""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rlsearch.data.download import download, extract
from rlsearch.data.store import RawFile, RawStore
from rlsearch.errors import DataError
from waiting import PATIENCE

CONTENT = bytes(range(256)) * 40


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def tar_of(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


ARCHIVE = tar_of(batches__one=b"1" * 50, batches__two=b"2" * 60)
FILE = RawFile("some/file.bin", md5(CONTENT), len(CONTENT))


class Handler(BaseHTTPRequestHandler):
    """Serves the content whole, cut off, corrupted, never, or from elsewhere."""

    requests: list[str]

    def do_GET(self) -> None:
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        if self.path == "/gone":
            self.send_error(404)
            return
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://example.invalid/file.bin")
            self.end_headers()
            return
        body = ARCHIVE if self.path == "/archive.tar.gz" else CONTENT
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/silent":
            self.server.release.wait(PATIENCE)  # type: ignore[attr-defined]
        sent = {"/cut": body[:1000], "/corrupt": body[:-1] + b"?", "/silent": b""}.get(self.path, body)
        self.wfile.write(sent)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for the answers, so that no socket outlives the test

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[str] = []
        self.release = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as instance:
        thread = threading.Thread(target=instance.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield instance
        instance.release.set()
        instance.shutdown()
        thread.join()


def files_below(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_roots_come_from_the_variable_or_the_cache() -> None:
    both = RawStore.from_environment({"RLSEARCH_DATA": "/one:/two:"})
    assert both.roots == (Path("/one"), Path("/two"))
    assert RawStore.from_environment({"XDG_CACHE_HOME": "/cache"}).roots == (Path("/cache/rlsearch"),)
    assert RawStore.from_environment({"RLSEARCH_DATA": ""}).roots == (Path.home() / ".cache" / "rlsearch",)


def test_a_user_without_a_home_names_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)  # no such user
    with pytest.raises(DataError, match="has none") as caught:
        RawStore.from_environment({})
    assert "RLSEARCH_DATA" in caught.value.remedy
    assert RawStore.from_environment({"RLSEARCH_DATA": "/data"}).roots == (Path("/data"),)


@pytest.mark.parametrize("packed", [False, True])
def test_a_local_file_is_read_plain_or_xz_and_nothing_is_written(tmp_path: Path, packed: bool) -> None:
    place = tmp_path / "second" / (FILE.path + ".xz" * packed)
    place.parent.mkdir(parents=True)
    place.write_bytes(lzma.compress(CONTENT) if packed else CONTENT)
    before = files_below(tmp_path)
    store = RawStore([tmp_path / "first", tmp_path / "second"])
    store.obtain([FILE])
    assert store.read(FILE) == CONTENT
    assert store.download_size([FILE]) == 0
    assert files_below(tmp_path) == before
    assert not (tmp_path / "first").exists()


@pytest.mark.parametrize("kind", ["changed", "truncated xz", "not xz"])
def test_a_damaged_local_file_is_named_with_both_checksums_and_kept(tmp_path: Path, kind: str) -> None:
    bad = {"changed": b"?" + CONTENT[1:], "truncated xz": lzma.compress(CONTENT)[:-20], "not xz": CONTENT}[kind]
    place = tmp_path / (FILE.path + ("" if kind == "changed" else ".xz"))
    place.parent.mkdir(parents=True)
    place.write_bytes(bad)
    with pytest.raises(DataError) as caught:
        RawStore([tmp_path]).read(FILE)
    text = str(caught.value)
    assert str(place) in text and FILE.md5 in text and "delete" in text and "RLSEARCH_DATA" in text
    assert kind != "changed" or md5(bad) in text
    assert place.read_bytes() == bad


def test_a_download_lands_in_the_first_writable_root_only_once(tmp_path: Path, server: Server) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    file = RawFile(FILE.path, FILE.md5, FILE.size, url=f"{server.url}/file.bin")
    store = RawStore([locked, tmp_path / "open"])
    assert store.download_size([file]) == len(CONTENT)
    store.obtain([file])
    store.obtain([file])
    assert files_below(tmp_path) == {f"open/{FILE.path}": CONTENT}
    assert server.seen == ["/file.bin"]
    assert not list(locked.iterdir())


def test_without_a_writable_root_each_root_and_the_remedy_are_said(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    (tmp_path / "file").touch()
    roots = [tmp_path / "locked", tmp_path / "file", tmp_path / "locked" / "missing"]
    with pytest.raises(DataError, match="no root of the raw store can be written") as caught:
        RawStore(roots).obtain([FILE])
    said = ("cannot be written", "no folder", "does not exist")
    assert caught.value.where == ", ".join(f"{root} ({state})" for root, state in zip(roots, said, strict=True))
    assert "RLSEARCH_DATA" in caught.value.remedy


def test_a_root_that_is_closed_to_the_user_is_a_data_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(13, "closed", str(path))

    monkeypatch.setattr(Path, "is_file", closed)
    with pytest.raises(DataError, match="closed to this user") as caught:
        RawStore([tmp_path]).obtain([FILE])
    assert str(tmp_path) in caught.value.where


def test_an_archive_in_a_read_only_root_is_read_in_memory(tmp_path: Path, server: Server) -> None:
    archive, files = archived(server.url)
    place = tmp_path / archive.path
    place.parent.mkdir()
    place.write_bytes(ARCHIVE)
    for folder in (place.parent, tmp_path):
        folder.chmod(0o555)
    store = RawStore([tmp_path])
    store.obtain(files)
    assert [store.read(file) for file in files] == [b"1" * 50, b"2" * 60]
    assert list(files_below(tmp_path)) == [archive.path]
    wrong = RawStore([tmp_path])
    other = archived(server.url, two=b"other")[1]
    wrong.obtain(other)
    with pytest.raises(DataError, match="not the original"):
        wrong.read(other[1])
    assert server.seen == []
    for folder in (tmp_path, place.parent):
        folder.chmod(0o755)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/cut", "1000"),
        ("/corrupt", md5(CONTENT[:-1] + b"?")),
        ("/gone", "404"),
        ("/elsewhere", "only https"),
        ("/silent", "timed out"),
    ],
)
def test_a_failed_download_leaves_nothing_and_says_what_to_do(
    tmp_path: Path, server: Server, path: str, said: str
) -> None:
    target = tmp_path / "some" / "file.bin"
    with pytest.raises(DataError) as caught:
        download(server.url + path, target, FILE.md5, timeout=0.3 if path == "/silent" else PATIENCE)
    text = str(caught.value)
    assert said in text and FILE.md5 in text and str(target) in text
    assert "by hand" in text and "RLSEARCH_DATA" in text
    assert list(target.parent.iterdir()) == []


def test_an_unreachable_server_is_a_data_error(tmp_path: Path, server: Server) -> None:
    closed = Server()
    closed.server_close()
    with pytest.raises(DataError, match="refused"):
        download(closed.url, tmp_path / "x", FILE.md5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["http://example.invalid/x", "ftp://example.invalid/x", "file:///etc/hostname"])
def test_only_https_leaves_the_machine(tmp_path: Path, url: str) -> None:
    with pytest.raises(DataError, match="only https"):
        download(url, tmp_path / "x", FILE.md5)


def test_a_failed_download_keeps_an_older_file(tmp_path: Path, server: Server) -> None:
    target = tmp_path / "file.bin"
    target.write_bytes(b"older")
    with pytest.raises(DataError):
        download(f"{server.url}/corrupt", target, FILE.md5)
    assert files_below(tmp_path) == {"file.bin": b"older"}


def archived(server_url: str, two: bytes = b"2" * 60) -> tuple[RawFile, list[RawFile]]:
    archive = RawFile("set/archive.tar.gz", md5(ARCHIVE), len(ARCHIVE), url=f"{server_url}/archive.tar.gz")
    one = RawFile("set/batches/one", md5(b"1" * 50), 50, archive=archive)
    return archive, [one, RawFile("set/batches/two", md5(two), 60, archive=archive)]


def test_an_archive_is_downloaded_once_unpacked_and_removed(tmp_path: Path, server: Server) -> None:
    _, files = archived(server.url)
    store = RawStore([tmp_path])
    assert store.download_size(files) == len(ARCHIVE)
    store.obtain(files)
    assert [store.read(file) for file in files] == [b"1" * 50, b"2" * 60]
    assert sorted(files_below(tmp_path)) == ["set/batches/one", "set/batches/two"]
    assert store.download_size(files) == 0 and server.seen == ["/archive.tar.gz"]


def test_an_archive_put_there_by_hand_is_used_and_kept(tmp_path: Path, server: Server) -> None:
    archive, files = archived(server.url)
    place = tmp_path / "mine" / archive.path
    place.parent.mkdir(parents=True)
    place.write_bytes(ARCHIVE)
    store = RawStore([tmp_path / "open", tmp_path / "mine"])
    assert store.download_size(files) == 0
    store.obtain(files)
    assert server.seen == [] and place.exists()
    assert (tmp_path / "open" / "set" / "batches" / "two").read_bytes() == b"2" * 60


def test_a_member_with_another_checksum_puts_no_member_in_place(tmp_path: Path, server: Server) -> None:
    _, files = archived(server.url, two=b"other")
    with pytest.raises(DataError) as caught:
        RawStore([tmp_path]).obtain(files)
    assert md5(b"other") in str(caught.value) and md5(b"2" * 60) in str(caught.value)
    assert sorted(files_below(tmp_path)) == ["set/archive.tar.gz"]


@pytest.mark.parametrize("name", ["../../escaped", "/escaped", "batches/one"])
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_an_archive_writes_nothing_but_the_files_that_are_asked_for(tmp_path: Path, name: str, kind: bytes) -> None:
    content, evil = b"x", io.BytesIO()
    with tarfile.open(fileobj=evil, mode="w:gz") as tar:
        for member in ("good", name):
            info = tarfile.TarInfo(member)
            info.type = tarfile.REGTYPE if member == "good" else kind
            info.size, info.mode, info.linkname = len(content) if info.isreg() else 0, 0o7777, "../../../etc/hostname"
            tar.addfile(info, io.BytesIO(content))
    folder = tmp_path / "a" / "b"
    extract(evil.getvalue(), folder, {folder / "good": md5(content)})
    assert files_below(tmp_path) == {"a/b/good": content}
    assert (folder / "good").stat().st_mode & 0o7111 == 0
    if kind != tarfile.REGTYPE and name == "batches/one":
        with pytest.raises(DataError, match="no plain file"):
            extract(evil.getvalue(), folder, {folder / "good": md5(content), folder / name: md5(content)})
    assert sorted(files_below(tmp_path)) == ["a/b/good"]

"""The raw store: roots, xz files, checksums, downloads over loopback, interrupted and corrupted ones included."""

from __future__ import annotations

import lzma
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_server import CONTENT, Server, files_below, md5
from rlsearch.data.download import download
from rlsearch.data.store import RawFile, RawStore
from rlsearch.errors import DataError
from waiting import PATIENCE

FILE = RawFile("some/file.bin", md5(CONTENT), len(CONTENT))


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

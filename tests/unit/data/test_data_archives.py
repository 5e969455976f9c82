"""Archives in the raw store: downloaded once, unpacked, checked member by member."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_server import ARCHIVE, Server, files_below, md5
from rlsearch.data.download import extract
from rlsearch.data.store import RawFile, RawStore
from rlsearch.errors import DataError


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

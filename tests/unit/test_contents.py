"""Content decides, whatever the times of files say, and unchanged files are read once."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rlsearch import contents

OLD = (1_000_000_000, 1_000_000_000)


@pytest.fixture(autouse=True)
def reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Work in an empty folder; return the names of files that are read."""
    found: list[str] = []
    read = contents.file_sha256

    def reading(path: Path) -> str:
        found.append(path.name)
        return read(path)

    monkeypatch.setattr(contents, "file_sha256", reading)
    monkeypatch.chdir(tmp_path)
    return found


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def folder() -> Path:
    for name in ("a/1.png", "a/2.png", "b/deep/3.png"):
        write(Path("pictures") / name, name)
    return Path("pictures")


def by_copy(new: Path, old: Path) -> None:
    shutil.copy2(new, old)  # as cp -p, into the same inode


def by_move(new: Path, old: Path) -> None:
    new.replace(old)


@pytest.mark.parametrize("replace", [by_copy, by_move])
@pytest.mark.parametrize("name", ["mine.npz", "pictures/b/deep/3.png"])
def test_an_older_file_in_its_place_is_seen(
    name: str, replace: Callable[[Path, Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "SETTLED", -1)
    folder()
    path, new = write(Path(name), "same size"), write(Path("new"), "SAME SIZE")
    os.utime(path, OLD)
    os.utime(new, OLD)
    whole = Path(Path(name).parts[0])
    before = contents.content_digest(whole)
    replace(new, path)
    assert path.stat().st_mtime_ns == OLD[0] * 10**9
    assert contents.content_digest(whole) != before
    write(path, "same size")
    assert contents.content_digest(whole) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda root: write(root / "a/4.png", "new"),
        lambda root: (root / "a/1.png").unlink(),
        lambda root: (root / "a/1.png").rename(root / "b/1.png"),
        lambda root: (root / "b").rename(root / "c"),
        lambda root: (root / "a/link.png").symlink_to("1.png"),
    ],
    ids=["added", "removed", "moved", "class renamed", "linked"],
)
def test_a_change_of_names_in_a_folder_is_seen(change: Callable[[Path], object]) -> None:
    root = folder()
    before = contents.content_digest(root)
    change(root)
    assert contents.content_digest(root) != before


def test_what_has_not_changed_is_read_once(reads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "SETTLED", -1)
    root = folder()
    before = contents.content_digest(root)
    assert sorted(reads) == ["1.png", "2.png", "3.png"]
    reads.clear()
    assert contents.content_digest(root) == before
    assert reads == []
    write(root / "a/2.png", "other")
    assert contents.content_digest(root) != before
    assert reads == ["2.png"]
    os.utime(root / "a/1.png")  # read again, and found to be the same
    write(root / "a/2.png", "a/2.png")
    assert contents.content_digest(root) == before


def test_a_file_that_has_just_changed_is_not_trusted_to_its_times(reads: list[str]) -> None:
    path = write(Path("mine.npz"), "one")
    contents.content_digest(path)
    contents.content_digest(path)
    assert reads == ["mine.npz", "mine.npz"]
    assert not contents.MEMORY.exists()
    assert contents.SETTLED > 0 and time.time_ns() - path.stat().st_ctime_ns < contents.SETTLED


def test_links_are_followed_and_a_loop_ends() -> None:
    root = folder()
    (root / "a/again").symlink_to(root.resolve(), target_is_directory=True)
    (root / "far").symlink_to(write(Path("elsewhere/4.png"), "far").parent.resolve(), target_is_directory=True)
    before = contents.content_digest(root)
    write(Path("elsewhere/4.png"), "other")
    assert contents.content_digest(root) != before


def test_a_link_to_what_lies_above_is_not_followed(reads: list[str]) -> None:
    root = folder()
    write(Path("beside.txt"), "beside")
    for name, goal in (("up", ".."), ("top", "/")):
        (root / "a" / name).symlink_to(goal if goal == "/" else root.parent.resolve(), target_is_directory=True)
    contents.content_digest(root)
    assert sorted(reads) == ["1.png", "2.png", "3.png"]


def test_a_pipe_is_not_waited_for() -> None:
    root = folder()
    before = contents.content_digest(root)
    os.mkfifo(root / "a/pipe.png")
    assert contents.content_digest(root) != before


def test_what_is_not_there_or_broken_has_a_digest() -> None:
    assert contents.content_digest(Path("nothing")) == contents.MISSING
    root = folder()
    before = contents.content_digest(root)
    (root / "a/broken.png").symlink_to("nowhere")
    assert contents.content_digest(root) != before


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 1}'])
def test_a_damaged_memory_is_made_anew(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "SETTLED", -1)
    path = write(Path("mine.npz"), "one")
    expected = contents.content_digest(path)
    write(contents.MEMORY, text)
    assert contents.content_digest(path) == expected

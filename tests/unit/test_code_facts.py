"""Facts of source files are remembered by content: what is read from the memory is what parsing finds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlsearch import code_facts, provenance, syntax
from rlsearch.files import sealed, unsealed

SOURCE = (
    'import math\n\nREADS = ("scores.csv",)\n\n\ndef area(radius):\n    """Words."""\n    return math.pi * radius**2\n'
)
MODULE = "rlsearch.spaces.init_scale"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in a project that has a memory's folder, and forget what this process knows, before and afterwards."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".rlsearch").mkdir()
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    """Know nothing any more, as a new process."""
    for known in (code_facts._known, code_facts._of, code_facts._reader):
        known.cache_clear()


def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by the path of each file that is parsed."""
    paths: list[str] = []
    facts = syntax.facts

    def counted(source: bytes, path: str) -> syntax.Facts:
        paths.append(path)
        return facts(source, path)

    monkeypatch.setattr(syntax, "facts", counted)
    return paths


def test_another_process_parses_nothing_and_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = parsed(monkeypatch)
    digest, files = provenance.code_digest(MODULE), provenance.closure(MODULE)
    assert not code_facts.MEMORY.exists(), "to ask writes nothing"
    code_facts.remember()
    assert len(paths) == len([path for path in files if path.suffix == ".py"]) and code_facts.MEMORY.is_file()
    forget()
    paths.clear()
    assert (provenance.code_digest(MODULE), provenance.closure(MODULE)) == (digest, files)
    assert paths == []


def test_a_remembered_fact_is_the_fact(project: Path) -> None:
    file = project / "mine.py"
    for text in (SOURCE, "READS = 3\n", "class MySettings(Settings):\n    width: int = 3\n", ""):
        file.write_text(text)
        found = code_facts.of(str(file))
        code_facts.remember()
        forget()
        assert code_facts.of(str(file)) == found == syntax.facts(text.encode(), "mine.py")


def test_content_decides_whatever_the_times_are(project: Path) -> None:
    file, other = project / "mine.py", SOURCE.replace("pi", "e ")
    file.write_text(SOURCE)
    status = file.stat()
    before = code_facts.of(str(file))
    code_facts.remember()
    forget()
    file.write_text(other)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert code_facts.of(str(file)) == syntax.facts(other.encode(), "") != before


@pytest.mark.parametrize("place", range(0, 400, 7))
def test_a_damaged_memory_is_no_memory(place: int, project: Path) -> None:
    file = project / "mine.py"
    file.write_text(SOURCE)
    before = code_facts.of(str(file))
    code_facts.remember()
    raw = bytearray(code_facts.MEMORY.read_bytes())
    raw[place % len(raw)] ^= 1
    code_facts.MEMORY.write_bytes(bytes(raw))
    forget()
    assert code_facts.of(str(file)) == before


def test_what_another_python_or_another_reader_found_does_not_count(project: Path) -> None:
    file = project / "mine.py"
    file.write_text(SOURCE)
    before = code_facts.of(str(file))
    code_facts.remember()
    memory, _ = unsealed(code_facts.MEMORY.read_bytes())
    (content,) = memory["facts"]
    memory["facts"][content][2] = "0" * 64
    code_facts.MEMORY.write_bytes(sealed({"facts": memory["facts"], "reader": memory["reader"]})[0])
    forget()
    assert code_facts.of(str(file)).semantic == "0" * 64, "it is read at all"
    code_facts.MEMORY.write_bytes(sealed({"facts": memory["facts"], "reader": "another"})[0])
    forget()
    assert code_facts.of(str(file)) == before


def test_nothing_is_written_where_no_project_is_or_nothing_is_new(project: Path) -> None:
    file = project / "mine.py"
    file.write_text(SOURCE)
    code_facts.of(str(file))
    code_facts.remember()
    code_facts.MEMORY.unlink()
    code_facts.remember()
    assert not code_facts.MEMORY.exists(), "nothing is new"
    (project / ".rlsearch").rmdir()
    forget()
    code_facts.of(str(file))
    code_facts.remember()
    assert list(project.iterdir()) == [file]


def test_a_memory_does_not_grow_for_ever(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_facts, "MOST", 3)
    found = set()
    for number in range(5):
        (project / f"{number}.py").write_text(f"x = {number}\n")
        found.add(code_facts.of(str(project / f"{number}.py")).semantic)
        code_facts.remember()
    kept = {facts[2] for facts in json.loads(code_facts.MEMORY.read_bytes())["facts"].values()}
    assert len(kept) == 3 and kept < found and code_facts.of(str(project / "4.py")).semantic in kept

"""Writing artefacts: whole or not at all, and nothing beside them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from rlsearch.files import csv_text, read_csv, read_object, write_output

KILLED = """
import os, sys
from pathlib import Path
from rlsearch import files
files.os.replace = lambda *_: os.kill(os.getpid(), 9)
files.write_output(Path(sys.argv[1]), "half")
"""


def killed_while_writing(path: Path) -> None:
    """Let a process die between the two steps of a write."""
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path)], env={**os.environ}, check=False)
    assert ended.returncode == -signal.SIGKILL


def test_what_a_killed_write_leaves_is_removed_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "trials[1].jsonl"
    path.write_text("old")
    killed_while_writing(path)
    killed_while_writing(path)
    assert len(list(tmp_path.iterdir())) == 2  # the second one removed what the first had left
    assert path.read_text() == "old"
    write_output(path, "new")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "new"


def test_another_files_write_is_left_alone(tmp_path: Path) -> None:
    killed_while_writing(tmp_path / "other.json")
    write_output(tmp_path / "mine.json", "new")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_cell_may_hold_the_weights_of_a_policy(tmp_path: Path) -> None:
    weights = "0.123," * 50_000
    write_output(tmp_path / "finalists.csv", f'rank,spec\n1,"{weights}"\n')
    assert read_csv(tmp_path / "finalists.csv") == [{"rank": "1", "spec": weights}]


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_output(tmp_path / "table.csv", csv_text(("index", "label"), [(0, 'a "b", c')]))
    assert (tmp_path / "table.csv").read_bytes() == b'index,label\n0,"a ""b"", c"\n'
    assert read_csv(tmp_path / "table.csv") == [{"index": "0", "label": 'a "b", c'}]


def test_an_object_that_is_being_written_is_none_yet(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert read_object(path) is None
    for content, expected in (("", None), ('{"pid": 1', None), ("[1]", None), ('{"pid": 1}', {"pid": 1})):
        path.write_text(content, encoding="utf-8")
        assert read_object(path) == expected

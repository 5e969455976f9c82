"""No test sees what a run writes: another processor, another preset or a run at work would decide how it ends."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

import shipped
from clone import new_project


@pytest.mark.parametrize("name", [*shipped.REWRITTEN, "results", "results/search/a/trials.jsonl", ".rlsearch/x"])
def test_reading_what_a_run_writes_is_an_error(name: str) -> None:
    with pytest.raises(AssertionError, match="a test reads what a run writes"):
        (shipped.ROOT / name).read_bytes()
    with pytest.raises(AssertionError, match="a test reads what a run writes"):
        list(os.scandir(shipped.ROOT / name))
    assert [str(shipped.ROOT / name)] * 2 == shipped.GUARD.reads
    shipped.GUARD.reads.clear()


def test_standing_in_the_work_tree_is_an_error() -> None:
    with pytest.raises(AssertionError, match="a test reads what a run writes"), contextlib.chdir(shipped.ROOT):
        pass
    assert Path.cwd() != shipped.ROOT
    shipped.GUARD.reads.clear()


def test_inputs_of_runs_and_sources_are_read(tmp_path: Path) -> None:
    for name in (f"{shipped.REFERENCE}/schedule-tree/recipe.yaml", "presets/smoke.yaml", "src/rlsearch/data/fetch.py"):
        assert (shipped.ROOT / name).read_bytes()
    assert Path(shipped.REFERENCE, "schedule-tree/recipe.yaml").is_file()


def test_a_copy_of_the_project_holds_what_is_shipped(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    assert (project.root / "params.yaml").read_bytes() == shipped.SETTINGS.read_bytes()
    for name in ("dvc.lock", "results/metrics.json"):
        assert (project.root / name).read_bytes() == shipped.committed(name)

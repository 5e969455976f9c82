"""The proof of a redesign runs both sides in clones, and its exit status tells what came out."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import same_numbers
from compared_runs import make, replace, write
from result_comparison import FAMILIES


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make(tmp_path / "base")


@pytest.fixture
def new(base: Path) -> Path:
    return Path(shutil.copytree(base, base.with_name("new")))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a commit and a work tree that differs from it."""
    root = tmp_path / "repository"
    write(root / "presets/smoke.yaml", "studies: {small: {}}\n")
    write(root / ".gitignore", "/results/\n")
    write(root / "gone.py", "old")
    write(root / "src/changed.py", "old")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "state"]):
        identity = ["-c", "user.name=tests", "-c", "user.email=tests"]
        subprocess.run(["git", *identity, *words], cwd=root, check=True)
    (root / "gone.py").unlink()
    write(root / "src/changed.py", "new")
    write(root / "src/added.py", "new")
    write(root / "results/page.html", "ignored")
    monkeypatch.setattr(same_numbers, "ROOT", root)
    return root


def options(keep: Path, *words: str) -> argparse.Namespace:
    return same_numbers.parse(["HEAD", "--preset", "smoke", "--keep", str(keep), *words])


def runner(change: Callable[[Path], object], studies: set[str]) -> Callable[[Path, str, int], set[str]]:
    """Return what stands in for a run: equal results, but for a change and for the studies of the work tree."""

    def run(folder: Path, preset: str, cores: int) -> set[str]:
        shutil.rmtree(folder / "results", ignore_errors=True)
        make(folder / "results")
        if folder.name != "smoke-work-tree":
            return {"small"}
        change(folder / "results")
        return studies

    return run


def sources(folder: Path) -> dict[str, str]:
    return {
        path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*.*") if path.suffix in (".py", ".yaml")
    }


def test_both_sides_run_in_clones_of_what_they_are(repository: Path, tmp_path: Path) -> None:
    same_numbers.clone("HEAD", tmp_path / "base")
    same_numbers.clone("HEAD", tmp_path / "tree")
    same_numbers.lay_work_tree(tmp_path / "tree")
    found = {name: sources(tmp_path / name) for name in ("base", "tree")}
    assert found["base"]["changed.py"] == "old" and "gone.py" in found["base"]
    assert found["tree"] == {
        **{name: text for name, text in found["base"].items() if name != "gone.py"},
        "changed.py": "new",
        "added.py": "new",
    }
    assert not any((tmp_path / name / "results").exists() for name in ("base", "tree"))


def test_the_exit_status_tells(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(same_numbers, "run", runner(lambda results: None, {"small"}))
    assert same_numbers.compare_presets(options(tmp_path / "kept"), tmp_path / "kept") == 0
    assert capsys.readouterr().out.count("identical") == len(FAMILIES)
    changed = runner(lambda results: replace(results / "metrics.json", "0.75", "0.76"), {"small"})
    monkeypatch.setattr(same_numbers, "run", changed)
    assert same_numbers.compare_presets(options(tmp_path / "kept"), tmp_path / "kept") == 1
    assert "metrics.json: studies, small, slots, he, test_accuracy: 0.75 | 0.76" in capsys.readouterr().out


def test_a_study_of_one_side_must_be_expected(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(same_numbers, "run", runner(lambda results: None, {"small", "seventh"}))
    assert same_numbers.compare_presets(options(tmp_path / "kept"), tmp_path / "kept") == 1
    assert "study seventh is in one of them only\n" in capsys.readouterr().out
    assert same_numbers.compare_presets(options(tmp_path / "kept", "--only", "seventh"), tmp_path / "kept") == 0


def test_a_run_that_cannot_be_made_is_one_message(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert same_numbers.main(["HEAD", "--preset", "paper", "--keep", str(tmp_path / "kept")]) == 2
    assert "there is no presets/paper.yaml" in capsys.readouterr().err
    assert same_numbers.main(["no-such-revision"]) == 2
    assert "no-such-revision" in capsys.readouterr().err

"""While one command works in a folder, no other removes or replaces anything there: make, Snakemake and DVC itself."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from clone import BIN, SMOKE, Project
from rlsearch import turn

HOLD = "import sys; from rlsearch import turn; turn.take_for_run(); print('up', flush=True); sys.stdin.read()"
KEPT = ("data/digits/train.npz", "results/search/init-scale/x", "results/report/index.html", "logs/report.log")
BUSY = "the pipeline is running in this folder already; nothing was changed"


@pytest.fixture(scope="module")
def project(untouched: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with the smoke preset and some outputs, none of which a test may change."""
    project = untouched.copy(tmp_path_factory.mktemp("busy"))
    (project.root / "params.yaml").write_bytes((project.root / SMOKE).read_bytes())
    for name in KEPT:
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).write_text("mine", encoding="utf-8")
    return project


@pytest.fixture
def held(project: Project) -> Iterator[subprocess.Popen[str]]:
    """Hold the project's turn as a run does."""
    process = project.start("python", "-c", HOLD, PYTHONPATH=str(project.root / "src"), stdin=subprocess.PIPE)
    assert process.stdout is not None and process.stdin is not None
    assert process.stdout.readline() == "up\n"
    yield process
    process.stdin.close()
    process.stdout.close()
    process.wait()


def files(project: Project) -> dict[str, str]:
    return {name: (project.root / name).read_text(encoding="utf-8") for name in (*KEPT, "params.yaml")}


@pytest.mark.parametrize("verb", ["renew", "repro", "record", "pull", "touch", "partial", "clean", "unlock"])
def test_a_verb_of_the_front_door_asks_first(verb: str, project: Project, held: subprocess.Popen[str]) -> None:
    before = files(project)
    said = project.front(verb, status=1)
    assert said.startswith(f"{BUSY}\n  where: process {held.pid}: "), said
    assert files(project) == before


@pytest.mark.parametrize(
    "words",
    [
        ("make", "clean"),
        ("python", "-m", "rlsearch", "preset", "laptop"),
        ("python", "-m", "rlsearch", "report"),
        ("snakemake", "--cores", "1", "data/digits/manifest.json"),
    ],
    ids=lambda words: words[-1],
)
def test_so_does_every_other_command_that_changes_outputs(
    words: tuple[str, ...], project: Project, held: subprocess.Popen[str]
) -> None:
    before = files(project)
    process = project.start(*words, PYTHONPATH=str(project.root / "src"), VENV=str(BIN.parent))
    said, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert BUSY in said
    assert f"process {held.pid}: " in said
    assert "Traceback" not in said
    assert not any((project.root / ".snakemake/locks").glob("*"))
    assert files(project) == before


def test_plain_dvc_removes_nothing_beside_a_run(project: Project, held: subprocess.Popen[str]) -> None:
    before = files(project)
    said = project.run("dvc", "repro", "--single-item", "--force", "fetch@digits", status=255)
    assert "is busy, it is being blocked by" in said
    assert str(held.pid) in said
    assert files(project) == before


def test_a_finished_run_leaves_no_lock(untouched: Project, tmp_path: Path) -> None:
    project = untouched.copy(tmp_path / "home")
    project.snakemake("--", "data/digits/manifest.json")
    assert '"write": {}' in (project.root / turn.DVC / "rwlock").read_text(encoding="utf-8")
    assert not any((project.root / ".snakemake/locks").glob("*"))
    # ... and DVC, which runs a run of its own, is not stopped by it.
    assert "Running stage 'fetch@digits'" in project.run("dvc", "repro", "--single-item", "--force", "fetch@digits")
    project.front("clean")
    assert not (project.root / "data").exists()

"""A clone that lies elsewhere and may do little: blanks and an umlaut in its path, no network, no HOME, a closed umask.

The commands are those that users type. The environment is the one that runs the tests: installing is what
`make test-clone` tries, which also needs root and a second user.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from clone import BIN, ROOT, SMOKE, Project, new_project

pytestmark = pytest.mark.integration

INSTALLED = "RUNTIME=.venv/pyvenv.cfg"
OFFLINE = ("unshare", "--map-root-user", "--net")
"""Runs a command in a network that has nothing in it, without being root."""

ROUGH = {"LANG": "C", "LC_ALL": "", "TZ": "Asia/Kathmandu"}
FASHION: dict[str, Any] = {"source": "fashion-mnist", "validation": 0.1}


def rough(*words: str) -> tuple[str, ...]:
    """Return a command that runs without network, without HOME and with a closed umask."""
    return (*OFFLINE, "env", "--unset=HOME", "sh", "-c", 'umask 077; exec "$@"', "sh", *words)


def make(project: Project, *words: str, status: int = 0, **variables: str) -> str:
    """Run make so, with an environment that counts as installed."""
    return project.run(*rough("make", INSTALLED, *words), status=status, **ROUGH, **variables)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a clone in which one study of the smoke preset has run; tests only look at it."""
    if (
        shutil.which("unshare") is None
        or subprocess.run([*OFFLINE, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("this machine lets an ordinary user have no network of its own (unshare --map-root-user --net)")
    project = new_project(tmp_path_factory.mktemp("a päth with blanks"))
    (project.root / ".venv").symlink_to(BIN.parent)
    preset = yaml.safe_load((ROOT / SMOKE).read_text(encoding="utf-8"))
    study = preset["studies"]["init-scale"] | {"agents": {"random": {"type": "random"}}}
    preset["studies"] = {"init-scale": study}
    (project.root / "presets/local-small.yaml").write_text(yaml.safe_dump(preset, sort_keys=False), encoding="utf-8")
    (project.home / "raw").mkdir(mode=0o555)
    make(project, "preset", "NAME=local-small")
    said = make(project, "run")
    assert f"report: {project.root}/results/report/index.html" in said
    assert (project.root / "results/report/index.html").is_file()
    return project


def test_jobs_are_forked_there_too(clone: Project) -> None:
    said = (clone.root / "logs/warm.log").read_text(encoding="utf-8").splitlines()
    assert said and {line.split()[0] for line in said} == {"forked"}


def test_nobody_else_can_read_what_a_closed_umask_has_made(clone: Project) -> None:
    made = [path for folder in ("data", ".rlsearch", "results/report") for path in (clone.root / folder).rglob("*")]
    assert len(made) > 20
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_snakemake_alone_finds_nothing_to_do(clone: Project) -> None:
    assert "Nothing to be done" in clone.run(*rough(".venv/bin/snakemake", "--dry-run"), **ROUGH)


def test_both_doors_and_a_clone_of_the_clone(clone: Project, tmp_path: Path) -> None:
    shelf = tmp_path / "a shelf"  # DVC writes no other letters than ASCII into its configuration
    clone.run("dvc", "remote", "add", "--default", "shelf", str(shelf))
    make(clone, "record")
    assert "up to date" in clone.run(*rough(".venv/bin/dvc", "repro"), **ROUGH)
    clone.run("dvc", "push")
    clone.commit()
    second = Project(tmp_path / "a second päth")
    second.home.mkdir()
    clone.run("git", "clone", "--quiet", str(clone.root), str(second.root))
    (second.root / ".venv").symlink_to(BIN.parent)
    make(second, "pull")
    assert "Nothing to be done" in make(second, "run")


def test_a_missing_file_and_a_read_only_data_root_are_one_message(clone: Project, tmp_path: Path) -> None:
    settings = yaml.safe_load((clone.root / "params.yaml").read_text(encoding="utf-8"))
    settings["datasets"] = {"digits": FASHION}  # under the name that the study asks for
    file = tmp_path / "fashion.yaml"
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    words = ("--settings", str(file), "--dataset", "digits")
    said = clone.run(*rough(".venv/bin/python", "workflow/scripts/run_fetch.py", *words), status=2, **ROUGH)
    assert "no root of the raw store can be written" in said
    assert "RLSEARCH_DATA" in said
    assert "Traceback" not in said
    assert list((clone.home / "raw").iterdir()) == []


def test_a_blank_in_the_name_of_the_environment_is_one_line(clone: Project) -> None:
    said = clone.run("make", "VENV=/a folder/.venv", "help", status=2)
    assert "VENV may hold no blanks" in said
    assert len(said.strip().splitlines()) == 1

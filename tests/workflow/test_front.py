"""The front doors: locks of killed runs, the environment that a DVC stage finds, and the first installation."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from clone import BIN, ROOT, Project, environment
from rlsearch.errors import RlsearchError

BASE_PYTHON = str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
Sleeper = Callable[[str], "subprocess.Popen[bytes]"]
ASK_STAGE = "import sys; sys.path.insert(0, sys.argv[1]); import stage; print(stage.environment())"


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests import workflow/scripts."""
    monkeypatch.syspath_prepend(ROOT / "workflow/scripts")


@pytest.fixture
def front() -> ModuleType:
    """Return workflow/scripts/front.py."""
    return importlib.import_module("front")


@pytest.fixture
def unlocked(front: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Go to a folder that Snakemake has locked, and return the commands that the front door runs there."""
    commands: list[tuple[str, ...]] = []
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.input.lock").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(front, "_run", lambda *words: commands.append(words) or "")
    return commands


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Sleeper]:
    """Return a function that starts a script of a given name, which sleeps in the locked folder until the test ends."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str) -> subprocess.Popen[bytes]:
        script = tmp_path / name
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text("import time\nprint('up', flush=True)\ntime.sleep(1000)\n", encoding="utf-8")
        process = subprocess.Popen([sys.executable, name], cwd=tmp_path, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_lock_that_nobody_holds_is_removed(front: ModuleType, unlocked: list[tuple[str, ...]]) -> None:
    front.unlock()
    assert unlocked == [("snakemake", "--unlock", "--quiet", "all")]


def test_without_a_lock_nothing_is_asked(front: ModuleType, unlocked: list[tuple[str, ...]], tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / ".snakemake")
    front.unlock()
    assert unlocked == []


def test_a_lock_that_a_live_snakemake_holds_stays(front: ModuleType, unlocked: list[object], sleeper: Sleeper) -> None:
    process = sleeper("snakemake")
    with pytest.raises(RlsearchError, match=f"process {process.pid}: "):
        front.unlock()
    assert unlocked == []


def test_jobs_of_a_killed_snakemake_are_waited_for(
    front: ModuleType, unlocked: list[object], sleeper: Sleeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = sleeper("workflow/scripts/run_search.py")
    before: list[int] = []

    def job_ends_meanwhile(seconds: float) -> None:
        before.append(len(unlocked))
        process.kill()
        process.wait()

    # The name in that module alone: threads of other tests sleep too.
    monkeypatch.setattr(front, "time", SimpleNamespace(monotonic=time.monotonic, sleep=job_ends_meanwhile))
    front.unlock()
    assert before == [0], "the lock stays while a job is at work"
    assert len(unlocked) == 1


def test_a_stage_finds_the_environment_that_runs_dvc(tmp_path: Path) -> None:
    ask = [BASE_PYTHON, "-c", ASK_STAGE, str(ROOT / "workflow/scripts")]
    parent = [sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:], check=True)", *ask]
    done = subprocess.run(parent, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == BIN


def test_a_stage_falls_back_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stage = importlib.import_module("stage")
    program(tmp_path / "snakemake", "exit 0")
    monkeypatch.setattr(stage, "parents", lambda: iter([]))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert stage.environment() == tmp_path
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="run `make repro`"):
        stage.environment()


def test_data_of_ones_own_is_fetched_again(front: ModuleType, unlocked: list[tuple[str, ...]]) -> None:
    settings = (ROOT / "presets/smoke.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(settings, encoding="utf-8")
    front.refetch()
    assert unlocked == []
    own = settings.replace("source: digits", "source: npz\n    path: mine.npz")
    Path("params.yaml").write_text(own, encoding="utf-8")
    front.refetch()
    assert unlocked == [("dvc", "repro", "--force", "--single-item", "fetch@digits")]


@pytest.mark.parametrize("where", ["folder", "host"])
def test_a_remote_that_is_away_is_one_message(where: str, tmp_path: Path, untouched: Project) -> None:
    project = untouched.copy(tmp_path / "home")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/x" if where == "host" else str(tmp_path / "unmounted")
        project.run("dvc", "remote", "add", "--quiet", "--default", "shelf", url)
        said = project.front("pull", status=1)
    lines = said.strip().splitlines()
    assert len(lines) == 3, said
    assert lines[0].startswith("the DVC remote cannot be reached; nothing was pulled or changed (")
    assert lines[1] == f"  where: shelf: {url}"
    assert lines[2].startswith("  do: connect or mount it")


def test_a_remote_that_is_not_the_default_one_is_named(tmp_path: Path, untouched: Project) -> None:
    project = untouched.copy(tmp_path / "home")
    project.run("dvc", "remote", "add", "--quiet", "shelf", str(tmp_path))
    assert "dvc remote default NAME" in project.front("pull", status=1)


def test_a_stage_runs_the_code_of_its_own_folder(tmp_path: Path, untouched: Project) -> None:
    project = untouched.copy(tmp_path / "home")
    source = project.root / "src/rlsearch/config/artefacts.py"
    source.write_text('raise SystemExit("the code of this folder")\n', encoding="utf-8")
    words = ("python", "workflow/scripts/stage.py", "fetch", "digits")
    assert project.run(*words, status=1).strip() == "the code of this folder"


def test_make_help_lists_what_a_user_needs(untouched: Project) -> None:
    listed = {line.split()[0] for line in untouched.run("make", "help").splitlines()}
    wanted = "run test test-fast lint bench preset plan status partial repro record pull clean lock help"
    wanted += " truth-table cross-check slurm-test image image-test test-oldest test-trixie test-clone"
    wanted += " dvc-stages same-numbers"
    assert listed == set(wanted.split())


def test_an_unsupported_python_is_one_line(tmp_path: Path) -> None:
    program(tmp_path / "python3", 'case "$*" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    message = install(tmp_path)
    assert message.startswith("rlsearch: Python 3.11 to 3.13 is needed, found: Python 3.9.2.")
    assert len(message.splitlines()) == 1


def test_a_python_without_venv_names_the_package(tmp_path: Path) -> None:
    program(tmp_path / "python3", 'case "$*" in *ensurepip*) exit 1;; *) exit 0;; esac')
    message = install(tmp_path)
    assert "apt install python3-venv" in message
    assert len(message.splitlines()) == 1


def test_a_foreign_folder_is_no_environment(tmp_path: Path) -> None:
    (tmp_path / "venv").mkdir()
    assert "Remove it" in install(tmp_path)


def test_a_folder_that_nobody_may_write_gets_no_environment(tmp_path: Path) -> None:
    program(tmp_path / "python3", "exit 0")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    message = install(tmp_path, locked / "venv")
    assert message.startswith(f"rlsearch: {locked}/venv cannot be made")
    assert len(message.splitlines()) == 1


def test_clean_keeps_the_store_and_the_metrics(tmp_path: Path, untouched: Project) -> None:
    project = untouched.copy(tmp_path / "home")
    kept = [".rlsearch/store/x", "results/metrics.json", "results/reference/x"]
    gone = ["data/digits/train.npz", "results/search/a/b", "results/report/index.html", "logs/report.log"]
    for name in [*kept, *gone]:
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).touch()
    assert "kept: .rlsearch" in project.run("make", "clean")
    assert [name for name in [*kept, *gone] if (project.root / name).exists()] == kept


def program(path: Path, body: str) -> None:
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def install(folder: Path, target: Path | None = None) -> str:
    """Run the installation where only `folder` and a few basic programs are on PATH; return its one complaint."""
    for name in ("bash", "dirname", "head", "sh", "env", "uname"):
        (folder / name).symlink_to(str(shutil.which(name)))
    target = target or folder / "venv"
    # The superuser may write everywhere, unless it lays that right down.
    humble = [str(shutil.which("setpriv")), "--bounding-set", "-all"] if os.geteuid() == 0 else []
    if humble and shutil.which("setpriv") is None:
        pytest.skip("the superuser may write everywhere, and there is no setpriv to lay that right down")
    words = [*humble, "bash", str(ROOT / "requirements/install.sh"), str(target), "runtime"]
    done = subprocess.run(words, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert not (target / "bin").exists()
    return done.stderr.strip()


def test_variables_of_the_surroundings_stay_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLSEARCH_DATA", "/somewhere")
    assert environment(tmp_path)["RLSEARCH_DATA"] == os.fspath(tmp_path / "raw")

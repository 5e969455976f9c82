"""One command at a time: who is refused while another holds the turn, and who is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rlsearch import turn
from rlsearch.errors import RlsearchError

TAKE = """
import sys
sys.argv[0] = sys.argv[1]
from rlsearch import turn
turn.take_for_run()
print("up", flush=True)
sys.stdin.read()
"""
Hold = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a project's folder that DVC knows."""
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(turn.DVC_STAGE, raising=False)
    return tmp_path


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Return a function that starts a process which holds the turn under a command's name, until its input ends."""
    started: list[subprocess.Popen[str]] = []

    def start(name: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", TAKE, name]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables())
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()


def variables() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(turn.__file__).parents[1])}


def dvc_lock(**writers: int) -> None:
    """Write DVC's lock: which process writes which path."""
    entries = {path: {"pid": pid, "cmd": "dvc repro"} for path, pid in writers.items()}
    (turn.DVC / "rwlock").write_text(json.dumps({"write": entries, "read": {}}), encoding="utf-8")


def test_a_second_command_is_refused_with_the_first_one_s_name(hold: Hold) -> None:
    process = hold("/env/bin/snakemake")
    for ask in (turn.check, turn.take_for_run, turn.taken().__enter__):
        with pytest.raises(RlsearchError) as caught:
            ask()
        assert "is running in this folder already; nothing was changed" in str(caught.value)
        assert f"process {process.pid}: /env/bin/snakemake" in str(caught.value)


@pytest.mark.parametrize("end", ["terminate", "kill", "close"])
def test_the_turn_ends_with_its_process_however_it_ends(hold: Hold, end: str) -> None:
    process = hold("snakemake")
    assert process.stdin is not None
    getattr(process.stdin if end == "close" else process, end)()
    process.wait()
    turn.check()
    with turn.taken():
        pass


def test_what_a_holder_starts_is_inside() -> None:
    with turn.taken():
        code = "from rlsearch import turn\nturn.check()\nwith turn.taken(): pass"
        subprocess.run([sys.executable, "-c", code], env=variables(), check=True)
    assert turn.INSIDE not in os.environ


def test_what_a_dead_holder_has_started_is_not_inside(hold: Hold, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(turn.INSIDE, "1")
    hold("snakemake")
    with pytest.raises(RlsearchError):
        turn.check()


def test_a_partial_report_goes_beside_a_run_and_nothing_else(hold: Hold) -> None:
    process = hold("/env/bin/snakemake")
    turn.check_beside_run()
    process.kill()
    process.wait()
    hold("workflow/scripts/front.py")
    with pytest.raises(RlsearchError):
        turn.check_beside_run()


def test_a_living_dvc_is_not_disturbed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dvc_lock(**{str(folder / "data/digits"): os.getppid()})
    for ask in (turn.check, turn.check_beside_run, turn.taken().__enter__):
        with pytest.raises(RlsearchError, match="dvc repro"):
            ask()
    monkeypatch.setenv(turn.DVC_STAGE, "fetch@digits")
    turn.check()


def test_a_dead_dvc_hinders_nobody(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    dvc_lock(**{str(folder / "data/digits"): process.pid})
    turn.check()


def test_a_run_stands_in_dvc_s_lock_as_long_as_it_lives(hold: Hold, folder: Path) -> None:
    dvc_lock(elsewhere=os.getppid())
    process = hold("snakemake")
    entered = json.loads((turn.DVC / "rwlock").read_text(encoding="utf-8"))["write"]
    assert {path for path, writer in entered.items() if writer["pid"] == process.pid} == {
        str(folder / name) for name in turn.OUTPUTS
    }
    assert process.stdin is not None
    process.stdin.close()
    process.wait()
    assert set(json.loads((turn.DVC / "rwlock").read_text(encoding="utf-8"))["write"]) == {"elsewhere"}

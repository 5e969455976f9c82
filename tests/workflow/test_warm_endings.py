"""Warm start: signals, pauses and kills reach a forked job, and nothing outlives a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from waiting import PATIENCE, wait_for
from warm_runs import IS_FORKED, WARM, Run, said, start_run

# Tells the process that becomes of it and that of its server, then waits.
WAITS = "import os, time; print(os.getpid(), os.getppid(), flush=True); time.sleep(1000)"

HEEDS = """
import signal, sys, time
def stop(number, frame):
    print("stopped by", number, flush=True)
    sys.exit(7)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
print("up", flush=True)
time.sleep(1000)
"""

IN_PIPELINE = """
import os, sys, time
from rlsearch.job import run_job
def work(params, options):
    print(os.getpid(), os.getppid(), flush=True)
    time.sleep(1000)
sys.exit(run_job("search", work))
"""


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let processes hear SIGINT, which a shell makes its background jobs (a test run among them) ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def run(tmp_path: Path, interruptible: None) -> Iterator[Run]:
    run = start_run(tmp_path)
    yield run
    run.end()


def numbers(process: subprocess.Popen[str]) -> list[int]:
    return [int(word) for word in said(process).split()]


def state(process: int) -> str:
    """Return the letter that Linux gives a process, e.g. S for one that sleeps; X for one that is no more."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def alive(process: int) -> bool:
    """Tell whether a process runs; one that waits for its parent to notice its end does not."""
    return state(process) not in "XZ"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_passed_on(number: signal.Signals, run: Run) -> None:
    job = run.start(HEEDS)
    assert said(job) == "up"
    job.send_signal(number)
    assert job.communicate(timeout=PATIENCE) == (f"stopped by {number.value}\n", "")
    assert job.returncode == 7


def test_a_job_pauses_with_its_shell(run: Run) -> None:
    job = run.start(WAITS)
    child, _ = numbers(job)
    job.send_signal(signal.SIGTSTP)
    wait_for(lambda: state(child) == "T", "a child that pauses")
    job.send_signal(signal.SIGCONT)
    wait_for(lambda: state(child) == "S", "a child that goes on")


def test_a_killed_job_takes_its_child_with_it(run: Run) -> None:
    job = run.start(WAITS)
    child, _ = numbers(job)
    job.kill()
    wait_for(lambda: not alive(child), "the end of a killed job's child")
    assert run.result(IS_FORKED)[1] == "True\n"


def test_a_killed_server_ends_its_jobs_with_a_message(run: Run) -> None:
    job = run.start(IN_PIPELINE.replace('"search", work', '"search", work, argv=[]'))
    child, server = numbers(job)
    os.kill(server, signal.SIGKILL)
    _, errors = job.communicate(timeout=PATIENCE)
    assert job.returncode == 1
    # The job ends when the child lets go of its connection, a little before the child is gone.
    wait_for(lambda: not alive(child), "the end of a killed server's child")
    assert "search: stopped by SIGTERM" in errors
    assert "the process that jobs are forked from was killed" in errors
    assert "run the same command again (RLSEARCH_WARM=off" in errors
    assert "Traceback" not in errors
    assert run.result(IS_FORKED) == (0, "False\n", "")


def test_a_run_leaves_nothing_behind(run: Run) -> None:
    server = int(run.result("import os; print(os.getppid())")[1])
    folder = Path(run.address).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    run.snakemake.communicate()
    assert run.snakemake.returncode == 0
    assert not alive(server), "the run waits for its server"
    assert not folder.exists()


def test_a_killed_run_leaves_nothing_behind(tmp_path: Path, interruptible: None) -> None:
    (tmp_path / "job.py").write_text(WAITS, encoding="utf-8")
    run = start_run(tmp_path, sys.executable, str(WARM), "job.py")
    child, server = numbers(run.snakemake)
    found = [
        int(line) for line in Path(f"/proc/{run.snakemake.pid}/task/{run.snakemake.pid}/children").read_text().split()
    ]
    assert server in found
    run.snakemake.kill()
    wait_for(lambda: not any(map(alive, [child, *found])), "the end of a killed run's processes")
    wait_for(lambda: not Path(run.address).parent.exists(), "the removal of the server's folder")
    run.end()

"""The job runner: what a user sees and what the log keeps, for each way in which a job can end."""

from __future__ import annotations

import argparse
import errno
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlsearch.config.models import Params
from rlsearch.errors import DataError
from rlsearch.job import Work, run_job
from shipped import SETTINGS
from waiting import PATIENCE, wait_for

SLOW_JOB = """
import sys, time
from rlsearch.job import run_job
def work(params, options):
    print("ready", flush=True)
    time.sleep(1000)
sys.exit(run_job("search", work, ("study",)))
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return the path of a log in a folder that does not exist yet."""
    return tmp_path / "logs" / "job.log"


def run(work: Work, log: Path) -> int:
    """Run a job called `search init-scale/seed-3`, with signals put back as they were."""
    before = signal.getsignal(signal.SIGTERM)
    words = ["--settings", str(SETTINGS), "--study", "init-scale", "--seed", "3", "--log", str(log)]
    try:
        return run_job("search", work, ("study", "seed"), argv=words)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_job_gets_validated_settings_and_its_name(log: Path) -> None:
    seen: list[tuple[object, ...]] = []

    def work(params: Params, options: argparse.Namespace) -> None:
        seen.append((type(params), options.study, options.seed))

    assert run(work, log) == 0
    assert seen == [(Params, "init-scale", 3)]
    assert "search init-scale/seed-3: done" in log.read_text(encoding="utf-8")


def test_a_fault_of_the_input_is_one_message(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def work(params: Params, options: argparse.Namespace) -> None:
        raise DataError("a file is damaged", where="data/x", remedy="fetch it again")

    assert run(work, log) == 2
    shown = capsys.readouterr().err
    assert shown == "search init-scale/seed-3: a file is damaged\n  where: data/x\n  do: fetch it again\n"
    kept = log.read_text(encoding="utf-8")
    assert "a file is damaged" in kept
    assert "Traceback" not in kept
    assert log.with_suffix(".failed").read_text(encoding="utf-8") == shown


def test_any_other_fault_leaves_its_traceback_in_the_log_alone(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def work(params: Params, options: argparse.Namespace) -> None:
        raise ZeroDivisionError("no samples")

    assert run(work, log) == 1
    shown = capsys.readouterr().err
    assert "search init-scale/seed-3 failed: ZeroDivisionError: no samples" in shown
    assert str(log) in shown
    assert "run the same command again" in shown
    assert "Traceback" not in shown
    assert "Traceback" in log.read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_disk_that_does_not_take_a_file_is_one_message(
    number: int, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(params: Params, options: argparse.Namespace) -> None:
        raise OSError(number, "as the system says it", "results/x")

    assert run(work, log) == 2
    what, where, remedy = capsys.readouterr().err.splitlines()
    assert what.startswith("search init-scale/seed-3: ")
    assert where == "  where: results/x"
    assert remedy.startswith("  do: ")
    assert remedy.endswith("run the same command again; finished work is kept, and no file was left half-written")


def test_any_other_error_of_the_system_is_not_taken_for_a_full_disk(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(params: Params, options: argparse.Namespace) -> None:
        raise FileNotFoundError(errno.ENOENT, "no such file", "x")

    assert run(work, log) == 1
    assert "FileNotFoundError" in capsys.readouterr().err


def test_a_log_that_cannot_be_written_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").mkdir()

    def work(params: Params, options: argparse.Namespace) -> None:
        raise AssertionError("the work must not start")

    assert run(work, tmp_path / "log") == 2
    shown = capsys.readouterr().err
    assert str(tmp_path / "log") in shown
    assert "Traceback" not in shown


def test_success_takes_back_the_failure_before(log: Path) -> None:
    def fail(params: Params, options: argparse.Namespace) -> None:
        raise DataError("a file is damaged")

    def work(params: Params, options: argparse.Namespace) -> None:
        pass

    run(fail, log)
    assert log.with_suffix(".failed").exists()
    assert run(work, log) == 0
    assert not log.with_suffix(".failed").exists()


def test_bad_settings_are_one_message(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("preset: [", encoding="utf-8")

    def work(params: Params, options: argparse.Namespace) -> None:
        raise AssertionError("the work must not start")

    assert run_job("report", work, argv=["--settings", str(broken), "--log", str(log)]) == 2
    assert str(broken) in capsys.readouterr().err


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let child processes hear SIGINT, which a shell makes its background jobs (a test run among them) ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_job_says_that_work_is_kept(
    number: signal.Signals, status: int, log: Path, interruptible: None
) -> None:
    words = ["--study", "init-scale", "--settings", str(SETTINGS), "--log", str(log)]
    command = [sys.executable, "-c", SLOW_JOB, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "ready\n"
        job.send_signal(number)
        _, shown = job.communicate(timeout=PATIENCE)
    assert job.returncode == status
    assert shown == f"search init-scale: stopped by {number.name}; finished work is kept; run the same command again\n"


def test_a_job_ends_when_its_snakemake_is_killed(log: Path) -> None:
    words = ["--study", "init-scale", "--settings", str(SETTINGS), "--log", str(log)]
    parent = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    command = [sys.executable, "-c", parent, sys.executable, "-c", SLOW_JOB, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as snakemake:
        assert snakemake.stdout is not None
        assert snakemake.stdout.readline() == "ready\n"
        snakemake.kill()
    wait_for(lambda: "stopped by SIGTERM" in log.read_text(encoding="utf-8"), "the end of a killed parent's job")

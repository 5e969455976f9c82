"""Warm start: a forked job does, says and ends as it would alone, and nothing outlives a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shipped import ROOT, SETTINGS
from waiting import PATIENCE, wait_for

SCRIPTS = ROOT / "workflow/scripts"
WARM = SCRIPTS / "warm.py"

# Starts the server, says where it is, runs the command in its arguments, and lives until its input ends.
SNAKEMAKE = f"""
import os, subprocess, sys
sys.path.append({str(SCRIPTS)!r})
import warm
warm.start()
print(os.environ.get("RLSEARCH_WARM", "off"), flush=True)
job = subprocess.Popen(sys.argv[1:]) if sys.argv[1:] else None
sys.stdin.read()
"""

IS_FORKED = "import sys; print(any('warm_server' in word for word in sys.orig_argv), flush=True)"

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

TELLS_ALL = """
import os, signal, sys
print(sys.argv, sys.path[0], __file__, __name__, os.getcwd(), sys.stdin.read())
kept = {name: value for name, value in os.environ.items() if not name.startswith("RLSEARCH_")}
print(sorted(kept.items()), os.environ["RLSEARCH_SETTINGS"])
print(sys.stdout.encoding, sys.stdout.line_buffering, sys.stderr.line_buffering, sys.flags)
print([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGCHLD)])
print(sorted(os.listdir("/proc/self/fd"))[:3], sys.modules["__main__"].__file__)
print("aside", file=sys.stderr)
"""

LEAVES_LATE = """
import atexit, threading, time
atexit.register(print, "at exit")
threading.Thread(target=lambda: (time.sleep(0.3), print("thread"))).start()
"""

POOL = """
import concurrent.futures, multiprocessing, os, sys
def square(number):
    return number * number
if __name__ == "__main__":
    context = multiprocessing.get_context("forkserver")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        print(list(pool.map(square, range(4))))
"""

FRESH_TORCH = """
import sys
import torch, numpy
print(torch.get_num_threads(), torch.get_num_interop_threads(), torch.cuda.is_initialized(), torch.get_default_dtype())
print(torch.ones(300, 300).mm(torch.ones(300, 300)).sum(), any(name.startswith("rlsearch") for name in sys.modules))
torch.manual_seed(3)
print(torch.rand(3))
"""

DRAWS = """
import random, torch, numpy
print(random.random(), numpy.random.rand(), torch.rand(1).item())
"""

ENDINGS = {
    "well": "print('done')",
    "with a status": "import sys; sys.exit(3)",
    "with a large status": "import sys; sys.exit(258)",
    "with a message": "import sys; sys.exit('bad luck')",
    "with a fault": "raise ValueError('no samples')",
    "killed": "import os; os.kill(os.getpid(), 9)",
    "by SIGTERM": "import os; os.kill(os.getpid(), 15)",
    "by SIGINT": "import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(5)",
    "without its output": "import os; print('lost'); os._exit(4)",
    "late": LEAVES_LATE,
    "after telling": TELLS_ALL,
    "after a pool": POOL,
}


@dataclass
class Run:
    """A run with its server, in a folder that jobs work in."""

    folder: Path
    snakemake: subprocess.Popen[str]
    address: str
    jobs: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, code: str, name: str = "job.py", **variables: str) -> subprocess.Popen[str]:
        """Start a job; its streams are pipes."""
        (self.folder / name).write_text(code, encoding="utf-8")
        kept = {key: value for key, value in os.environ.items() if not key.startswith("RLSEARCH_")}
        variables = {"RLSEARCH_WARM": self.address, "RLSEARCH_SETTINGS": str(SETTINGS)} | variables
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        command = [sys.executable, str(WARM), name, "--seed", "3"]
        job = subprocess.Popen(command, cwd=self.folder, env=kept | variables, text=True, **pipes)  # type: ignore[call-overload]
        self.jobs.append(job)
        return job

    def result(self, code: str, name: str = "job.py", **variables: str) -> tuple[int, str, str]:
        """Return the exit status and the outputs of a job."""
        job = self.start(code, name, **variables)
        output, errors = job.communicate("from stdin", timeout=PATIENCE)
        return job.returncode, output, errors

    def end(self) -> None:
        """End everything that is left."""
        for job in self.jobs:
            job.kill()
            job.communicate()
        self.snakemake.communicate()


def start_run(folder: Path, *command: str) -> Run:
    variables = {key: value for key, value in os.environ.items() if not key.startswith("RLSEARCH_")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    words = [sys.executable, "-c", SNAKEMAKE, *command]
    snakemake: subprocess.Popen[str] = subprocess.Popen(words, cwd=folder, env=variables, **pipes)  # type: ignore[call-overload]
    return Run(folder, snakemake, said(snakemake))


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


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


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


@pytest.mark.parametrize("how", ENDINGS)
def test_a_forked_job_ends_as_it_would_alone(how: str, run: Run) -> None:
    forked, alone = (run.result(ENDINGS[how], RLSEARCH_WARM=address) for address in (run.address, "off"))
    assert forked == alone
    assert (run.folder / "logs/warm.log").read_text(encoding="utf-8") == "forked job.py --seed 3\n"


def test_jobs_run_side_by_side(run: Run) -> None:
    first = run.start("import time; from pathlib import Path\nwhile not Path('go').exists(): time.sleep(0.01)")
    assert run.result("from pathlib import Path; Path('go').touch()", "other.py")[0] == 0
    assert first.wait(PATIENCE) == 0


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


def test_without_a_server_a_job_starts_alone(run: Run) -> None:
    for address in ("off", "/nowhere/socket", ""):
        assert run.result(IS_FORKED, RLSEARCH_WARM=address) == (0, "False\n", "")


def test_a_job_that_the_server_cannot_stand_in_for_starts_alone(run: Run) -> None:
    # Python reads the first before any code runs, the second would start threads, an import may have read the third.
    assert run.result(IS_FORKED, PYTHONHASHSEED="7")[1] == "False\n"
    assert run.result(IS_FORKED, OPENBLAS_NUM_THREADS="2")[1] == "False\n"
    assert run.result(IS_FORKED, THREADS="2")[1] == "True\n"
    assert run.result(IS_FORKED, THREADS="1")[1] == "False\n"
    assert run.result(IS_FORKED, THREADS="2", SHLVL="9")[1] == "True\n"


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


def test_a_server_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SCRIPTS)
    import warm

    for value in ("off", "old"):
        monkeypatch.setenv("RLSEARCH_WARM", value)
        monkeypatch.setattr(sys, "platform", "linux" if value == "off" else "darwin")
        warm.start()
        assert "RLSEARCH_WARM" not in os.environ


@pytest.mark.integration
def test_a_child_finds_torch_as_a_fresh_process_does(run: Run) -> None:
    forked, alone = (
        run.result(FRESH_TORCH, "run_search.py", RLSEARCH_WARM=address) for address in (run.address, "off")
    )
    assert forked == alone
    assert alone[0] == 0
    draws = [run.result(DRAWS, "run_search.py")[1].split() for _ in range(2)]
    assert all(first != second for first, second in zip(*draws, strict=True)), "without a seed, each draws for itself"
    log = (run.folder / "logs/warm.log").read_text(encoding="utf-8")
    assert log == "forked run_search.py --seed 3\n" * 3

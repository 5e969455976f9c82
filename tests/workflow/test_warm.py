"""Warm start: a forked job does, says and ends as it would alone, and nothing outlives a run."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shipped import ROOT
from waiting import PATIENCE
from warm_runs import IS_FORKED, SCRIPTS, Run, start_run

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


@pytest.mark.parametrize("how", ENDINGS)
def test_a_forked_job_ends_as_it_would_alone(how: str, run: Run) -> None:
    forked, alone = (run.result(ENDINGS[how], RLSEARCH_WARM=address) for address in (run.address, "off"))
    assert forked == alone
    assert (run.folder / "logs/warm.log").read_text(encoding="utf-8") == "forked job.py --seed 3\n"


def test_jobs_run_side_by_side(run: Run) -> None:
    first = run.start("import time; from pathlib import Path\nwhile not Path('go').exists(): time.sleep(0.01)")
    assert run.result("from pathlib import Path; Path('go').touch()", "other.py")[0] == 0
    assert first.wait(PATIENCE) == 0


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


def test_the_server_knows_what_each_script_imports_that_starts_from_it() -> None:
    """One that it does not know imports torch for itself, a second in every job."""
    import warm_server

    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow/rules").glob("*.smk"))
    started = set(re.findall(r"warm\.py workflow/scripts/(\w+\.py)", rules))
    assert len(started) == 4 and started == set(warm_server.LOADED)

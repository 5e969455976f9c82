"""A search of the seventh study that is killed goes on to equal bytes, with one worker process and with two."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from clone import Project
from waiting import wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

FOLDER = "results/search/babble-readers/bandit/seed-0"
OPTIONS = ("--study", "babble-readers", "--agent", "bandit", "--seed", "0")
COMMAND = ("python", "workflow/scripts/run_search.py", *OPTIONS)
FILES = ("trials.jsonl", "finalists.csv")


def outcomes(project: Project) -> dict[str, int]:
    """Return the finished children of the work store, each with the time of its training."""
    return {path.name: path.stat().st_mtime_ns for path in (project.root / ".rlsearch/outcomes").rglob("*.json")}


def ledger(project: Project) -> dict[str, bytes]:
    return {name: (project.root / FOLDER / name).read_bytes() for name in FILES}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_search_goes_on_to_equal_bytes(workers: int, ran: Project, tmp_path: Path) -> None:
    project, variables = ran.copy(tmp_path), {"PYTHONPATH": str(tmp_path / "project/src")}
    for made in (".rlsearch", FOLDER):
        project.run("rm", "-r", made)
    project.replace("params.yaml", "  workers: 1\n", f"  workers: {workers}\n")
    search = project.start(*COMMAND, **variables)
    wait_for(lambda: len(outcomes(project)) > 1 or search.poll() is not None, "the second child", every=0.002)
    search.kill()
    said, _ = search.communicate()
    assert search.returncode == -signal.SIGKILL, said[-3000:]
    kept = outcomes(project)
    assert kept and not (project.root / FOLDER / "trials.jsonl").exists()
    project.run(*COMMAND, **variables)
    assert ledger(project) == ledger(ran)
    after = outcomes(project)
    assert len(after) > len(kept) and {name: after[name] for name in kept} == kept, "children were trained twice"
    trials = [json.loads(line) for line in ledger(project)["trials.jsonl"].splitlines()]
    assert len(trials) >= 8 and {trial["status"] for trial in trials} == {"ok"}

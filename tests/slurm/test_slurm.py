"""The smoke preset on a real Slurm of one node, with a job killed on the way, against a run on this machine.

`make slurm-test` starts the cluster around this file (cluster.sh); `make test` leaves it out, since it needs root.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from clone import SMOKE, Project, new_project

SLURM = ("snakemake", "--workflow-profile", "profiles/slurm", "--profile", "mycluster")
OWN = """
default-resources: {slurm_partition: long}
slurm-init-seconds-before-status-checks: 2
"""
"""A user's profile; the second line only saves time here."""
CLOCK = ("times.csv", "summary.json", "metrics.json")
"""Results that hold times or what made them; the numbers of the last two stand in other files as well."""

ASKED = ("1", "2000M", "30:00")
"""Processors, memory and time limit of a job by the smoke preset."""

TIME = 900.0

pytestmark = [pytest.mark.integration, pytest.mark.timeout(2 * TIME)]


@dataclass(frozen=True)
class Run:
    """A finished run on Slurm."""

    project: Project
    killed: Path
    """The search that was killed: study/agent/seed-n."""

    output: str


def jobs(*fields: str) -> list[tuple[str, ...]]:
    """Return these fields, in squeue's letters, of all jobs that Slurm remembers."""
    words = ["squeue", "--states=all", "--noheader", f"--format={'|'.join(fields)}"]
    listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return [tuple(cell.strip() for cell in line.split("|")) for line in listed.splitlines()]


def kill_one_search(project: Project, process: subprocess.Popen[str]) -> Path:
    """Kill -9 the first search that is seen at work with a finished trial, and return its folder below results."""
    works = project.root / ".rlsearch/search"
    deadline = time.monotonic() + TIME
    while time.monotonic() < deadline and process.poll() is None:
        for journal in works.rglob("journal.jsonl"):
            search = journal.parent.parent.relative_to(works)
            finished = (project.root / "results/search" / search / "summary.json").exists()
            if b'"kind":"tell"' in journal.read_bytes() and not finished:
                with contextlib.suppress(ProcessLookupError):  # it has ended just now
                    os.kill(json.loads((journal.parent / "lock").read_text())["pid"], signal.SIGKILL)
                    return search
        time.sleep(0.0005)
    process.kill()
    raise AssertionError(f"no search was seen at work:\n{process.communicate()[0][-3000:]}")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished run on this machine."""
    project = new_project(tmp_path_factory.mktemp("local"), SMOKE)
    project.snakemake()
    return project


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    project = new_project(tmp_path_factory.mktemp("cluster"), SMOKE)
    own = project.home / "config/snakemake/mycluster/config.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(OWN)
    process = project.start(*SLURM)
    killed = kill_one_search(project, process)
    output, _ = process.communicate(timeout=TIME)
    assert process.returncode == 0, output[-6000:]
    return Run(project, killed, output)


def test_a_killed_job_is_submitted_again_and_goes_on(run: Run) -> None:
    study, agent, seed = run.killed.parts
    name = re.compile(rf"rule_search(_policy)?_wildcards_{study}_{agent}_{seed.removeprefix('seed-')}")
    assert sorted(state for comment, state in jobs("%k", "%T") if name.fullmatch(comment)) == ["COMPLETED", "FAILED"]
    assert run.output.count("Trying to restart job") == 1
    # Snakemake removes the log of a failed attempt: this is the second one's.
    log = (run.project.root / "logs/search" / run.killed).with_suffix(".log").read_text()
    assert re.search(r"goes on after [1-9]\d* finished trials", log), log


def test_results_are_those_of_a_run_on_one_machine(run: Run, local: Project) -> None:
    made = [path.relative_to(local.root) for path in (local.root / "results").rglob("*") if path.is_file()]
    files = [file for file in made if file.name not in CLOCK and "report" not in file.parts]
    ledgers = [file for file in files if file.name == "trials.jsonl"]
    assert run.killed in [file.relative_to("results/search").parent for file in ledgers]
    assert [file for file in files if (run.project.root / file).read_bytes() != (local.root / file).read_bytes()] == []


def test_then_the_results_are_recorded_and_nothing_is_left_to_do(run: Run) -> None:
    run.project.front("record")
    assert "up to date" in run.project.run("dvc", "status")
    assert run.project.planned() == []
    assert "Nothing to be done" in run.project.run(*SLURM)


def test_jobs_ask_for_what_the_settings_say(run: Run) -> None:
    assert {tuple(asked) for *asked, state in jobs("%C", "%m", "%l", "%T") if state == "COMPLETED"} == {ASKED}


def test_a_partition_that_does_not_exist_is_one_message_and_no_job(run: Run) -> None:
    before = jobs("%i")
    output = run.project.run(*SLURM, "--forcerun", "search", "--default-resources", "slurm_partition=nowhere", status=1)
    said = output[output.index("Slurm would refuse") :].splitlines()
    assert "invalid partition specified: nowhere" in said[0] and "partitions here: long" in said[2] and len(said) == 4
    assert "Traceback" not in output and jobs("%i") == before


def test_settings_that_train_on_a_gpu_ask_slurm_for_one(run: Run) -> None:
    run.project.replace("params.yaml", "device: cpu", "device: cuda")
    trials = f"results/search/{run.killed}/trials.jsonl"
    # This cluster's GPU is a name only, so the job fails, once it has been given it.
    output = run.project.run(*SLURM, "--retries", "0", "--", trials, status=1)
    assert "torch finds no CUDA device here" in output
    last = max((number for (number,) in jobs("%i")), key=int)
    shown = subprocess.run(["scontrol", "show", "job", last], capture_output=True, text=True, check=True).stdout
    assert "TresPerJob=gres:gpu:1" in shown

"""A run on a cluster up to its first job: settings, what jobs would ask Slurm for, and what a refusal looks like.

tests/slurm runs the rest on a real Slurm. Here a program that refuses everything stands in for sbatch.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import preflight
from clone import BIN, ROOT, SMOKE, environment, new_project
from rlsearch.checks import read
from rlsearch.errors import RlsearchError

PROFILE = ("--workflow-profile", "profiles/slurm")
PARSE = """
import json, sys
from snakemake.cli import parse_args
names = "executor jobs retries cores resources default_resources rerun_incomplete slurm_status_command".split()
settings = parse_args(sys.argv[1:])[1]
found = {name: getattr(settings, name) for name in names}
print(json.dumps(found, default=lambda value: str(getattr(value, "parsed", value))))
"""


def parsed(home: Path, *words: str) -> dict[str, object]:
    """Return snakemake's own settings for a command line in the project's folder."""
    command = [sys.executable, "-c", PARSE, *words]
    done = subprocess.run(command, cwd=ROOT, env=environment(home), capture_output=True, text=True, check=True)
    settings: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return settings


@pytest.fixture
def refusing(tmp_path: Path) -> str:
    """A search path whose sbatch refuses everything."""
    program = tmp_path / "bin/sbatch"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'sbatch: error: no such account' >&2\nexit 1\n")
    program.chmod(0o755)
    return os.pathsep.join([str(program.parent), str(BIN), os.environ["PATH"]])


def test_the_parsed_settings_are_those_of_the_slurm_profile(tmp_path: Path) -> None:
    own = tmp_path / "config/snakemake/mine/config.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("default-resources: {slurm_partition: long, slurm_account: physics}\nretries: 9\n")
    found = parsed(tmp_path, *PROFILE, "--profile", "mine")
    assert found["executor"] == "slurm" and found["slurm_status_command"] == "squeue"
    assert (found["jobs"], found["retries"], found["cores"]) == (100, 2, None)
    assert found["rerun_incomplete"] and str(found["resources"]) == "{}"
    assert "slurm_partition" in str(found["default_resources"]) and "slurm_account" in str(found["default_resources"])
    here = parsed(tmp_path)
    assert here["executor"] is None and "gpu" in str(here["resources"]) and here["jobs"] is None


def test_a_refused_run_ends_in_one_message_before_any_job(tmp_path: Path, refusing: str) -> None:
    project = new_project(tmp_path, SMOKE)
    project.replace("params.yaml", "device: cpu", "device: cuda")
    output = project.run("snakemake", *PROFILE, "--quiet", "all", status=1, PATH=refusing)
    said = output[output.index("Slurm would refuse") :].splitlines()
    assert said[0].endswith("It says: no such account")
    where = said[1].strip().replace(" --ntasks-per-gpu=1", "")  # which the oldest plugin adds
    assert where == "where: sbatch -t 30 --mem 2000 --requeue --cpus-per-task=1 --gpus=1"
    assert "Traceback" not in output and not (project.root / "data").exists() and not (project.root / "logs").exists()


def test_without_a_gpu_a_run_here_ends_before_any_job(tmp_path: Path) -> None:
    project = new_project(tmp_path, SMOKE)
    project.replace("params.yaml", "device: cpu", "device: cuda")
    said = project.snakemake(status=1, CUDA_VISIBLE_DEVICES="")
    assert "torch finds no CUDA device here\n  where: runtime.device = cuda\n  do: set runtime.device to cpu" in said
    assert "Traceback" not in said and not (project.root / "data").exists() and not (project.root / "logs").exists()
    project.snakemake("--", "data/digits/manifest.json", CUDA_VISIBLE_DEVICES="")  # which takes no GPU


def test_paper_trains_on_a_gpu_and_laptop_on_the_processor() -> None:
    devices = {preset: read(ROOT / f"presets/{preset}.yaml").runtime.device for preset in ("paper", "laptop", "smoke")}
    assert devices == {"paper": "cuda", "laptop": "cpu", "smoke": "cpu"}


class Resources(dict[str, Any]):
    """A job's resources, by key and by attribute as Snakemake has them."""

    __getattr__ = dict.__getitem__


def job(threads: int = 1, **resources: Any) -> SimpleNamespace:
    return SimpleNamespace(threads=threads, resources=Resources(resources))


def test_a_request_is_what_the_executor_would_ask_for() -> None:
    plain = job(2, mem_mb=4000, runtime=120, gpu=0, slurm_partition="long", slurm_account="physics")
    words = ["-A", "physics", "-p", "long", "-t", "120", "--mem", "4000", "--ntasks=1", "--cpus-per-task=2"]
    assert preflight.request(plain, None) == words
    picky = preflight.request(job(mem_mb=10, gpu=1, gpu_model="a100", qos="night", constraint="zen3"), None)
    assert "--gpus=a100:1" in picky and "--qos=night" in picky and "zen3" in picky and "--ntasks=1" not in picky


def test_each_kind_of_request_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[list[str]] = []
    monkeypatch.setattr(preflight.shutil, "which", lambda name: name)
    monkeypatch.setattr(preflight, "_try", lambda words: tried.append(words))
    small, large = job(mem_mb=10), job(4, mem_mb=10, gpu=1)
    preflight.check([small, large, small], None)
    assert tried == [preflight.request(small, None), preflight.request(large, None)]


def test_without_slurm_the_message_says_where_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.shutil, "which", lambda name: None)
    with pytest.raises(RlsearchError, match="no Slurm on this machine"):
        preflight.check([job()], None)


def test_a_blank_in_the_path_of_python_is_told_before_jobs_fail_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.shutil, "which", lambda name: name)
    monkeypatch.setattr(preflight.sys, "executable", "/a folder/.venv/bin/python")
    with pytest.raises(RlsearchError, match="path with blanks"):
        preflight.check([job()], None)

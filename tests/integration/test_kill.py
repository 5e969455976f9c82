"""kill -9 at random moments, again and again, then once to the end: the artefacts equal those of an undisturbed run.

`RLSEARCH_KILLS=20 pytest tests/integration/test_kill.py` kills each of the jobs twenty times; the default keeps the
suite short. Only kills of a job at work count; a job that ends before its moment begins again in an empty folder. The
moments are drawn by name from the time that an undisturbed run takes, the shortest seen so far: other work on the
machine may come and go. How long a child trains of that time depends on the machine, so where no such kill has met a
child in training, the next comes as soon as a checkpoint is seen.
"""

from __future__ import annotations

import functools
import json
import multiprocessing
import os
import shutil
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

import eager
import tiny
from deaths import DEATHS
from rlsearch import seeds
from rlsearch.cell_notation import read
from rlsearch.config.artefacts import retrain_folder, search_folder, select_folder
from rlsearch.files import write_atomic

LOADED = [
    *("rlsearch.phases.search", "rlsearch.phases.retrain", "rlsearch.training.evaluate"),
    *("rlsearch.agents._source_dqn", "rlsearch.agents._two_rate_ppo", "rlsearch.envs.closed_loop"),
    *("rlsearch.training.optimizers._package", "rlsearch.networks.metaqnn", "rlsearch.agents.q_learning"),
    "rlsearch.networks.nasnet",
]
"""What takes seconds to import."""

ASKED = os.environ.get("RLSEARCH_KILLS")
KILLS = int(ASKED or "6")
TASK = {**tiny.TASK, "epochs": 6}
JOBS: dict[str, dict[str, Any]] = {
    "search with 1 worker": {"agent": "reinforce", "workers": 1},
    "search with 2 workers": {"agent": "pairs", "workers": 2, "epochs": 12},
    "layered search, LSTM, 2 workers": {"agent": "lstm", "layered": True, "workers": 2},
    "layered search, MaskablePPO": {"agent": "maskable-ppo", "layered": True},
    "optimizer selection, DQN": {"agent": "dqn", "control": True},
    "optimizer selection, PPO": {"agent": "ppo", "control": True},
    "Q-learning, restarts": {"agent": "q-learning", "chains": True, "kills": 2, "deaths": ("in a restart", "in ask")},
    "retraining": {"slot": "he"},
    "retraining, dropped paths and a second head": {"slot": "he", "cells": True, "kills": 1},
}

CHAINS: dict[str, Any] = {
    "space": {
        **{"type": "metaqnn", "size": 8, "depth": 2, "filters": [4], "fields": [1, 3], "pool_sizes": [[2, 2]]},
        **{"fc": [], "initial_pool": True},
    },
    "agents": {"q-learning": {"type": "q-learning", "alpha": 0.3, "schedule": [[1.0, 4], [0.5, 4], [0.1, 4]]}},
    "baselines": ["hand-made"],
}
"""So few chains of layers that most draws are known ones."""
CELLS: dict[str, Any] = {
    "network": "nasnet",
    "network_options": {
        **{"normal": read("0.conv3+1.id").plain(), "reduction": read("0.max3|1.conv1").plain()},
        **{"filters": 2, "drop_path": 0.5, "auxiliary": 0.4},
    },
}
RESTART = {"restart": {"factor": 0.5, "most": 1, "threshold": 0.4}}


def work(root: Path, job: dict[str, Any], death: str | None) -> None:
    """One job, in a process of its own, which may die at a place."""
    from rlsearch.phases import retrain, search

    eager.install()
    if death:
        DEATHS[death]()
    target = {**TASK, **(CELLS if job.get("cells") else {"network": "vgg-like"})}
    short = {"seeds": 1, "budget": 24, "finalists": 2, "replicates": 2, "score_replicates": 2}
    # In a pool much of a job is the start of its workers: longer children, so that kills find some in training.
    changes: dict[str, Any] = {"proxy": {**TASK, "epochs": job.get("epochs", TASK["epochs"])}, "target": target}
    if job.get("layered"):
        epochs = 40 if "workers" in job else 12
        changes = {**tiny.LAYERED, "proxy": {**TASK, "network": "layered-cnn", "epochs": epochs}}
    if job.get("control"):
        space = {**tiny.CONTROL["space"], "epochs_per_step": 2}
        changes = {**tiny.CONTROL, "space": space, "proxy": {**TASK, "epochs": 6}}
    if job.get("chains"):
        task = {**TASK, "network": "metaqnn", "epochs": 3}
        changes = {**CHAINS, "proxy": {**task, **RESTART}, "target": task}
    # Networks of unlike costs: two finalists of the largest would take all of the budget.
    changes["search"] = {**short, "budget": 60, "finalists": 1} if job.get("chains") else short
    params = tiny.study(root, **changes, retrain={"seeds": 4}, workers=job.get("workers", 1))
    if "slot" in job:
        retrain.run(params, "tiny", job["slot"], root)
    else:
        search.run(params, "tiny", job["agent"], 0, root)


def artefacts(root: Path, job: dict[str, Any]) -> dict[str, bytes]:
    """The bytes of everything but the clock's files."""
    folder = retrain_folder("tiny", "he") if "slot" in job else search_folder("tiny", job["agent"], 0)
    return {path.name: path.read_bytes() for path in (root / folder).iterdir() if path.name != "times.csv"}


def in_training(root: Path) -> bool:
    """Tell whether a killed job left the checkpoint of a child in training."""
    children, slots = root / ".rlsearch/children", root / ".rlsearch/retrain"
    return any(children.glob("*.pt")) or any(slots.rglob("*.checkpoint"))


def wait_for_checkpoint(root: Path, process: BaseProcess) -> None:
    """Return when a child in training has left a checkpoint, or the job has ended without one."""
    while process.is_alive() and not in_training(root):
        time.sleep(0.001)


def prepare(root: Path) -> None:
    spec = {"init": {"scheme": "scaled-normal", "scale": 1.0}}
    slot = {"slot": "he", "status": "filled", "reason": None, "label": "s = 1", "key": "k", "spec": spec}
    write_atomic(root / select_folder("tiny") / "he.json", json.dumps(slot))


def start(root: Path, job: dict[str, Any], death: str | None = None) -> BaseProcess:
    """Fork from a server that has torch loaded: a new interpreter would spend its life importing."""
    process = multiprocessing.get_context("forkserver").Process(target=work, args=(root, job, death))
    process.start()
    return process


@functools.cache
def warm() -> None:
    """Start the server and let it load what takes long, so that no job's time holds that."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    first = context.Process(target=print)
    first.start()
    first.join()


@pytest.mark.integration
@pytest.mark.timeout(150 * max(KILLS, 6))
@pytest.mark.parametrize("name", JOBS)
def test_killed_at_random_moments(name: str, tmp_path: Path) -> None:
    job, rng = JOBS[name], seeds.generator("test", "kill", name)
    for root in (tmp_path / "whole", tmp_path / "killed"):
        prepare(root)
    warm()
    begin = time.monotonic()
    whole = start(tmp_path / "whole", job)
    whole.join()
    span = time.monotonic() - begin
    assert whole.exitcode == 0
    for place in job.get("deaths", ()):
        process = start(tmp_path / "killed", job, place)
        process.join()
        assert process.exitcode == -9, f"the job did not come to die {place}"
    kills = int(ASKED or job.get("kills", KILLS))
    killed, resumed, attempts = 0, 0, 0
    while killed < kills or not resumed:
        attempts += 1
        counts = f"{killed} of {attempts} jobs lived until they were killed, {resumed} found a child in training"
        assert attempts <= max(30, 5 * kills), counts
        resumed += in_training(tmp_path / "killed")
        begin = time.monotonic()
        process = start(tmp_path / "killed", job)
        moment = float(rng.uniform(min(0.1, 0.1 * span), 0.8 * span))
        if killed < kills:
            process.join(moment)
        else:
            wait_for_checkpoint(tmp_path / "killed", process)
        process.kill()
        process.join()
        killed += process.exitcode == -9
        if process.exitcode == 0:
            span = min(span, time.monotonic() - begin)
            assert artefacts(tmp_path / "killed", job) == artefacts(tmp_path / "whole", job)
            shutil.rmtree(tmp_path / "killed")
            prepare(tmp_path / "killed")
    last = start(tmp_path / "killed", job)
    last.join()
    print(f"{name}: {killed} kills of {attempts} jobs of {span:.1f} s; {resumed} jobs found a child in training")
    assert last.exitcode == 0 and resumed
    assert ("q-table.csv" in artefacts(tmp_path / "whole", job)) == ("chains" in job)
    assert artefacts(tmp_path / "killed", job) == artefacts(tmp_path / "whole", job)

"""Real runs through DVC: both front doors agree on what is done, here and in a clone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clone import Project

pytestmark = pytest.mark.integration

LEARNING_RATE = ("params.yaml", "observation: none, lr: 0.001}", "observation: none, lr: 0.5}")
NOTHING = "Data and pipelines are up to date."


def test_after_a_record_neither_door_has_work(recorded: Project, tmp_path: Path) -> None:
    project = recorded.copy(tmp_path)
    assert NOTHING in project.run("dvc", "repro")
    assert "Nothing to be done" in project.snakemake()
    assert NOTHING in project.run("dvc", "status")
    assert project.run("git", "status", "--porcelain") == ""


def test_results_of_other_settings_are_not_recorded(recorded: Project, tmp_path: Path) -> None:
    project = recorded.copy(tmp_path)
    before = (project.root / "dvc.lock").read_bytes()
    project.replace(*LEARNING_RATE)
    assert "nothing was recorded" in project.front("record", status=1)
    assert (project.root / "dvc.lock").read_bytes() == before


def test_a_clone_gets_results_and_still_sees_changes(recorded: Project, tmp_path: Path) -> None:
    origin = recorded.copy(tmp_path / "origin")
    origin.run("dvc", "remote", "add", "--default", "shelf", str(tmp_path / "shelf"))
    origin.run("dvc", "push")
    origin.commit()
    clone = Project(tmp_path / "clone")
    clone.home.mkdir()
    origin.run("git", "clone", "--quiet", str(origin.root), str(clone.root))
    clone.front("pull")
    clone.front("touch")
    assert "Nothing to be done" in clone.snakemake()
    assert NOTHING in clone.run("dvc", "status")
    clone.replace(*LEARNING_RATE)
    planned = clone.planned()
    assert "search init-scale/reinforce, seed 0" in planned
    assert "search init-scale/random, seed 0" not in planned
    assert "make repro" in clone.front("touch", status=1)


def test_without_a_remote_pull_says_so(recorded: Project) -> None:
    assert "no DVC remote" in recorded.front("pull", status=1)


def test_curves_of_each_slot_can_be_plotted(recorded: Project) -> None:
    output = recorded.run("dvc", "plots", "show", "--json")
    plots = json.loads(output[output.index("{") :])["data"]
    filled = {"init-scale": ("best-random", "best-reinforce", "he")}
    filled["layered-cnn"] = ("best-random", "best-reinforce", "hand-made")
    filled["optimizer-selection"] = ("best-dqn", "best-random", "schedule-dqn", "sgd")
    slots = {f"results/report/tables/curves/{study}-{slot}.csv" for study, each in filled.items() for slot in each}
    assert {name for name, shown in plots.items() if shown} == slots

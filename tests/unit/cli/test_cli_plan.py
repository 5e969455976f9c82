"""rlsearch plan: what it counts is what a run then does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import cli_project
from rlsearch.checks import read
from rlsearch.config import artefacts
from rlsearch.errors import DataError
from rlsearch.files import read_json, read_jsonl
from rlsearch.overview import plan
from rlsearch.overview.sizes import sizes
from rlsearch.overview.start import StartedJob
from rlsearch.phases import controls, retrain, search, select
from rlsearch.search.store import WORK

AGENTS = {"reinforce": {"type": "reinforce"}, "random": {"type": "random"}}
ARMS = [*AGENTS, "reinforce-never-updated"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    cli_project.make(root, agents=AGENTS, fidelity=None)
    return root


@pytest.fixture(scope="module")
def planned(project: Path) -> dict[str, Any]:
    """What the command says before anything has run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        result = cli_project.run("plan", "--json", "--cores", "2")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def spent(planned: dict[str, Any], project: Path) -> Path:
    """The project after the run that was planned."""
    params = read(project / "params.yaml")
    for arm in ARMS:
        search.run(params, "tiny", arm, 0, project)
    for agent in AGENTS:
        controls.run(params, "tiny", agent, project)
    select.run(params, "tiny", project)
    for slot in artefacts.slots(params.studies["tiny"]):
        retrain.run(params, "tiny", slot.name, project)
    return project


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start nothing to see how long it takes."""
    monkeypatch.setattr(StartedJob, "CODE", "print(0.0, 0.0)")


def rows(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["phase"]: row for row in found["rows"]}


def test_the_planned_flops_are_spent(planned: dict[str, Any], spent: Path) -> None:
    searched, trained = [], []
    for agent in ARMS:
        cost = read_json(spent / artefacts.search_folder("tiny", agent, 0) / "summary.json")["cost"]
        searched += [cost["flops"], cost["finalist_flops"], cost["score_flops"]]
    for slot in ("best-reinforce", "best-random", "he"):
        runs = read_json(spent / artefacts.retrain_folder("tiny", slot) / "metrics.json")["runs"]
        trained += [run["flops"] for run in runs]
    assert rows(planned)["search"]["flops"] == sum(searched)
    assert rows(planned)["retrain"]["flops"] == sum(trained)
    assert rows(planned)["retrain"]["children"] == len(trained) == 9


def test_the_planned_children_are_trained(planned: dict[str, Any], spent: Path) -> None:
    stored = len(list((spent / WORK / "outcomes").rglob("*.json")))
    ledgers = [read_jsonl(spent / artefacts.search_folder("tiny", arm, 0) / "trials.jsonl") for arm in ARMS]
    shared = sum(one["key"] == other["key"] for one, other in zip(ledgers[0], ledgers[2], strict=True))
    assert shared >= 1  # until its first update an agent asks for what its twin asks for, and both may have one answer
    told = rows(planned)["search"]["children"] + rows(planned)["controls"]["children"]
    assert told - len(ledgers[0]) - 6 <= stored <= told - shared


def test_rows_and_totals(planned: dict[str, Any]) -> None:
    assert {name: row["jobs"] for name, row in rows(planned).items()} == {
        "fetch": 1,
        "search": 3,
        "controls": 2,
        "select": 1,
        "retrain": 3,
        "report": 1,
    }
    assert {name for name, row in rows(planned).items() if row["done"]} == {"fetch"}
    assert planned["total"]["children"] == sum(row["children"] for row in planned["rows"])
    assert planned["total"]["seconds"] <= sum(row["seconds"] for row in planned["rows"]) + planned["load_seconds"]
    assert 0 < planned["seconds_left"] < planned["total"]["seconds"]
    assert all(row["seconds"] >= planned["start_seconds"] > 0 for row in planned["rows"])
    assert planned["download"] == 0
    assert planned["notes"] == []


def test_the_disk_is_about_what_is_written(planned: dict[str, Any], spent: Path) -> None:
    def taken(*parts: str) -> int:
        return sum(path.stat().st_size for path in spent.joinpath(*parts).rglob("*") if path.is_file())

    assert planned["disk"]["data"] == pytest.approx(taken("data"), rel=0.3)
    assert planned["disk"]["weights"] == pytest.approx(taken("results", "retrain"), rel=0.1)
    blocks = sum(4096 - path.stat().st_size for path in (spent / WORK / "outcomes").rglob("*.json"))
    assert planned["disk"]["work store"] == pytest.approx(taken(WORK.name) + blocks, rel=0.1)


def test_the_table_says_what_is_done(spent: Path, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(spent)
    result = cli_project.run("plan", "--cores", "1")
    assert result.exit_code == 0, result.output
    (retrained,) = [line.split() for line in result.stdout.splitlines() if " retrain " in line]
    assert retrained[:5] == ["tiny", "retrain", "3", "3", "9"]
    assert "on 1 core of" in result.stdout
    assert "what is left takes about" in result.stdout
    assert "download  nothing" in result.stdout


def test_before_fetch_sizes_come_from_the_settings(project: Path, tmp_path: Path) -> None:
    params = read(project / "params.yaml")
    exact = sizes(params, "spots", project)
    shutil.copy(project / "spots.npz", tmp_path)
    guessed = sizes(params, "spots", tmp_path)
    assert (exact.exact, exact.form.outputs, guessed.exact) == (True, 4, False)
    assert (guessed.form.shape, guessed.train, guessed.validation, guessed.test) == (
        exact.form.shape,
        exact.train,
        exact.validation,
        exact.test,
    )


def test_data_that_are_not_there_are_an_error_without_a_process_left_behind(
    project: Path, tmp_path: Path, quick: None
) -> None:
    with pytest.raises(DataError, match=r"spots\.npz"):
        plan.plan(read(project / "params.yaml"), tmp_path)

"""rlsearch trial: a ledger's line is trained again alone, and every difference is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import cli_project
from rlsearch.config.artefacts import search_folder
from rlsearch.files import canonical_json, pretty_json, read_json, read_jsonl, write_atomic
from rlsearch.phases import search
from rlsearch.search.store import WORK

FOLDER = search_folder("tiny", "grid", 0)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished search whose grid is walked through twice: trial 4 is the second replicate of a candidate."""
    root = tmp_path_factory.mktemp("searched")
    params = cli_project.make(root, agents={"grid": {"type": "grid", "points": 3}})
    search.run(params, "tiny", "grid", 0, root)
    return root


@pytest.fixture
def project(searched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(searched, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change_line(root: Path, number: int, **values: Any) -> None:
    ledger = [dict(line) for line in read_jsonl(root / FOLDER / "trials.jsonl")]
    ledger[number].update(values)
    write_atomic(root / FOLDER / "trials.jsonl", "".join(canonical_json(line) + "\n" for line in ledger))


def change_provenance(root: Path, **values: Any) -> None:
    summary = read_json(root / FOLDER / "summary.json")
    summary["provenance"].update(values)
    write_atomic(root / FOLDER / "summary.json", pretty_json(summary))


@pytest.mark.parametrize("number", ["0", "4"])
def test_a_trial_is_repeated_to_the_last_bit(project: Path, number: str) -> None:
    before = cli_project.files(project)
    result = cli_project.run("trial", "tiny", "grid", "0", number)
    line = read_jsonl(project / FOLDER / "trials.jsonl")[int(number)]
    assert result.exit_code == 0, result.output
    assert "equal to the last bit" in result.stdout and "restarts" not in result.stdout
    for value in (line["reward"], line["metrics"]["accuracy"], line["metrics"]["loss"], line["flops"]):
        assert result.stdout.count(json.dumps(value)) >= 2
    assert cli_project.files(project) == before


def test_the_child_is_trained_and_not_looked_up(project: Path) -> None:
    for path in (project / WORK / "outcomes").rglob("*.json"):
        outcome = read_json(path)
        write_atomic(path, canonical_json({**outcome, "metrics": {"accuracy": 0.125, "loss": 1.0}}))
    assert cli_project.run("trial", "tiny", "grid", "0", "1").exit_code == 0
    shutil.rmtree(project / WORK)
    assert cli_project.run("trial", "tiny", "grid", "0", "1").exit_code == 0


def test_another_value_is_shown_with_what_has_changed(project: Path) -> None:
    line = read_jsonl(project / FOLDER / "trials.jsonl")[2]
    change_line(project, 2, metrics={**line["metrics"], "loss": line["metrics"]["loss"] + 1e-15})
    change_provenance(project, cpu="another processor", versions={**versions(project), "numpy": "1.0"})
    result = cli_project.run("trial", "tiny", "grid", "0", "2")
    assert result.exit_code == 1
    (loss,) = [row for row in result.stdout.splitlines() if row.startswith("loss")]
    assert loss.rstrip().endswith("differs")
    assert result.stdout.count("differs") == 1
    assert "cpu: recorded with another processor, now" in result.stdout
    assert "numpy: recorded with 1.0, now" in result.stdout


def test_a_difference_without_a_reason_is_called_a_fault(project: Path) -> None:
    change_line(project, 0, reward=9.99)
    result = cli_project.run("trial", "tiny", "grid", "0", "0")
    assert result.exit_code == 1
    assert "a fault worth reporting" in result.stdout


def test_another_number_of_threads_is_compared_and_named(project: Path) -> None:
    params = cli_project.checks.read(project / "params.yaml")
    cli_project.settings(project, params, runtime__child_threads=2)
    result = cli_project.run("trial", "tiny", "grid", "0", "0")
    assert "threads: recorded with 1, now 2" in result.stdout
    assert result.exit_code == (0 if "equal to the last bit" in result.stdout else 1)


def test_another_torch_is_compared_and_named(project: Path) -> None:
    change_provenance(project, settings="unknown here", versions={**versions(project), "torch": "1.0"})
    result = cli_project.run("trial", "tiny", "grid", "0", "0")
    assert result.exit_code == 0
    assert "torch: recorded with 1.0, now" in result.stdout


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"studies__tiny__proxy__epochs": 2}, "the proxy's settings or the training code"),
        ({"studies__tiny__reward__scale": 1.0}, "reward"),
        ({"studies__tiny__agents__grid__points": 4}, "agent_settings"),
    ],
)
def test_a_ledger_of_other_settings_is_refused(project: Path, change: dict[str, Any], part: str) -> None:
    cli_project.settings(project, cli_project.checks.read(project / "params.yaml"), **change)
    result = cli_project.run("trial", "tiny", "grid", "0", "0")
    assert result.exit_code == 2
    assert f"made with other settings or code: {part}\n" in result.stderr


def test_a_ledger_of_other_data_is_refused(project: Path) -> None:
    change_provenance(project, data="0" * 32)
    result = cli_project.run("trial", "tiny", "grid", "0", "0")
    assert result.exit_code == 2
    assert "made with other data" in result.stderr


@pytest.mark.parametrize("number", ["6", "-1"])
def test_a_trial_that_is_not_in_the_ledger(project: Path, number: str) -> None:
    result = cli_project.run("trial", "tiny", "grid", "0", "--", number)
    assert result.exit_code == 2
    assert f"the ledger has no trial {number}" in result.stderr
    assert "allowed: 0 to 5" in result.stderr


def test_a_search_without_a_ledger(project: Path) -> None:
    shutil.rmtree(project / "results")
    result = cli_project.run("trial", "tiny", "grid", "0", "0")
    assert result.exit_code == 2
    assert "has no ledger yet" in result.stderr


def versions(root: Path) -> dict[str, str]:
    found: dict[str, str] = read_json(root / FOLDER / "summary.json")["provenance"]["versions"]
    return found

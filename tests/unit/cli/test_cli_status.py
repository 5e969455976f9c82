"""rlsearch status: every state a search can be in, the phases' counts, and that nothing is written."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cli_project
from rlsearch.agents.base import Proposal
from rlsearch.config.artefacts import data_folder, search_folder
from rlsearch.config.models import Params
from rlsearch.data import fetch
from rlsearch.files import digest, write_atomic
from rlsearch.overview.state import SearchState, StudyState
from rlsearch.phases import controls, retrain, search, select
from rlsearch.search.answers import answers_of
from rlsearch.search.identity import search_identity
from rlsearch.search.journal import Entry, Journal
from rlsearch.search.lock import exclusive
from rlsearch.search.store import WORK
from rlsearch.training.outcome import Outcome

SEARCH = {"seeds": 2, "budget": 5, "finalists": 1, "replicates": 1, "score_replicates": 1}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which every phase of the tiny study has run."""
    root = tmp_path_factory.mktemp("done")
    params = cli_project.make(root, agents={"random": {"type": "random"}}, search=SEARCH, retrain={"seeds": 1})
    for seed in (0, 1):
        search.run(params, "tiny", "random", seed, root)
    controls.run(params, "tiny", "random", root)
    select.run(params, "tiny", root)
    for slot in ("best-random", "he"):
        retrain.run(params, "tiny", slot, root)
    return root


@pytest.fixture
def project(done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(done, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(root: Path, **changes: object) -> Params:
    return cli_project.settings(root, cli_project.checks.read(root / "params.yaml"), **changes)


def state(root: Path, seed: int = 0) -> SearchState:
    return StudyState(cli_project.checks.read(root / "params.yaml"), "tiny", root).search("random", seed)


def counts(root: Path) -> dict[str, tuple[int, int, int]]:
    found = StudyState(cli_project.checks.read(root / "params.yaml"), "tiny", root).phases()
    return {one.phase: (one.done, one.running, one.planned) for one in found}


def work_folder(root: Path, params: Params, seed: int) -> Path:
    answers = answers_of(params, "tiny", root)
    identity = search_identity(params, "tiny", "random", seed, answers.digest)
    return root / WORK / "search" / "tiny" / "random" / f"seed-{seed}" / digest(identity)[:16]


def write_trials(folder: Path, *accuracies: float) -> None:
    """Write a journal as a search leaves it when it is killed, with a line torn off."""
    folder.mkdir(parents=True)
    with Journal(folder / "journal.jsonl", {}) as journal:
        for index, accuracy in enumerate(accuracies):
            outcome = Outcome("ok", {"accuracy": accuracy, "loss": 1.0}, 1, 128, 10)
            journal.trial(Entry(index, Proposal((1.0,)), outcome, 0.1, False, index))
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b'{"kind":"trial","index":')


def test_a_finished_study(project: Path) -> None:
    write_atomic(project / "results" / "report" / "index.html", "")
    before = cli_project.files(project)
    result = cli_project.run("status")
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines() if " random " in line]
    # 4 trials and a finalist of a budget of 5; every child costs the same.
    ends = ["finished", "budget", "4", "100%"]
    assert [row[2:7] for row in rows] == [["0", *ends], ["1", *ends]]
    assert all(re.fullmatch(r"-?\d+\.\d{3}", row[7]) for row in rows)
    for phase_name, share in {"search": "2/2", "controls": "1/1", "select": "1/1", "retrain": "2/2"}.items():
        assert any(line.split() == ["tiny", phase_name, share] for line in result.stdout.splitlines())
    assert "report: results/report/index.html" in result.stdout
    assert cli_project.files(project) == before


def test_best_is_the_highest_reward(project: Path) -> None:
    ledger = (project / search_folder("tiny", "random", 0) / "trials.jsonl").read_text(encoding="utf-8")
    rewards = [float(line.split('"reward":')[1].split(",")[0]) for line in ledger.splitlines()]
    assert state(project).best == max(rewards)


def test_other_settings_make_results_outdated(project: Path) -> None:
    settings(project, studies__tiny__proxy__epochs=2)
    assert state(project).state == "outdated"
    assert counts(project) == {
        "search": (0, 0, 2),
        "controls": (0, 0, 1),
        "select": (0, 0, 1),
        "retrain": (2, 0, 2),  # the target's settings are as before
    }


@pytest.mark.parametrize(
    ("key", "value", "phases"),
    [
        ("studies__tiny__controls__runs", 21, {"controls"}),
        ("studies__tiny__retrain__seeds", 2, {"retrain"}),
        ("studies__tiny__target__epochs", 3, {"retrain"}),
        ("studies__tiny__search__score_replicates", 2, {"search", "controls", "select"}),  # a run makes all three anew
        ("datasets__spots__split_seed", 1, {"search", "controls", "select", "retrain"}),
    ],
)
def test_a_changed_setting_undoes_its_phases_alone(project: Path, key: str, value: int, phases: set[str]) -> None:
    settings(project, **{key: value})
    assert {name for name, (finished, _, _) in counts(project).items() if not finished} == phases


def test_a_longer_search_is_the_same_search_unfinished(project: Path) -> None:
    settings(project, studies__tiny__search__budget=7)
    found = state(project)
    assert (found.state, found.trials, found.planned) == ("interrupted", 4, 6)


def test_results_without_a_work_store_count(project: Path) -> None:
    shutil.rmtree(project / WORK)
    assert state(project).state == "finished"
    assert counts(project)["retrain"] == (2, 0, 2)


def test_retraining_counts_where_the_search_is_rewarded_on_the_test_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cli_project.make(tmp_path, agents={"random": {"type": "random"}}, search=SEARCH, retrain={"seeds": 1})
    params = settings(tmp_path, datasets__spots__validation="published-test")
    fetch.run(params, "spots", tmp_path)
    for seed in (0, 1):
        search.run(params, "tiny", "random", seed, tmp_path)
    select.run(params, "tiny", tmp_path)
    assert counts(tmp_path)["retrain"] == (0, 0, 2)
    retrain.run(params, "tiny", "he", tmp_path)
    assert counts(tmp_path)["retrain"] == (1, 0, 2)


def test_a_killed_search_is_interrupted_and_a_held_one_runs(project: Path) -> None:
    folder = work_folder(project, settings(project, studies__tiny__search__seeds=3), 2)
    assert state(project, 2).state == "not started"
    write_trials(folder, 0.5, 0.75, 0.25)
    found = state(project, 2)
    assert (found.state, found.trials, found.best) == ("interrupted", 3, 7.5)
    assert (found.ended, found.spent) == ("", None), "killed before it could say what its budget is"
    write_atomic(folder / "identity.json", '{"trials": 4, "budget_flops": 50}')
    row = next(line for line in cli_project.run("status").stdout.splitlines() if "interrupted" in line)
    assert row.split() == ["tiny", "random", "2", "interrupted", "3", "of", "4", "60%", "7.500"]
    with exclusive(folder):
        assert state(project, 2).state == "running"
        assert counts(project)["search"] == (2, 1, 3)


def test_a_search_that_runs_with_other_settings(project: Path) -> None:
    folder = work_folder(project, settings(project, studies__tiny__proxy__epochs=2), 0)
    settings(project, studies__tiny__proxy__epochs=3)
    write_trials(folder, 0.5)
    with exclusive(folder):
        found = state(project)
        result = cli_project.run("status")
    assert (found.state, found.trials, found.best) == ("running", 1, 5.0)
    assert "running with other settings than these" in result.stdout


def test_a_slot_in_retraining_runs(project: Path) -> None:
    settings(project, studies__tiny__target__epochs=3)
    with exclusive(project / WORK / "retrain" / "locks" / "tiny" / "he"):
        assert counts(project)["retrain"] == (0, 1, 2)


def test_without_data_no_result_belongs_to_the_settings(project: Path) -> None:
    shutil.rmtree(project / data_folder("spots"))
    result = cli_project.run("status")
    assert result.exit_code == 0
    assert "dataset spots: not fetched with these settings" in result.stdout
    assert state(project).state == "outdated"


def test_before_anything_ran(project: Path) -> None:
    for name in ("results", "data", WORK):
        shutil.rmtree(project / name)
    result = cli_project.run("status")
    assert result.exit_code == 0
    assert result.stdout.count("not started") == 2
    assert "not written yet" in result.stdout


def test_status_does_not_import_torch(project: Path) -> None:
    code = (
        "import sys; from rlsearch.cli import app; app(['status'], standalone_mode=False); "
        "print([m for m in ('torch', 'snakemake', 'pandas') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"

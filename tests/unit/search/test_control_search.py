"""Searches of a policy over optimizers with real children: the files, resume in mid-episode, and a trial repeated."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import cli_project
import tiny
from leftovers import explained
from rlsearch.config.artefacts import search_folder
from rlsearch.config.models import Params
from rlsearch.config.search_files import search_files
from rlsearch.files import pretty_json, read_json, read_jsonl, write_atomic
from rlsearch.phases import search
from rlsearch.search.answers import answers_of
from rlsearch.search.answers.trained import TrainedAnswers
from rlsearch.search.store import WORK
from rlsearch.training import checkpoint
from rlsearch.training.episode import Episode
from rlsearch.training.evaluate import evaluate

LEARNERS = ("dqn", "ppo")
SHORT = {**tiny.CONTROL["search"], "budget": 12}


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    root = tmp_path_factory.mktemp("searched")
    params = cli_project.make(root, **tiny.CONTROL)
    for agent in (*LEARNERS, "random", "pairs"):
        search.run(params, "tiny", agent, 0, root)
    return root, params


def folder(root: Path, agent: str) -> Path:
    return root / search_folder("tiny", agent, 0)


def artefacts(root: Path, agent: str) -> dict[str, bytes]:
    """The bytes of everything but the clock's file."""
    return {path.name: path.read_bytes() for path in folder(root, agent).iterdir() if path.name != "times.csv"}


def rows(root: Path, agent: str) -> list[dict[str, str]]:
    header, *lines = (folder(root, agent) / "steps.csv").read_text().splitlines()
    return [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]


@pytest.mark.parametrize("agent", LEARNERS)
def test_files_and_costs_of_a_search_that_learns(agent: str, searched: tuple[Path, Params]) -> None:
    root, params = searched
    assert {path.name for path in folder(root, agent).iterdir()} == set(search_files(params.studies["tiny"], agent))
    trials, summary = read_jsonl(folder(root, agent) / "trials.jsonl"), read_json(folder(root, agent) / "summary.json")
    steps = rows(root, agent)
    assert [(trial["index"], trial["replicate"]) for trial in trials] == [(i, 0) for i in range(len(trials))]
    for trial in trials:
        mine = [row for row in steps if row["trial"] == str(trial["index"])]
        assert [row["optimizer"] for row in mine] == trial["schedule"] == trial["spec"]["training"]["schedule"]
        assert trial["flops"] == sum(int(row["flops"]) for row in mine)
        assert trial["metrics"]["accuracy"] == float(mine[-1]["accuracy"])
        assert trial["reward"] == 10 * trial["metrics"]["accuracy"]
        assert trial["info"]["return"] == pytest.approx(sum(float(row["reward"]) for row in mine))
        assert [float(row["cost"]) for row in mine] == [2.0 if row["optimizer"] == "sam" else 1.0 for row in mine]
    assert explained(folder(root, agent))["ended"] == "budget"
    cost = summary["cost"]
    prices = answers_of(params, "tiny", root).prices()
    again = 2 * prices.largest  # the two replicates of the one finalist, the policy
    assert 0 <= 16 * prices.mean - again - cost["flops"] < prices.largest
    assert cost["finalist_flops"] <= again


@pytest.mark.parametrize("agent", LEARNERS)
def test_the_answer_is_the_frozen_policy(agent: str, searched: tuple[Path, Params]) -> None:
    root, _ = searched
    answer = read_json(folder(root, agent) / "summary.json")["answer"]
    assert answer["spec"]["training"] == read_json(folder(root, agent) / "policy.json")
    policy = answer["spec"]["training"]["policy"]
    options = ["sgd", "sam"] if agent == "dqn" else ["sgd", "adam", "sam"]
    assert (policy["kind"], policy["optimizers"]) == ("learned", options)
    assert answer["label"].startswith("learned policy ") and len(answer["schedule"]) == 3
    assert set(answer["schedule"]) <= set(policy["optimizers"])
    # It looks at the child: read back from its file, it plays as it did.
    again = evaluate(answer["spec"], _task(searched), 11)
    assert again == evaluate(read_json(folder(root, agent) / "summary.json")["answer"]["spec"], _task(searched), 11)
    assert again.status == "ok" and len(again.schedule) == 3


def _task(searched: tuple[Path, Params]) -> Any:
    return TrainedAnswers(searched[1], "tiny", searched[0]).task


def test_a_whole_schedule_has_no_values_of_steps(searched: tuple[Path, Params]) -> None:
    root, _ = searched
    steps = rows(root, "random")
    trials = read_jsonl(folder(root, "random") / "trials.jsonl")
    assert [row["optimizer"] for row in steps] == [label for trial in trials for label in trial["schedule"]]
    assert all(row["accuracy"] == row["reward"] == row["cost"] == "" for row in steps)
    assert read_json(folder(root, "random") / "policy.json")["schedule"]


@pytest.mark.parametrize("agent", ["random", "pairs"])
def test_any_number_of_workers_the_ledger_is_the_same(
    agent: str, searched: tuple[Path, Params], tmp_path: Path
) -> None:
    shutil.copytree(searched[0] / "data", tmp_path / "data")
    params = tiny.study(tmp_path, **tiny.CONTROL, workers=2)
    search.run(params, "tiny", agent, 0, tmp_path)
    for name in ("trials.jsonl", "steps.csv", "finalists.csv", "policy.json"):
        assert (folder(tmp_path, agent) / name).read_bytes() == (folder(searched[0], agent) / name).read_bytes()


@pytest.mark.parametrize("agent", LEARNERS)
@pytest.mark.parametrize("eager", [True, False], ids=["checkpoints", "no checkpoints"])
def test_killed_again_and_again_the_files_are_the_same(
    agent: str, eager: bool, searched: tuple[Path, Params], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In mid-episode and between two episodes."""
    if eager:
        monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    shutil.copytree(searched[0] / "data", tmp_path / "data")
    train, left = Episode.step, [0]

    def dies(self: Episode, label: str) -> Any:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        return train(self, label)

    monkeypatch.setattr(Episode, "step", dies)
    for cut, midway in ((4, True), (4, True), (4, False), (6, False)):  # after 4, 8, 12 and 18 steps, 3 an episode
        left[0] = cut
        with pytest.raises(KeyboardInterrupt):
            search.run(searched[1], "tiny", agent, 0, tmp_path)
        assert any((tmp_path / WORK / "children").glob("*.pt")) == (eager and midway)
    left[0] = 10**6
    search.run(searched[1], "tiny", agent, 0, tmp_path)
    assert artefacts(tmp_path, agent) == artefacts(searched[0], agent)
    assert not any((tmp_path / WORK / "children").glob("*.pt"))


@pytest.mark.parametrize("agent", LEARNERS)
def test_a_larger_budget_goes_on_from_the_smaller_one(
    agent: str, searched: tuple[Path, Params], tmp_path: Path
) -> None:
    shutil.copytree(searched[0] / "data", tmp_path / "data")
    search.run(tiny.study(tmp_path, **{**tiny.CONTROL, "search": SHORT}), "tiny", agent, 0, tmp_path)
    shorter = artefacts(tmp_path, agent)
    search.run(tiny.study(tmp_path, **tiny.CONTROL), "tiny", agent, 0, tmp_path)
    longer = artefacts(tmp_path, agent)
    assert longer == artefacts(searched[0], agent)
    assert longer["trials.jsonl"].startswith(shorter["trials.jsonl"]) and longer != shorter


def test_agents_with_one_seed_meet_the_same_children(searched: tuple[Path, Params]) -> None:
    """The networks and the order of their images: equal first choices lead to equal first steps."""
    first = [{r["trial"]: r for r in rows(searched[0], agent) if r["step"] == "0"} for agent in LEARNERS]
    equal = [
        key for key in first[0].keys() & first[1].keys() if first[0][key]["optimizer"] == first[1][key]["optimizer"]
    ]
    assert equal
    assert all(first[0][key]["loss"] == first[1][key]["loss"] for key in equal)
    losses = [row["loss"] for row in first[0].values()]
    assert len(set(losses)) == len(losses)


def test_the_state_of_a_child_belongs_to_one_way_of_training(searched: tuple[Path, Params], tmp_path: Path) -> None:
    """A killed study leaves the state of a child; another study with the same proxy and data must not find it."""
    shutil.copytree(searched[0] / "data", tmp_path / "data")

    def path(study: str = "tiny", label: str = "dqn", seed: int = 0, number: int = 2, **space: Any) -> Path:
        params = tiny.study(tmp_path, **{**tiny.CONTROL, "space": {**tiny.CONTROL["space"], **space}})
        params = params.model_copy(update={"studies": {study: params.studies["tiny"]}})
        child: Any = answers_of(params, study, tmp_path).stepwise_child(label, seed, number)
        found: Path = child.checkpoint.path
        return found

    other = {**tiny.OPTIMIZERS, "sgd": {"name": "sgd", "lr": 0.03}}
    paths = [path(), path(carry=False), path(optimizers=other), path("other"), path(label="ppo"), path(seed=1)]
    paths.append(path(number=3))
    assert len(set(paths)) == len(paths) and path() == paths[0]


@pytest.fixture
def project(searched: tuple[Path, Params], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(searched[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("agent", "number"), [("dqn", "0"), ("dqn", "3"), ("ppo", "2"), ("random", "1")])
def test_a_trial_is_repeated_to_the_last_bit(agent: str, number: str, project: Path) -> None:
    shutil.rmtree(project / WORK / "outcomes")
    before = cli_project.files(project)
    result = cli_project.run("trial", "tiny", agent, "0", number)
    assert result.exit_code == 0, result.output
    assert "equal to the last bit" in result.stdout
    assert cli_project.files(project) == before


def test_a_trial_of_another_episode_is_told_apart(project: Path) -> None:
    """The seed is that of the episode's number: the same schedule under another number is another child."""
    path = folder(project, "dqn") / "trials.jsonl"
    ledger = [dict(line) for line in read_jsonl(path)]
    ledger[1] = {**ledger[2], "index": 1}
    write_atomic(path, "".join(pretty_json(line).replace("\n", "") + "\n" for line in ledger))
    result = cli_project.run("trial", "tiny", "dqn", "0", "1")
    assert result.exit_code == 1
    assert "differs" in result.stdout

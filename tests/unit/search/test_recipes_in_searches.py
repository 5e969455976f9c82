"""Restarts, early stopping and records in whole searches, retraining, ensembles and transfers: bytes, costs, kills."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import tiny
from children import Cut
from leftovers import explained
from rlsearch.config import artefacts
from rlsearch.config.artefacts import search_folder
from rlsearch.config.models import Params
from rlsearch.files import read_json, read_jsonl
from rlsearch.phases import retrain, search, select
from rlsearch.search.answers import answers_of
from rlsearch.search.evaluators import Request
from rlsearch.search.rerun import rerun
from rlsearch.training import checkpoint, loop

AGAIN = {"factor": 0.5, "most": 2, "threshold": 0.6}
RECIPE: dict[str, Any] = {
    **tiny.TASK,
    "epochs": 5,
    "optimizer": {"name": "adam", "lr": 0.02, "betas": [0.8, 0.99]},
    "schedule": {"type": "step", "factor": 0.5, "every": 2},
    "restart": AGAIN,
    "patience": 1,
    "record": ["one-class"],
}
SLOTS = {
    "first": {"type": "top", "agent": "pairs", "count": 2},
    "joined": {"type": "ensemble", "agent": "pairs", "count": 2},
}
STUDY: dict[str, Any] = {
    "proxy": RECIPE,
    "target": {**RECIPE, "network": "vgg-like", "epochs": 4, "restart": {**AGAIN, "threshold": 0.9}},
    "agents": {"pairs": {"type": "random", "batch": 2}},
    "retrain": {"seeds": 1, "slots": SLOTS},
}
FILES = ("trials.jsonl", "finalists.csv")


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    root = tmp_path_factory.mktemp("recipes")
    params = tiny.study(root, **STUDY)
    search.run(params, "tiny", "pairs", 0, root)
    return root, params


def ledger(root: Path) -> list[dict[str, Any]]:
    return [dict(line) for line in read_jsonl(root / search_folder("tiny", "pairs", 0) / "trials.jsonl")]


def contents(root: Path) -> list[bytes]:
    return [(root / search_folder("tiny", "pairs", 0) / name).read_bytes() for name in FILES]


@pytest.fixture
def fresh(searched: tuple[Path, Params], tmp_path: Path) -> Path:
    shutil.copytree(searched[0] / "data", tmp_path / "data")
    return tmp_path


def test_the_ledger_says_what_was_begun_again_and_what_answers_one_class(searched: tuple[Path, Params]) -> None:
    root, params = searched
    trials, answers = ledger(root), answers_of(params, "tiny", root)
    task: Any = answers.task  # type: ignore[attr-defined]
    assert {trial["metrics"]["one_class"] for trial in trials} <= {0.0, 1.0}
    restarts = [trial.get("restarts", 0) for trial in trials]
    assert len(set(restarts)) > 1 and 0 not in [trial["restarts"] for trial in trials if "restarts" in trial]
    for trial, again in zip(trials, restarts, strict=True):
        whole = task.full_cost(trial["spec"])
        assert trial["flops"] == whole * trial["epochs"] // 5 <= task.most_cost(trial["spec"]) == whole * 7 // 5
        assert again <= trial["epochs"] - 1 and trial["samples"] == 96 * trial["epochs"]
    # Early stopping: some stopped before their last epoch.
    assert min(trial["epochs"] - again for trial, again in zip(trials, restarts, strict=True)) < 5


def test_no_search_costs_more_than_its_budget(searched: tuple[Path, Params]) -> None:
    """A child is trained only while it fits with all of its restarts; what it does not take is there for others."""
    root, params = searched
    folder, answers = root / search_folder("tiny", "pairs", 0), answers_of(params, "tiny", root)
    left, prices = explained(folder), answers.prices()
    assert prices.largest == prices.least == prices.place == prices.mean * 7 // 5
    epoch, finalists = prices.mean // 5, []
    with answers.evaluator(0, 1) as evaluator:  # out of the store
        for row in csv.DictReader((folder / "finalists.csv").read_text().splitlines()):
            asked = [Request(n, json.loads(row["spec"]), row["key"], n, "finalist") for n in range(2)]
            finalists += [result.outcome for _, result in evaluator.run(asked)]
    restarts = sum(outcome.restarts for outcome in finalists)
    assert left["unneeded_restarts"] == (4 * 2 - restarts) * epoch
    assert left["shorter_finalists"] == sum(5 + outcome.restarts - outcome.epochs for outcome in finalists) * epoch > 0


def test_any_number_of_workers_the_ledger_is_the_same(searched: tuple[Path, Params], fresh: Path) -> None:
    search.run(tiny.study(fresh, **STUDY, workers=2), "tiny", "pairs", 0, fresh)
    assert contents(fresh) == contents(searched[0])


def test_a_trial_is_repeated_from_its_seed(searched: tuple[Path, Params]) -> None:
    root, params = searched
    line = next(trial for trial in ledger(root) if trial.get("restarts"))
    again = answers_of(params, "tiny", root).again(line, 0, learned=False).to_json()
    assert again == {key: line[key] for key in again}


@pytest.fixture
def kills(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Checkpoints after every epoch, and a kill after so many epochs as the list's one number says."""
    original, left = loop.train_epoch, [0]

    def dies(*arguments: Any) -> Any:
        if left[0] == 0:
            raise Cut
        left[0] -= 1
        return original(*arguments)

    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(loop, "train_epoch", dies)
    return left


def test_killed_again_and_again_a_search_writes_the_same_bytes(
    searched: tuple[Path, Params], fresh: Path, kills: list[int]
) -> None:
    count = 0
    while True:
        kills[0] = 3
        try:
            search.run(searched[1], "tiny", "pairs", 0, fresh)
        except Cut:
            count += 1
            continue
        break
    assert contents(fresh) == contents(searched[0])
    assert count >= sum(trial["epochs"] for trial in ledger(fresh)) // 3


def test_retraining_and_ensembles_count_their_restarts_and_survive_kills(
    searched: tuple[Path, Params], fresh: Path, kills: list[int]
) -> None:
    root, params = searched
    select.run(params, "tiny", root)
    shutil.copytree(root / "results", fresh / "results")
    kills[0] = 10**6
    for slot in ("joined", "first-1"):
        retrain.run(params, "tiny", slot, root)
    for slot in ("joined", "first-1"):
        while True:
            kills[0] = 3
            try:
                retrain.run(params, "tiny", slot, fresh)
            except Cut:
                continue
            break
    for slot in ("joined", "first-1"):
        folder = artefacts.retrain_folder("tiny", slot)
        for name in ("curves.csv", "weights.pt", "model.json"):
            assert (root / folder / name).read_bytes() == (fresh / folder / name).read_bytes()
        found = read_json(root / folder / "metrics.json")
        assert found["runs"] == read_json(fresh / folder / "metrics.json")["runs"]
        assert all(0 <= run["test_one_class"] <= 1 for run in found["runs"])
    together = read_json(root / artefacts.retrain_folder("tiny", "joined") / "metrics.json")
    for seed, run in enumerate(together["runs"]):
        alone = [member["runs"][seed] for member in together["members"]]
        assert run.get("restarts", 0) == sum(one.get("restarts", 0) for one in alone)
        assert run["flops"] == sum(one["flops"] for one in alone)
    assert any(run.get("restarts") for run in together["runs"])


def test_a_trial_that_is_repeated_tells_its_restarts(
    searched: tuple[Path, Params], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlsearch.search.ready.check", lambda *_: None)
    root, params = searched
    line = next(trial for trial in ledger(root) if "restarts" in trial)
    comparison = rerun(params, "tiny", "pairs", 0, line["index"], root)
    assert comparison.equal and ("restarts", line["restarts"], line["restarts"]) in comparison.rows

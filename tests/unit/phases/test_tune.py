"""`retrain.tune`: every slot tries the same recipes on the training data and is retrained with its best one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import tiny
from children import Cut
from rlsearch import load_model
from rlsearch.config.models import Params
from rlsearch.config.recipes import recipes
from rlsearch.files import read_json
from rlsearch.phases import retrain
from rlsearch.report.study import StudyData
from rlsearch.report.tables import slots as slots_table
from rlsearch.search import tuning
from rlsearch.search.retraining import run_seed
from rlsearch.search.store import WORK, Store
from rlsearch.training import checkpoint, loop
from tuned_study import DROPOUTS, EPOCHS, TRAIN, VALIDATION, folder, made, ran, written


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    return ran(tmp_path_factory.mktemp("tuned"))


def test_all_recipes_are_tried_on_train_and_the_best_on_validation_is_taken(tuned: tuple[Path, Params]) -> None:
    metrics = read_json(folder(tuned[0]) / "metrics.json")
    (network,) = metrics["tuned"]
    assert [one["recipe"] for one in network["tries"]] == [
        {"optimizer.lr": lr, "network_options.dropout": dropout} for lr in (1e-6, 0.01) for dropout in DROPOUTS
    ]
    assert all(one["samples"] == EPOCHS * TRAIN for one in network["tries"])
    levels = [one["validation_accuracy"] for one in network["tries"]]
    assert network["chosen"] == levels.index(max(levels)) >= 2 and network["sound"]
    assert [run["samples"] for run in metrics["runs"]] == [EPOCHS * (TRAIN + VALIDATION)] * 2


def test_runs_are_those_of_a_target_that_has_the_chosen_recipe(tuned: tuple[Path, Params], tmp_path: Path) -> None:
    root, params = tuned
    (network,) = read_json(folder(root) / "metrics.json")["tuned"]
    best = recipes(params.studies["tiny"])[network["chosen"]].task
    plain = made(tmp_path, None, target=best.model_dump(mode="json"))
    retrain.run(plain, "tiny", "he", tmp_path)
    mine, its = written(root), written(tmp_path)
    assert mine["weights.pt"] == its["weights.pt"] and mine["curves.csv"] == its["curves.csv"]
    assert json.loads(mine["model.json"]) == json.loads(its["model.json"])
    assert json.loads(mine["metrics.json"])["runs"] == json.loads(its["metrics.json"])["runs"]
    assert load_model(folder(root)) is not None


def test_the_test_set_takes_no_part_in_the_choice(tuned: tuple[Path, Params], tmp_path: Path) -> None:
    params = made(tmp_path)
    tiny.write_split(tmp_path / "data/spots/test.npz", 32)
    retrain.run(params, "tiny", "he", tmp_path)
    one, other = (read_json(folder(root) / "metrics.json") for root in (tuned[0], tmp_path))
    assert one["tuned"] == other["tuned"] and one["runs"] != other["runs"]


def test_members_of_an_ensemble_have_the_recipes_of_slots_of_their_own(tuned: tuple[Path, Params]) -> None:
    alone, whole = (read_json(folder(tuned[0], slot) / "metrics.json") for slot in ("he", "together"))
    assert [network["key"] for network in whole["tuned"]] == ["k", "other"] and whole["tuned"][0] == alone["tuned"][0]
    assert [member["tuned"] for member in whole["members"]] == [[network] for network in whole["tuned"]]
    assert whole["members"][0]["runs"] == alone["runs"]
    model = read_json(folder(tuned[0], "together") / "model.json")
    places = [network["tries"][network["chosen"]]["recipe"] for network in whole["tuned"]]
    assert [one["dropout"] for one in model["members"]] == [place["network_options.dropout"] for place in places]


def test_killed_in_any_epoch_and_resumed_to_the_same_bytes(
    tuned: tuple[Path, Params], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params, original, left = made(tmp_path), loop.train_epoch, 0
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)

    def dies(*arguments: Any) -> Any:
        nonlocal left
        if left == 0:
            raise Cut
        left -= 1
        return original(*arguments)

    monkeypatch.setattr(loop, "train_epoch", dies)
    for _ in range(20):
        left = 1  # one epoch a life: 4 tries and 2 runs of 2 epochs each
        try:
            retrain.run(params, "tiny", "he", tmp_path)
            break
        except Cut:
            assert not folder(tmp_path).exists()
    assert written(tmp_path) == written(tuned[0])
    shutil.rmtree(folder(tmp_path))
    left = 0  # from the store alone
    retrain.run(params, "tiny", "he", tmp_path)
    assert written(tmp_path) == written(tuned[0])
    times = (folder(tmp_path) / "times.csv").read_text().splitlines()[1:]
    assert [line.rpartition(",")[2] for line in times] == ["1", "1"]


def test_tries_count_as_time_of_the_first_run(
    tuned: tuple[Path, Params], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, params = tuned
    shutil.copytree(root, tmp_path / "copy")
    for path in (tmp_path / "copy" / WORK / "retrain").rglob("*.json"):
        if "curve" not in path.read_text():
            path.unlink()
    retrain.run(params, "tiny", "he", tmp_path / "copy")
    times = (folder(tmp_path / "copy") / "times.csv").read_text().splitlines()[1:]
    assert [line.rpartition(",")[2] for line in times] == ["0", "1"]


@pytest.mark.parametrize("train_on", ["train", "train-and-validation"])
def test_the_validation_data_choose_also_where_runs_leave_them_out(train_on: str, tmp_path: Path) -> None:
    params = made(tmp_path, retrain={"train_on": train_on})
    retrain.run(params, "tiny", "he", tmp_path)
    metrics = read_json(folder(tmp_path) / "metrics.json")
    count = TRAIN + (VALIDATION if train_on != "train" else 0)
    assert {run["samples"] for run in metrics["runs"]} == {EPOCHS * count}
    assert {one["samples"] for one in metrics["tuned"][0]["tries"]} == {EPOCHS * TRAIN}


def test_a_try_that_diverged_is_not_chosen(tmp_path: Path) -> None:
    sgd = {**tiny.STUDY["target"], "optimizer": {"name": "sgd", "lr": 0.01}}
    retrain.run(made(tmp_path, {"lr": [1e8, 1e-3]}, target=sgd), "tiny", "he", tmp_path)
    (network,) = read_json(folder(tmp_path) / "metrics.json")["tuned"]
    assert [one["status"] for one in network["tries"]] == ["diverged", "ok"] and network["chosen"] == 1


def test_the_first_is_taken_and_told_where_none_ended_well(tmp_path: Path) -> None:
    sgd = {**tiny.STUDY["target"], "optimizer": {"name": "sgd", "lr": 0.01}}
    params = made(tmp_path, {"lr": [1e8, 1e9]}, target=sgd)
    retrain.run(params, "tiny", "he", tmp_path)
    (network,) = read_json(folder(tmp_path) / "metrics.json")["tuned"]
    assert (network["chosen"], network["sound"]) == (0, False)
    (row,) = slots_table.table(StudyData(params, "tiny", tmp_path)).rows
    assert row["recipe"] == "lr 100000000.0 (none of the tries ended well)"


def test_tries_have_a_seed_of_their_own(tuned: tuple[Path, Params], monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the seed on which a recipe was lucky would be one of those on which it is judged."""
    root, params = tuned
    seen: list[int] = []
    original = tuning._tried

    def noted(trial: tuning.Trial, chosen: Any, seed: int, store: Store) -> Any:
        seen.append(seed)
        return original(trial, chosen, seed, store)

    monkeypatch.setattr(tuning, "_tried", noted)
    retrain.run(params, "tiny", "he", root)
    assert len(seen) == 4 and len(set(seen)) == 1
    assert not set(seen) & {run_seed("tiny", params.studies["tiny"], "k", seed) for seed in range(2)}

"""Search, controls and retraining of a tiny study: the files, the costs, and that equal work gives equal bytes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from rlsearch.config.artefacts import controls_file, retrain_folder, search_folder, select_folder
from rlsearch.config.models import Params
from rlsearch.errors import RlsearchError, SearchStopped
from rlsearch.files import read_json, read_jsonl, write_atomic
from rlsearch.phases import controls, retrain, search
from rlsearch.search.store import WORK
from rlsearch.training import tries
from rlsearch.training.checkpoint import load_state


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    root = tmp_path_factory.mktemp("searched")
    params = tiny.study(root)
    for agent in ("reinforce", "random", "grid"):
        search.run(params, "tiny", agent, 0, root)
    return root, params


def ledger(root: Path, agent: str = "random") -> bytes:
    return (root / search_folder("tiny", agent, 0) / "trials.jsonl").read_bytes()


def test_ledger_and_summary(searched: tuple[Path, Params]) -> None:
    root, params = searched
    folder = root / search_folder("tiny", "random", 0)
    trials, summary = read_jsonl(folder / "trials.jsonl"), read_json(folder / "summary.json")
    assert [trial["index"] for trial in trials] == list(range(6)) and summary["trials"] == 6
    assert all(trial["reward"] == 10 * trial["metrics"]["accuracy"] for trial in trials)
    assert summary["cost"]["flops"] == sum(trial["flops"] for trial in trials)
    budget = params.studies["tiny"].search.budget * trials[0]["flops"]
    assert summary["cost"]["flops"] + summary["cost"]["finalist_flops"] == budget
    assert summary["answer"]["score_replicates"] == 2 and summary["bit_exact"] is True
    assert summary["answer"]["key"] in {trial["key"] for trial in trials}
    assert set(summary["provenance"]) >= {"settings", "data", "code", "versions", "device", "threads"}


def test_the_second_pass_of_a_grid_uses_other_seeds(searched: tuple[Path, Params]) -> None:
    trials = read_jsonl(searched[0] / search_folder("tiny", "grid", 0) / "trials.jsonl")
    assert [trial["replicate"] for trial in trials] == [0, 0, 0, 1, 1, 1]
    assert [t["key"] for t in trials[:3]] == [t["key"] for t in trials[3:]]
    assert [t["metrics"]["loss"] for t in trials[:3]] != [t["metrics"]["loss"] for t in trials[3:]]


@pytest.mark.parametrize("workers", [1, 2])
def test_no_journal_no_store_and_any_workers_the_ledger_is_the_same(
    workers: int, searched: tuple[Path, Params], tmp_path: Path
) -> None:
    search.run(tiny.study(tmp_path, workers=workers), "tiny", "random", 0, tmp_path)
    assert ledger(tmp_path) == ledger(searched[0])


def test_batches_through_a_pool(tmp_path: Path) -> None:
    for workers, root in ((1, tmp_path / "one"), (2, tmp_path / "two")):
        search.run(tiny.study(root, workers=workers), "tiny", "pairs", 0, root)
    assert ledger(tmp_path / "one", "pairs") == ledger(tmp_path / "two", "pairs")


def test_from_the_store_alone_no_child_is_trained(
    searched: tuple[Path, Params], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(searched[0], tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / WORK / "search")
    shutil.rmtree(tmp_path / "copy" / "results")
    monkeypatch.setattr(tries, "fit", _never)
    search.run(searched[1], "tiny", "random", 0, tmp_path / "copy")
    assert ledger(tmp_path / "copy") == ledger(searched[0])


def _never(*_: Any, **__: Any) -> None:
    raise AssertionError("a stored child was trained again")


def test_a_diverging_child_earns_the_failure_reward_and_the_search_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, count = tries.fit, 0

    def sometimes(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        done = original(*args, **kwargs)
        done.diverged = count == 2
        return done

    monkeypatch.setattr(tries, "fit", sometimes)
    search.run(tiny.study(tmp_path), "tiny", "random", 0, tmp_path)
    trials = read_jsonl(tmp_path / search_folder("tiny", "random", 0) / "trials.jsonl")
    assert (trials[1]["status"], trials[1]["reward"]) == ("diverged", -2.0)
    assert [trial["status"] for trial in trials].count("ok") == len(trials) - 1


def test_failing_children_are_recorded_and_stop_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("no such kernel")

    monkeypatch.setattr(tries, "fit", breaks)
    with pytest.raises(SearchStopped, match="5 of 5 children failed"):
        search.run(tiny.study(tmp_path), "tiny", "random", 0, tmp_path)
    (journal,) = (tmp_path / WORK / "search").rglob("journal.jsonl")
    statuses = [line["outcome"]["status"] for line in read_jsonl(journal) if line["kind"] == "trial"]
    assert statuses == ["failed"] * 5


def test_out_of_memory_is_tried_once_more_and_never_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, count = tries.fit, 0

    def first_time_only(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        if count == 1:
            raise torch.OutOfMemoryError("no room")
        return original(*args, **kwargs)

    monkeypatch.setattr(tries, "fit", first_time_only)
    search.run(tiny.study(tmp_path / "a"), "tiny", "random", 0, tmp_path / "a")
    assert b'"failed"' not in ledger(tmp_path / "a")

    def always(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(tries, "fit", always)
    with pytest.raises(RlsearchError, match="lost twice"):
        search.run(tiny.study(tmp_path / "b"), "tiny", "random", 0, tmp_path / "b")


@pytest.mark.parametrize("agent", ["reinforce", "grid"])
def test_controls(agent: str, searched: tuple[Path, Params]) -> None:
    root, params = searched
    controls.run(params, "tiny", agent, root)
    written = (root / controls_file("tiny", agent)).read_bytes()
    found = json.loads(written)
    control = params.studies["tiny"].controls
    for null in ("null_constant", "null_heteroscedastic"):
        assert len(found[null]["last_sd"]) == control.runs
        assert len(found[null]["example"]) == control.episodes
    assert found["prefix"] == 6 and len(found["noise"]["sd"]) == control.actions
    assert found["planted"]["chance"] == pytest.approx(1 / 7)
    assert (found["permuted_labels"] is None) == (agent == "grid")
    controls.run(params, "tiny", agent, root)
    assert (root / controls_file("tiny", agent)).read_bytes() == written


def slot_file(root: Path, slot: str, **fields: Any) -> None:
    whole = {"slot": slot, "status": "filled", "reason": None, "label": "s = 1", "key": "k", **fields}
    write_atomic(root / select_folder("tiny") / f"{slot}.json", json.dumps(whole))


def test_retraining_is_repeatable_and_measured_on_test(tmp_path: Path) -> None:
    params = tiny.study(tmp_path)
    slot_file(tmp_path, "he", spec={"init": {"scheme": "scaled-normal", "scale": 1.0}})
    retrain.run(params, "tiny", "he", tmp_path)
    folder = tmp_path / retrain_folder("tiny", "he")
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    metrics = json.loads(first["metrics.json"])
    assert [run["seed"] for run in metrics["runs"]] == [0, 1, 2]
    assert all(run["samples"] == 2 * (96 + 64) for run in metrics["runs"])
    curves = first["curves.csv"].decode().splitlines()
    assert curves[0] == "seed,epoch,train_loss,train_accuracy" and len(curves) == 1 + 3 * 2
    assert "weight" in " ".join(load_state(folder / "weights.pt"))
    shutil.rmtree(tmp_path / WORK)
    shutil.rmtree(folder)
    retrain.run(params, "tiny", "he", tmp_path)
    again = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {n: b for n, b in again.items() if n != "times.csv"} == {n: b for n, b in first.items() if n != "times.csv"}


def test_an_empty_slot_stays_empty_with_its_reason(tmp_path: Path) -> None:
    slot_file(tmp_path, "he", status="empty", reason="no trial was ok", spec=None, key=None, label=None)
    retrain.run(tiny.study(tmp_path), "tiny", "he", tmp_path)
    folder = tmp_path / retrain_folder("tiny", "he")
    metrics = read_json(folder / "metrics.json")
    assert (metrics["status"], metrics["reason"], metrics["runs"]) == ("empty", "no trial was ok", [])
    assert (folder / "curves.csv").read_text().count("\n") == 1 and load_state(folder / "weights.pt") == {}


def test_a_validation_set_that_is_the_test_set_is_not_trained_on(tmp_path: Path) -> None:
    params = tiny.study(tmp_path)
    entry = params.datasets["spots"].model_copy(update={"validation": "published-test"})
    params = params.model_copy(update={"datasets": {"spots": entry}})
    slot_file(tmp_path, "he", spec={"init": {"scheme": "scaled-normal", "scale": 1.0}})
    retrain.run(params, "tiny", "he", tmp_path)
    metrics = read_json(tmp_path / retrain_folder("tiny", "he") / "metrics.json")
    assert all(run["samples"] == 2 * 96 for run in metrics["runs"])


def test_a_missing_gpu_is_one_clear_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    params = tiny.study(tmp_path)
    params = params.model_copy(update={"runtime": params.runtime.model_copy(update={"device": "cuda"})})
    with pytest.raises(RlsearchError, match="torch finds no CUDA device"):
        search.run(params, "tiny", "random", 0, tmp_path)

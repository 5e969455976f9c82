"""`train_on: train`: retraining on the training data alone, which files it reads, and what else knows of it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

import tiny
from rlsearch import checks
from rlsearch.config import artefacts
from rlsearch.config.asked import Asked
from rlsearch.config.models import Params
from rlsearch.config.retraining_files import retraining_files
from rlsearch.data.kinds.base import Form
from rlsearch.data.kinds.images import KIND as IMAGES
from rlsearch.errors import SettingsError
from rlsearch.evidence import standing
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.overview import transfers
from rlsearch.overview.measured import MeasuredStudy
from rlsearch.overview.sizes import Sizes
from rlsearch.phases import retrain, transfer
from rlsearch.report.sections import target
from rlsearch.report.study import StudyData
from rlsearch.report.tables import transfers as transfer_table
from rlsearch.search.retraining import Retraining
from rlsearch.spaces._making import space_of

SPEC: dict[str, Any] = {"init": {"scheme": "scaled-normal", "scale": 1.0}}
OTHER = {"init": {"scheme": "scaled-normal", "scale": 1.5}}
MEMBERS = {"members": [{"key": key, "label": key, "spec": spec} for key, spec in (("k", SPEC), ("other", OTHER))]}
ALONE = {"seeds": 1, "train_on": "train"}
TOGETHER = {"type": "ensemble", "agent": "random", "count": 2}
TASK = {**tiny.TASK, "epochs": 2}
CONTROLS = {**tiny.STUDY["controls"], "agents": [], "permuted_labels": False}
EPOCHS, TRAIN, VALIDATION = 2, 96, 64
"""Of the tiny study: epochs of its target, images of its parts."""
SIZE = Sizes(IMAGES, Form((1, 8, 8), 4), TRAIN, VALIDATION, 64, True)


def made(root: Path, **retraining: Any) -> Params:
    """Return a tiny study with all kinds of slots, filled as if searches had ended."""
    entry = {"seeds": 1, "slots": {"together": TOGETHER}, **retraining}
    params = tiny.study(root, retrain=entry, fidelity={"agent": "grid", "seeds": 1})
    for slot in artefacts.slots(params.studies["tiny"]):
        chosen = {"status": "filled", "reason": None, "label": slot.name, "key": "k", "spec": SPEC, "proxy": None}
        chosen |= {"spec": MEMBERS, "key": "both"} if slot.networks > 1 else {}
        write_atomic(root / artefacts.select_folder("tiny") / f"{slot.name}.json", pretty_json(chosen))
    return params


def written(root: Path, slot: str) -> dict[str, bytes]:
    folder = root / artefacts.retrain_folder("tiny", slot)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "times.csv"}


@pytest.mark.parametrize(("slot", "networks"), [("best-random", 1), ("he", 1), ("together", 2), ("grid", 1)])
def test_every_kind_of_slot_is_trained_without_the_validation_data(slot: str, networks: int, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("all", "alone", "other-validation")]
    studies = [made(folders[0]), made(folders[1], train_on="train"), made(folders[2], train_on="train")]
    names = [one.name for one in artefacts.slots(studies[0].studies["tiny"])]
    slot = next(name for name in names if name.startswith(slot))
    tiny.write_split(folders[2] / "data/spots/validation.npz", 32)
    samples = []
    for folder, params in zip(folders, studies, strict=True):
        retrain.run(params, "tiny", slot, folder)
        (run,) = read_json(folder / artefacts.retrain_folder("tiny", slot) / "metrics.json")["runs"]
        samples.append(run["samples"])
    assert samples == [networks * EPOCHS * count for count in (TRAIN + VALIDATION, TRAIN, TRAIN)]
    whole, alone, other = (written(folder, slot) for folder in folders)
    assert alone == other and alone["weights.pt"] != whole["weights.pt"]


def test_the_default_is_left_out_of_what_jobs_depend_on(tmp_path: Path) -> None:
    plain, alone = made(tmp_path), made(tmp_path, train_on="train")
    same = made(tmp_path, train_on="train-and-validation")
    assert "train_on" not in plain.studies["tiny"].retraining.model_dump() and same == plain
    for slot in artefacts.slots(plain.studies["tiny"]):
        before, after = (Asked(one).settings("retrain", study="tiny", slot=slot) for one in (plain, alone))
        assert after == {**before, "studies.tiny.retrain.train_on": "train"}
        assert list(before) == [
            "studies.tiny.dataset",
            "studies.tiny.target",
            f"studies.tiny.{slot.seeds_in}",
            "runtime.device",
            "runtime.child_threads",
        ]
    for agent in ("random", "grid"):
        assert Asked(plain).digest("search", "tiny", agent=agent) == Asked(alone).digest("search", "tiny", agent=agent)
    assert Asked(plain).digest("select", "tiny") == Asked(alone).digest("select", "tiny")


def test_what_was_trained_on_other_parts_is_foreign(tmp_path: Path) -> None:
    plain, alone = made(tmp_path), made(tmp_path, train_on="train")
    retrain.run(plain, "tiny", "he", tmp_path)
    assert standing.foreign(plain, tmp_path) == []
    assert standing.foreign(alone, tmp_path) == [artefacts.retrain_folder("tiny", "he") / "metrics.json"]
    assert Retraining(plain, "tiny", tmp_path).identity != Retraining(alone, "tiny", tmp_path).identity


def test_runs_that_are_measured_on_the_way_still_look_at_the_validation_data(tmp_path: Path) -> None:
    """They train on the training data alone in any case; without the others, they would look at the test set."""
    plain, alone = (tiny.study(tmp_path, **tiny.CONTROL, retrain=entry) for entry in ({"seeds": 1}, ALONE))
    one, other = Retraining(plain, "tiny", tmp_path), Retraining(alone, "tiny", tmp_path)
    assert one.identity == other.identity
    task = other._task
    assert [path.name for path in (*task.train, task.measure, task.test or Path())] == [
        "train.npz",
        "validation.npz",
        "test.npz",
    ]


def test_a_validation_part_that_is_the_test_set_is_left_out_either_way(tmp_path: Path) -> None:
    for params in (made(tmp_path), made(tmp_path, train_on="train")):
        entry = params.datasets["spots"].model_copy(update={"validation": "published-test"})
        published = params.model_copy(update={"datasets": {"spots": entry}})
        assert [path.name for path in retraining_files(published, "tiny")] == ["train.npz", "test.npz"]


MOVED = {"study": "tiny", "slots": ["he"], "dataset": "corners", "task": TASK, "seeds": 1}


def moved(root: Path, of_study: str, **changes: Any) -> Params:
    """Return a study with a transfer whose data lie below `root`."""
    for dataset in ("spots", "corners"):
        for name, count in (("train", 64), ("validation", 32), ("test", 32)):
            tiny.write_split(root / "data" / dataset / f"{name}.npz", count + 32 * (dataset == "corners"))
    chosen = {"status": "ok", "reason": None, "label": "he", "key": "k", "spec": SPEC, "slot": "he", "proxy": None}
    write_atomic(root / artefacts.select_folder("tiny") / "he.json", pretty_json(chosen))
    own = {"source": "npz", "path": "mine.npz"}
    study = {**copy.deepcopy(tiny.STUDY), "target": TASK, "retrain": {"seeds": 1, "train_on": of_study}}
    raw = {"preset": "test", "datasets": {"spots": own, "corners": {**own, "path": "other.npz"}}, "runtime": {}}
    return checks.validate({**raw, "studies": {"tiny": study}, "transfers": {"moved": {**MOVED, **changes}}})


@pytest.mark.parametrize("of_study", ["train", "train-and-validation"])
@pytest.mark.parametrize(("changes", "count"), [({"train_on": "train"}, 96), ({}, 96 + 64)])
def test_a_transfer_says_for_itself_what_it_trains_on(
    of_study: str, changes: dict[str, Any], count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = moved(tmp_path, of_study, **changes)
    monkeypatch.setattr("rlsearch.search.ready.fetched", lambda *_: True)
    transfer.run(params, "moved", "he", tmp_path)
    path = artefacts.transfer_folder("moved", "he") / "metrics.json"
    (run,) = read_json(tmp_path / path)["runs"]
    assert run["samples"] == 2 * count
    assert transfers.states(params, tmp_path)[0].done == 1 and standing.foreign(params, tmp_path) == []
    other = moved(tmp_path, of_study, **({} if changes else {"train_on": "train"}))
    assert transfers.states(other, tmp_path)[0].done == 0 and standing.foreign(other, tmp_path) == [path]
    cost = transfers.measured(params, "moved", {"corners": SIZE}, params.runtime)
    assert cost.work.flops == pytest.approx(run["flops"])
    note = transfer_table.table(StudyData(params, "tiny", tmp_path)).note
    assert ("Trained on the training images alone, as `train_on: train` has it: moved." in note) == bool(changes)


@pytest.mark.parametrize(("entry", "samples"), [({"seeds": 1}, TRAIN + VALIDATION), (ALONE, TRAIN)])
def test_the_plan_counts_what_is_trained_on(entry: dict[str, Any], samples: int, tmp_path: Path) -> None:
    params = made(tmp_path, **entry)
    retrain.run(params, "tiny", "he", tmp_path)
    (run,) = read_json(tmp_path / artefacts.retrain_folder("tiny", "he") / "metrics.json")["runs"]
    planned = MeasuredStudy(params, "tiny", {"spots": SIZE}, params.runtime, 1).target
    assert planned is not None and planned.flops == run["flops"] and run["samples"] == EPOCHS * samples


def test_the_plan_counts_the_training_data_alone_where_runs_are_measured_on_the_others(tmp_path: Path) -> None:
    sweep = {"space": {"type": "sgd-sweep", "steps": 2}, "agents": {"random": {"type": "random"}}, "baselines": []}
    params = tiny.study(tmp_path, **sweep, proxy=TASK, target=TASK, retrain={"seeds": 1}, controls=CONTROLS)
    spec = space_of(params.studies["tiny"].space).decode((0, 0))
    record, _ = Retraining(params, "tiny", tmp_path).run({"key": "k", "spec": spec}, 0)
    planned = MeasuredStudy(params, "tiny", {"spots": SIZE}, params.runtime, 1).target
    assert record["outcome"]["samples"] == EPOCHS * TRAIN
    assert planned is not None and planned.flops == record["outcome"]["flops"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (ALONE, "on the training images alone, beside the baselines: as `train_on: train` has it, the validation"),
        ({"seeds": 1}, "on training and validation images together, beside the baselines."),
    ],
)
def test_the_report_says_on_which_data(entry: dict[str, Any], said: str, tmp_path: Path) -> None:
    text = target.introduction(StudyData(made(tmp_path, **entry), "tiny", tmp_path))
    assert said in text and text.endswith("The test set is measured once, at the end.")


def test_another_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="train_on.*test") as caught:
        made(tmp_path, train_on="test")
    assert "train-and-validation" in str(caught.value)

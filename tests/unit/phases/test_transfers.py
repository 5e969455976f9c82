"""Transfers: what a study selected, trained with another task on another dataset."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from rlsearch import checks
from rlsearch.config import artefacts, task_models
from rlsearch.config.models import Params
from rlsearch.data.kinds.base import Form
from rlsearch.data.kinds.images import KIND as IMAGES
from rlsearch.errors import DataError, RlsearchError, SettingsError
from rlsearch.evidence import mixture, standing
from rlsearch.files import file_sha256, pretty_json, read_json, write_atomic
from rlsearch.measures import ACCURACY, PERPLEXITY
from rlsearch.overview import plan, transfers
from rlsearch.overview.sizes import Sizes
from rlsearch.overview.start import StartedJob
from rlsearch.phases import retrain, transfer
from rlsearch.report import study
from rlsearch.report.tables import transfers as transfer_table
from rlsearch.search.store import WORK

SPEC = {"init": {"scheme": "scaled-normal", "scale": 1.25}}
TASK = {**tiny.TASK, "epochs": 2, "inputs": "unit"}
MOVED = {"study": "tiny", "slots": ["he"], "dataset": "corners", "task": TASK, "seeds": 2}


def settings(**changes: Any) -> dict[str, Any]:
    own = {"source": "npz", "path": "mine.npz"}
    return {
        "preset": "test",
        "datasets": {"spots": own, "corners": {**own, "path": "other.npz"}},
        "runtime": {},
        "studies": {"tiny": {**copy.deepcopy(tiny.STUDY), "target": TASK}},
        "transfers": {"moved": {**MOVED, **changes}},
    }


def made(root: Path, **changes: Any) -> Params:
    """Write both datasets and what the study selected; `he` is the one slot that is needed."""
    for dataset in ("spots", "corners"):
        for name, count in (("train", 64), ("validation", 32), ("test", 32)):
            tiny.write_split(root / "data" / dataset / f"{name}.npz", count + 32 * (dataset == "corners"))
    chosen = {"status": "ok", "spec": SPEC, "key": "k", "label": "he", "slot": "he", "reason": None, "proxy": None}
    write_atomic(root / artefacts.select_folder("tiny") / "he.json", pretty_json(chosen))
    return checks.validate(settings(**changes))


def state(folder: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = torch.load(folder / "weights.pt", weights_only=True)
    return found


def test_a_transfer_trains_the_candidate_on_its_own_data_with_its_own_seeds(tmp_path: Path) -> None:
    params = made(tmp_path)
    transfer.run(params, "moved", "he", tmp_path)
    folder = tmp_path / artefacts.transfer_folder("moved", "he")
    assert {path.name for path in folder.iterdir()} == set(artefacts.RETRAIN_FILES)
    found = read_json(folder / "metrics.json")
    assert [run["samples"] for run in found["runs"]] == [2 * (96 + 64)] * 2  # train and validation of `corners`
    assert found["spec"] == SPEC and found["study"] == "moved"
    retrain.run(params, "tiny", "he", tmp_path)
    own = read_json(tmp_path / artefacts.retrain_folder("tiny", "he") / "metrics.json")
    assert own["runs"] != found["runs"]


def test_more_of_the_same_data_is_tested_on_what_no_search_has_seen(tmp_path: Path) -> None:
    params = made(tmp_path)
    # As the settings have it, `corners` is `spots` with other cuts of the training data.
    own = params.datasets["spots"]
    data = {"spots": own.model_copy(update={"train_size": 48}), "corners": own.model_copy(update={"split_seed": 1})}
    params = params.model_copy(update={"datasets": data})
    folder = tmp_path / artefacts.transfer_folder("moved", "he")
    with pytest.raises(DataError, match="spots and corners have the same samples .* and other test sets") as caught:
        transfer.run(params, "moved", "he", tmp_path)
    assert "remove data/spots and data/corners" in str(caught.value) and not folder.exists()
    files = [tmp_path / "data" / name / "test.npz" for name in ("spots", "corners")]
    files[1].write_bytes(files[0].read_bytes())
    transfer.run(params, "moved", "he", tmp_path)
    assert read_json(folder / "metrics.json")["runs"]
    files[0].unlink()
    with pytest.raises(DataError, match="is tested on what study tiny holds out, and that is not there"):
        transfer.run(params, "moved", "he", tmp_path)


def test_weights_of_the_source_are_where_training_begins(tmp_path: Path) -> None:
    params = made(tmp_path, weights="source", task={**TASK, "optimizer": {"lr": 1e-9}})
    with pytest.raises((RlsearchError, OSError)):
        transfer.run(params, "moved", "he", tmp_path)
    retrain.run(params, "tiny", "he", tmp_path)
    transfer.run(params, "moved", "he", tmp_path)
    before, after = (state(tmp_path / f) for f in (artefacts.retrain_folder("tiny", "he"), "results/transfer/moved/he"))
    assert all(torch.allclose(after[key], before[key], atol=1e-6) for key in before)


def test_plan_and_status_know_transfers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = made(tmp_path)
    monkeypatch.setattr("rlsearch.search.ready.fetched", lambda *_: True)

    def counts() -> list[tuple[str, str, int, int]]:
        return [(one.study, one.phase, one.done, one.planned) for one in transfers.states(params, tmp_path)]

    assert counts() == [("moved", "transfer", 0, 1)]
    transfer.run(params, "moved", "he", tmp_path)
    assert counts() == [("moved", "transfer", 1, 1)]
    params = checks.validate(settings(seeds=3))
    assert counts() == [("moved", "transfer", 0, 1)]


@pytest.mark.parametrize(
    ("changes", "stands"),
    [
        ({"weights": "source"}, False),
        ({"study": "other"}, False),
        ({"task": {**TASK, "epochs": 3}}, False),
        ({"seeds": 3}, False),
        ({"slots": ["he", "best-random"]}, True),
        ({}, True),
    ],
    ids=lambda value: "-".join(value) or "none" if isinstance(value, dict) else "",
)
def test_a_transfer_of_other_settings_is_told(changes: dict[str, Any], stands: bool, tmp_path: Path) -> None:
    transfer.run(made(tmp_path), "moved", "he", tmp_path)
    raw = settings(**changes)
    raw["studies"]["other"] = copy.deepcopy(raw["studies"]["tiny"])
    found = standing.foreign(checks.validate(raw), tmp_path)
    assert found == ([] if stands else [artefacts.transfer_folder("moved", "he") / "metrics.json"])


def test_a_transfer_from_other_data_or_weights_is_told(tmp_path: Path) -> None:
    params = made(tmp_path, weights="source")
    retrain.run(params, "tiny", "he", tmp_path)
    transfer.run(params, "moved", "he", tmp_path)
    home, path = tmp_path / "data/corners", artefacts.transfer_folder("moved", "he") / "metrics.json"
    sums = {file.name: file_sha256(file) for file in home.glob("*.npz")}
    for name in ("", *sums):
        said = {"sha256": {**sums, **({name: "0"} if name else {})}}
        write_atomic(home / "manifest.json", pretty_json(said))
        assert standing.foreign(params, tmp_path) == ([path] if name else [])
    write_atomic(home / "manifest.json", pretty_json({"sha256": sums}))
    (tmp_path / artefacts.retrain_folder("tiny", "he") / "weights.pt").write_bytes(b"other")
    assert standing.foreign(params, tmp_path) == [path]
    with pytest.raises(RlsearchError, match="is not the file that model.json was written for"):
        transfer.run(params, "moved", "he", tmp_path)


def test_a_transfer_of_another_candidate_is_told(tmp_path: Path) -> None:
    params = made(tmp_path)
    transfer.run(params, "moved", "he", tmp_path)
    assert mixture.mixed(params, tmp_path) == []
    slot = tmp_path / artefacts.select_folder("tiny") / "he.json"
    write_atomic(slot, pretty_json({**read_json(slot), "key": "another"}))
    assert mixture.mixed(params, tmp_path) == [artefacts.transfer_folder("moved", "he") / "metrics.json"]


def test_the_plan_counts_the_weights_of_a_transfer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = made(tmp_path)
    form = Form((1, 8, 8), 4)
    data = {name: Sizes(IMAGES, form, count, count, count, True) for name, count in (("spots", 64), ("corners", 96))}
    monkeypatch.setattr(plan, "sizes", lambda params, name, root: data[name])
    monkeypatch.setattr(plan, "raw_bytes", lambda *_: (0, 0))
    monkeypatch.setattr(StartedJob, "CODE", "print(0.0, 0.0)")
    alone = params.model_copy(update={"transfers": {}})
    (before, after) = (plan.plan(one, tmp_path, 1).disk for one in (alone, params))
    transfer.run(params, "moved", "he", tmp_path)
    (kept,) = (path.stat().st_size for path in (tmp_path / "results/transfer").rglob("weights.pt"))
    stored = sum(path.stat().st_size for path in (tmp_path / WORK / "retrain").rglob("*.pt"))
    assert after["weights"] - before["weights"] == pytest.approx(kept, rel=0.1)
    assert after["work store"] - before["work store"] == pytest.approx(stored + 2 * 4096, rel=0.1)


def test_the_report_has_a_row_for_each_slot_of_a_transfer(tmp_path: Path) -> None:
    params = made(tmp_path)
    assert study.StudyData(params, "tiny", tmp_path).missing.count("results/transfer/moved/he/metrics.json") == 1
    transfer.run(params, "moved", "he", tmp_path)
    table = transfer_table.table(study.StudyData(params, "tiny", tmp_path))
    (row,) = table.rows
    found = read_json(tmp_path / "results/transfer/moved/he/metrics.json")
    assert (row["transfer"], row["slot"], row["dataset"], row["weights"]) == ("moved", "he", "corners", "none")
    assert row["runs"] == 2 and row["test_accuracy"] == found["mean_test_accuracy"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"study": "tinny"}, "transfers.moved.study = 'tinny'"),
        ({"slots": ["hee"]}, "transfers.moved.slots[0] = 'hee'"),
        ({"dataset": "corner"}, "transfers.moved.dataset = 'corner'"),
        ({"task": {**TASK, "network": "simple-cn"}}, "transfers.moved.task.network"),
        ({"task": {**TASK, "augment": ["flip"]}}, "transfers.moved.task.augment[0] = 'flip'"),
        ({"slots": []}, "transfers.moved.slots"),
        ({"weight": "source"}, "did you mean 'weights'"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        checks.validate(settings(**changes))
    assert said in str(caught.value)


def test_a_transfer_is_measured_as_its_study_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_models, "_measure", lambda network: PERPLEXITY if network == "vgg-like" else ACCURACY)
    with pytest.raises(SettingsError) as caught:
        checks.validate(settings(task={**TASK, "network": "vgg-like"}))
    said = " ".join(str(caught.value).split())
    assert "transfers.moved.task.network = 'vgg-like'" in said
    assert "is measured by perplexity; what is transferred, by accuracy" in said


def test_the_networks_of_an_ensemble_begin_anew() -> None:
    raw = settings(slots=["joined"])
    raw["studies"]["tiny"]["retrain"]["slots"] = {"joined": {"type": "ensemble", "agent": "random", "count": 2}}
    assert checks.validate(raw).transfers["moved"].slots == ("joined",)
    raw["transfers"]["moved"]["weights"] = "source"
    with pytest.raises(SettingsError, match="holds 2 networks, which can only start from new weights"):
        checks.validate(raw)


def test_a_transfer_is_not_called_as_a_study() -> None:
    raw = settings()
    raw["transfers"] = {"tiny": raw["transfers"]["moved"]}
    with pytest.raises(SettingsError, match="must not have the name of a study"):
        checks.validate(raw)


def test_a_dataset_that_only_a_transfer_uses_is_used() -> None:
    assert set(checks.validate(settings()).datasets) == {"spots", "corners"}

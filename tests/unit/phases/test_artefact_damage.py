"""What each kind of file does with damage: work that can be done again is done again, an artefact is one message."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from rlsearch.config.artefacts import retrain_folder, search_folder, select_folder
from rlsearch.config.models import Params
from rlsearch.data.images.tensors import Split, load_split
from rlsearch.errors import RlsearchError
from rlsearch.evidence import tables
from rlsearch.files import read_jsonl, write_atomic
from rlsearch.measures import ACCURACY
from rlsearch.phases import retrain, search, select
from rlsearch.search.store import WORK, OutcomeStore
from rlsearch.training import evaluate as evaluation
from rlsearch.training.checkpoint import keep_state, kept_state
from rlsearch.training.outcome import Outcome


def damages(whole: bytes) -> list[bytes]:
    """Return every truncation, every flipped bit (one a byte) and every tail of zeros."""
    flipped = [whole[:i] + bytes([whole[i] ^ 1 << i % 8]) + whole[i + 1 :] for i in range(len(whole))]
    return flipped + [whole[:i] for i in range(len(whole))] + [whole[:i] + bytes(len(whole) - i) for i in range(90)]


def test_a_stored_outcome_is_whole_or_missing(tmp_path: Path) -> None:
    store = OutcomeStore(tmp_path)
    store.put("ab12", Outcome("ok", {"accuracy": 0.5, "loss": 1.25}, 1, 96, 12345))
    path = store.path("ab12")
    assert store.get("ab12") is not None
    for damaged in damages(path.read_bytes()):
        path.write_bytes(damaged)
        assert store.get("ab12") is None


def test_a_checkpoint_is_whole_or_missing(tmp_path: Path) -> None:
    path = tmp_path / "child.pt"
    keep_state(path, {"weights": torch.arange(6.0)})
    whole = path.read_bytes()
    assert torch.equal(kept_state(path)["weights"], torch.arange(6.0))
    for damaged in damages(whole)[:: max(1, len(whole) // 200)]:
        path.write_bytes(damaged)
        assert kept_state(path) is None


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    """Return a study that was searched, selected and retrained."""
    root = tmp_path_factory.mktemp("project")
    params = tiny.study(root, agents={"random": {"type": "random"}}, retrain={"seeds": 2})
    search.run(params, "tiny", "random", 0, root)
    select.run(params, "tiny", root)
    retrain.run(params, "tiny", "he", root)
    return root, params


def test_damaged_weights_in_the_store_are_trained_again(
    project: tuple[Path, Params], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(project[0], root)
    weights = retrain_folder("tiny", "he") / "weights.pt"
    before = (root / weights).read_bytes()
    for path in (root / WORK / "retrain").rglob("*.pt"):
        content = path.read_bytes()
        path.write_bytes(content[:-900] + bytes([content[-900] ^ 1]) + content[-899:])
    trained, train = [], evaluation.train
    monkeypatch.setattr(evaluation, "train", lambda *a, **k: (trained.append(a), train(*a, **k))[1])
    retrain.run(project[1], "tiny", "he", root)
    assert len(trained) == 1 and (root / weights).read_bytes() == before


SEARCH, SELECTED, RETRAINED = search_folder("tiny", "random", 0), select_folder("tiny"), retrain_folder("tiny", "he")
READERS: dict[str, tuple[Path, Any]] = {
    "trials.jsonl": (SEARCH / "trials.jsonl", read_jsonl),
    "summary.json": (SEARCH / "summary.json", tables.summary),
    "times.csv": (SEARCH / "times.csv", tables.rows),
    "a slot": (SELECTED / "he.json", tables.slot),
    "searches.csv": (SELECTED / "searches.csv", lambda path: tables.searches(path, ACCURACY)),
    "metrics.json": (RETRAINED / "metrics.json", tables.retraining),
    "curves.csv": (RETRAINED / "curves.csv", tables.rows),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("damage", ["torn", "zeros", "garbage"])
def test_a_damaged_artefact_is_one_message_with_its_path(
    name: str, damage: str, project: tuple[Path, Params], tmp_path: Path
) -> None:
    path, read = READERS[name]
    root = tmp_path / "copy"
    shutil.copytree(project[0], root)
    whole = (root / path).read_bytes()
    read(root / path)
    size = len(whole)
    made = {"torn": whole[: size - 3], "zeros": whole[: size // 2] + bytes(size - size // 2), "garbage": b"\xff{[,\n"}
    (root / path).write_bytes(made[damage])
    with pytest.raises(RlsearchError, match="damaged") as caught:
        read(root / path)
    assert str(root / path) in str(caught.value)


@pytest.mark.parametrize(("name", "key"), [("summary.json", "answer"), ("a slot", "spec"), ("metrics.json", "runs")])
def test_an_artefact_without_a_key_is_the_same_message(
    name: str, key: str, project: tuple[Path, Params], tmp_path: Path
) -> None:
    path, read = READERS[name]
    whole = json.loads((project[0] / path).read_bytes())
    write_atomic(tmp_path / path, json.dumps({k: v for k, v in whole.items() if k != key}))
    with pytest.raises(RlsearchError, match=f"damaged: it has no {key}"):
        read(tmp_path / path)


def test_a_damaged_split_is_the_same_split_or_an_error(tmp_path: Path) -> None:
    path = tmp_path / "train.npz"
    tiny.write_split(path, 8)
    whole, before = path.read_bytes(), load_split(path)
    refused = 0
    for damaged in damages(whole):
        path.write_bytes(damaged)
        try:
            found = load_split(path)
        except RlsearchError:
            refused += 1
            continue
        assert same(found, before)
    assert refused > len(whole)


def same(found: Split, before: Split) -> bool:
    equal = torch.equal(found.images, before.images) and torch.equal(found.labels, before.labels)
    return equal and found.classes == before.classes

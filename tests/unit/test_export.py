"""A retrained network leaves the project: what model.json says, loading it, copying it, and ONNX."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import torch

import cli_project
import rlsearch
import tiny
from rlsearch import export
from rlsearch.config.artefacts import retrain_folder, select_folder
from rlsearch.data.images.tensors import load_split, scale
from rlsearch.data.kinds.images import PIXELS
from rlsearch.errors import RlsearchError
from rlsearch.files import file_sha256, read_json, write_atomic
from rlsearch.phases import retrain
from rlsearch.training.checkpoint import load_state

NETWORK = {"layers": "C(4,3,1) - P(2,2) - GAP()", "first": "same", "pools": "valid"}
TARGET = {
    "network": "metaqnn", "network_options": {"dropout": False}, "epochs": 1, "batch_size": 32, "inputs": "unit",
}  # fmt: skip
STUDY: dict[str, Any] = {
    "space": {"type": "metaqnn", "size": 8, "depth": 3},
    "proxy": {**tiny.TASK, "network": "metaqnn"},
    "target": TARGET,
    "agents": {"random": {"type": "random"}},
    "baselines": ["hand-made"],
}


def slot(root: Path, name: str, **fields: Any) -> None:
    whole = {"slot": name, "status": "filled", "reason": None, "label": "a net", "key": "k", **fields}
    write_atomic(root / select_folder("tiny") / f"{name}.json", json.dumps(whole))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project in which slot `hand-made` holds a network and `best-random` is empty."""
    root = tmp_path_factory.mktemp("export")
    params = tiny.study(root, **STUDY, retrain={"seeds": 2})
    slot(root, "hand-made", spec={"network": NETWORK})
    slot(root, "best-random", status="empty", reason="no trial was ok", spec=None, key=None, label=None)
    for name in ("hand-made", "best-random"):
        retrain.run(params, "tiny", name, root)
    cli_project.settings(root, params)
    return root


@pytest.fixture
def folder(root: Path) -> Path:
    return root / retrain_folder("tiny", "hand-made")


def test_model_json_says_what_to_build_and_how_to_feed_it(folder: Path) -> None:
    about = read_json(folder / "model.json")
    assert about["network"] == "metaqnn"
    assert about["options"] == {"dropout": False, **NETWORK}
    assert (about["input_shape"], about["classes"]) == ([1, 8, 8], 4)
    assert about["inputs"] == {"scaling": "unit", "pixel_0": 0.0, "pixel_255": 1.0}
    assert (about["study"], about["slot"], about["label"], about["reason"]) == ("tiny", "hand-made", "a net", None)
    assert about["sha256"] == file_sha256(folder / "weights.pt")
    assert about["version"] == rlsearch.__version__


def test_a_loaded_model_measures_what_was_recorded(root: Path, folder: Path) -> None:
    model = rlsearch.load_model(folder)
    assert not model.training
    state = load_state(folder / "weights.pt")
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    test = load_split(root / "data/spots/test.npz")
    with torch.no_grad():
        right = model(scale(test.images, "unit")).argmax(1) == test.labels
    recorded = read_json(folder / "metrics.json")["runs"][0]["test_accuracy"]
    assert right.float().mean().item() == pytest.approx(recorded)


@pytest.mark.parametrize(("inputs", "ends"), [("unit", (0.0, 1.0)), ("symmetric", (-1.0, 1.0))])
def test_the_scaling_is_that_of_the_tensors(inputs: Any, ends: tuple[float, float]) -> None:
    pixels = torch.tensor([0, 255], dtype=torch.uint8).view(1, 1, 1, 2)
    assert scale(pixels, inputs).flatten().tolist() == pytest.approx(ends)
    assert PIXELS[inputs] == ends


def test_other_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    export.export(folder, tmp_path)
    data = bytearray((tmp_path / "weights.pt").read_bytes())
    data[-1] ^= 1
    (tmp_path / "weights.pt").write_bytes(data)
    with pytest.raises(RlsearchError, match="SHA-256 differs"):
        rlsearch.load_model(tmp_path)


@pytest.mark.parametrize("name", ["model.json", "weights.pt"])
def test_a_missing_file_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    export.export(folder, tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(RlsearchError, match=f"there is no {name}"):
        rlsearch.load_model(tmp_path)


def test_an_empty_slot_has_the_file_and_no_network(root: Path) -> None:
    empty = root / retrain_folder("tiny", "best-random")
    about = read_json(empty / "model.json")
    assert (about["network"], about["options"], about["reason"]) == (None, None, "no trial was ok")
    with pytest.raises(RlsearchError, match="holds no network: no trial was ok"):
        rlsearch.load_model(empty)


def test_the_command_copies_a_folder_that_loads_on_its_own(
    root: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    done = cli_project.run("export", "tiny", "hand-made")
    assert done.exit_code == 0, done.output
    assert done.output.split() == [f"results/export/tiny/hand-made/{name}" for name in ("model.json", "weights.pt")]
    assert cli_project.run("export", "tiny", "hand-made", "--out", str(tmp_path / "mine")).exit_code == 0
    for copy in (root / "results/export/tiny/hand-made", tmp_path / "mine"):
        assert {path.name for path in copy.iterdir()} == {"model.json", "weights.pt"}
        assert (copy / "weights.pt").read_bytes() == (folder / "weights.pt").read_bytes()
    monkeypatch.chdir(tmp_path)
    assert (
        sum(p.numel() for p in rlsearch.load_model("mine").parameters())
        == read_json(folder / "metrics.json")["parameters"]
    )


@pytest.mark.parametrize(
    ("out", "said"), [("/proc/nowhere", "no folder can be made here"), ("x" * 300, "the name is too long")]
)
def test_a_folder_that_cannot_be_is_one_message(
    out: str, said: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    done = cli_project.run("export", "tiny", "hand-made", "--out", out)
    assert done.exit_code == 2 and said in done.stderr and "Traceback" not in done.stderr


def test_unknown_names_are_answered_with_the_known_ones(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    for arguments, known in ((("tyni", "hand-made"), "tiny"), (("tiny", "best-rando"), "best-random")):
        done = cli_project.run("export", *arguments)
        assert done.exit_code == 2
        assert known in done.output


def test_onnx_without_its_packages_is_one_clear_message(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(RlsearchError, match="not installed: onnx, onnxscript") as error:
        export.export(folder, tmp_path / "none", onnx=True)
    assert "pip install onnx onnxscript" in error.value.remedy
    assert not (tmp_path / "none").exists()

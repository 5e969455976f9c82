"""The split and the fetch phase: sizes, strata, determinism of bytes, all or nothing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlsearch.config.models import DatasetSettings, Params
from rlsearch.data import fetch, registry
from rlsearch.data.digest import data_digest
from rlsearch.data.images.parts import Part, Raw
from rlsearch.data.images.split import split
from rlsearch.errors import DataError, SettingsError
from rlsearch.files import file_sha256, read_json

ROOT = Path(__file__).resolve().parents[3]
FILES = ["manifest.json", "test.npz", "train.npz", "validation.npz"]


def numbered(counts: list[int]) -> Part:
    """Return images that carry their own position, so that a split can be followed."""
    labels = np.repeat(np.arange(len(counts)), counts)
    positions = np.arange(len(labels))
    return Part(np.stack([positions // 256, positions % 256], 1).astype(np.uint8).reshape(-1, 1, 1, 2), labels)


def positions(part: Part) -> list[int]:
    flat = part.images.reshape(-1, 2).astype(int)
    return [int(high * 256 + low) for high, low in flat]


def settings(**values: Any) -> DatasetSettings:
    return registry.settings(**{"source": "npz", "path": "mine.npz", **values})


def params(**datasets: DatasetSettings) -> Params:
    return Params.model_construct(datasets={name.replace("_", "-"): entry for name, entry in datasets.items()})


def test_the_parts_are_disjoint_complete_and_stratified() -> None:
    raw = Raw(numbered([100, 200, 300]), None, 3)
    parts = split(raw, settings(test=0.2, validation=0.25))
    assert {name: np.bincount(part.labels).tolist() for name, part in parts.items()} == {
        "train": [60, 120, 180],
        "validation": [20, 40, 60],
        "test": [20, 40, 60],
    }
    found = [position for part in parts.values() for position in positions(part)]
    assert sorted(found) == list(range(600))
    assert all(positions(part) == sorted(positions(part)) for part in parts.values())


def test_the_seed_decides_and_the_test_part_ignores_the_validation_share() -> None:
    raw = Raw(numbered([50, 50]), None, 2)
    first = split(raw, settings(test=0.2, validation=0.25))
    again = split(raw, settings(test=0.2, validation=0.25))
    other_seed = split(raw, settings(test=0.2, validation=0.25, split_seed=1))
    other_share = split(raw, settings(test=0.2, validation=0.5, path="elsewhere.npz"))
    assert all(positions(first[name]) == positions(again[name]) for name in first)
    assert positions(first["test"]) != positions(other_seed["test"])
    assert positions(first["test"]) == positions(other_share["test"])


def test_published_test_keeps_all_training_images() -> None:
    raw = Raw(numbered([30, 30]), numbered([5, 5]), 2)
    parts = split(raw, settings(validation="published-test"))
    assert len(parts["train"]) == 60
    assert positions(parts["validation"]) == positions(parts["test"]) == list(range(10))


def test_train_size_keeps_strata_and_counts_the_validation_images() -> None:
    raw = Raw(numbered([100, 300]), numbered([40, 40]), 2)
    parts = split(raw, settings(validation=0.25, train_size=80))
    counts = {name: np.bincount(part.labels).tolist() for name, part in parts.items()}
    assert counts == {"train": [15, 45], "validation": [5, 15], "test": [40, 40]}
    whole = split(raw, settings(validation=0.25, train_size=400))
    assert len(whole["train"]) + len(whole["validation"]) == 400


@pytest.mark.parametrize(
    ("counts", "values", "said"),
    [
        ([20, 1], {"test": 0.2}, "class 1 has 1 of 21"),
        ([20, 2], {"test": 0.2, "validation": 0.1}, "class 1 has"),
        ([300, 2], {"test": 0.01}, "class 1"),
        ([5, 5, 5, 5], {"test": 0.1}, "too few different images for `test: 0.1`"),
        ([20, 20], {}, "no test set of its own"),
        ([20, 20], {"test": 0.2, "train_size": 33}, "`train_size: 33` does not fit 32"),
        ([20, 20], {"test": 0.2, "train_size": 31}, "2 to 30, or 32"),
        ([20, 20], {"test": 0.2, "train_size": 1}, "`train_size: 1`"),
    ],
)
def test_a_split_that_cannot_be_made_says_why(counts: list[int], values: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError) as caught:
        split(Raw(numbered(counts), None, len(counts)), settings(**values))
    assert said in str(caught.value) and caught.value.remedy


def test_a_second_test_set_is_refused() -> None:
    with pytest.raises(DataError, match="leave out `test`"):
        split(Raw(numbered([20, 20]), numbered([5, 5]), 2), settings(test=0.2))


def test_digits_have_the_sizes_of_the_laptop_preset_and_a_true_manifest(tmp_path: Path) -> None:
    entry = registry.settings(source="digits", test=0.2, validation=0.25)
    fetch.run(params(digits=entry), "digits", tmp_path)
    folder = tmp_path / "data/digits"
    manifest = read_json(folder / "manifest.json")
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert manifest["counts"] == {"train": 1077, "validation": 360, "test": 360}
    assert manifest["shape"] == [1, 8, 8] and manifest["source"] == "digits" and manifest["classes"] == 10
    assert manifest["settings"] == entry.model_dump(mode="json")
    assert manifest["sha256"] == {name: file_sha256(folder / name) for name in FILES[1:]}
    for name, count in manifest["counts"].items():
        with np.load(folder / f"{name}.npz") as file:
            assert file["images"].shape == (count, 1, 8, 8) and file["images"].dtype == np.uint8
            assert file["labels"].dtype == np.int64 and file["classes"] == 10 and file["classes"].shape == ()
            assert np.bincount(file["labels"]).tolist() == manifest["class_counts"][name]


def test_digits_are_the_recorded_bytes(tmp_path: Path) -> None:
    fetch.run(params(digits=registry.settings(source="digits", test=0.2, validation=0.25)), "digits", tmp_path)
    files = [tmp_path / "data/digits" / f"{name}.npz" for name in ("train", "validation", "test")]
    assert data_digest(files) == read_json(ROOT / "results/reference/rl-nas-1296/table.json")["data"]


def test_the_bytes_depend_on_neither_clock_nor_entry_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = registry.settings(source="digits", test=0.2, validation=0.25)
    fetch.run(params(one=entry), "one", tmp_path)
    now = time.time() + 400 * 86_400
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(now))
    fetch.run(params(two=entry), "two", tmp_path)
    for name in FILES:
        assert (tmp_path / "data/one" / name).read_bytes() == (tmp_path / "data/two" / name).read_bytes()


def test_a_fault_changes_no_file(tmp_path: Path) -> None:
    images = np.arange(1000, dtype=np.uint8).reshape(40, 5, 5)
    np.savez(tmp_path / "mine.npz", images=images, labels=np.arange(40) % 2)
    fetch.run(params(mine=settings(test=0.2)), "mine", tmp_path)
    folder = tmp_path / "data/mine"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    np.savez(tmp_path / "mine.npz", images=images, labels=np.arange(40) // 39)
    with pytest.raises(DataError):
        fetch.run(params(mine=settings(test=0.2)), "mine", tmp_path)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_manifest_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(fetch, "write_output", lambda path, content: written.append(path.name))
    fetch.run(params(digits=registry.settings(source="digits", test=0.2)), "digits", tmp_path)
    assert sorted(written) == FILES and written[-1] == "manifest.json"


def test_an_unknown_entry_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean 'digits'"):
        fetch.run(params(digits=registry.settings(source="digits", test=0.2)), "digit", tmp_path)


def test_the_digest_follows_content_name_and_order(tmp_path: Path) -> None:
    one, two = tmp_path / "train.npz", tmp_path / "validation.npz"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    first = data_digest([one, two])
    assert data_digest([one, two]) == first != data_digest([two, one])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in (one, two):
        (elsewhere / path.name).write_bytes(path.read_bytes())
    assert data_digest([elsewhere / "train.npz", elsewhere / "validation.npz"]) == first
    two.write_bytes(b"3")
    assert data_digest([one, two]) != first


def test_a_split_that_leaves_a_part_empty_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_training(raw: Raw, entry: DatasetSettings) -> dict[str, Part]:
        return {**split(raw, entry), "train": numbered([])}

    monkeypatch.setattr("rlsearch.data.kinds.images.split", without_training)
    digits = registry.settings(source="digits", test=0.2, validation=0.25)
    with pytest.raises(DataError, match="the split leaves nothing for train"):
        fetch.run(params(digits=digits), "digits", tmp_path)
    assert not list((tmp_path / "data").rglob("*.npz"))

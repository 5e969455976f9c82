"""Images of the same pixels: counted in every source, kept on one side of every cut that we make ourselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlsearch.config.models import DatasetSettings, Params
from rlsearch.data import fetch, registry
from rlsearch.data.images import duplicates
from rlsearch.data.images.parts import Part, Raw
from rlsearch.data.images.split import split
from rlsearch.errors import DataError
from rlsearch.files import read_json


def part(pictures: list[int], labels: list[int]) -> Part:
    """Return images of 1x2 pixels that are equal where their numbers are."""
    values = np.array(pictures)
    return Part(np.stack([values // 256, values % 256], 1).astype(np.uint8).reshape(-1, 1, 1, 2), np.array(labels))


def settings(**values: Any) -> DatasetSettings:
    return registry.settings(**{"source": "npz", "path": "mine.npz", **values})


def pictures(found: Part) -> list[int]:
    return [int(high) * 256 + int(low) for high, low in found.images.reshape(-1, 2)]


def test_what_is_shared_repeated_and_labelled_differently_is_counted() -> None:
    parts = {
        "train": part([0, 1, 2, 3, 3, 3], [0, 1, 0, 1, 1, 1]),
        "validation": part([4, 5, 1], [0, 1, 1]),
        "test": part([0, 0, 6, 5], [1, 1, 0, 1]),
    }
    found = duplicates.count(parts)
    assert found == {
        "shared": {"train, validation": 1, "train, test": 2, "validation, test": 1},
        "repeated": {"train": 2, "validation": 0, "test": 1},
        "labelled_differently": 1,  # 0
    }
    assert duplicates.remarks(found) == [
        "validation images that are training images too: 1",
        "test images that are training images too: 2",
        "test images that are validation images too: 1",
        "training images that repeat an earlier one: 2",
        "test images that repeat an earlier one: 1",
        "different pictures that stand under more than one class: 1",
    ]


def test_a_validation_part_that_is_the_test_set_by_the_settings_is_no_finding() -> None:
    parts = {"train": part([0, 1], [0, 1]), "validation": part([2, 3], [0, 1]), "test": part([2, 3], [0, 1])}
    found = duplicates.count(parts, copied=True)
    assert found["shared"] == {"train, validation": 0, "train, test": 0}
    assert duplicates.remarks(found) == []


@pytest.mark.parametrize("seed", range(5))
def test_all_copies_stay_on_one_side_of_every_cut(seed: int) -> None:
    rng = np.random.default_rng(seed)
    numbers = [int(value) for value in rng.integers(0, 150, 400)]
    raw = Raw(part(numbers, [number % 3 for number in numbers]), None, 3)
    parts = split(raw, settings(test=0.25, validation=0.25, split_seed=seed))
    found = duplicates.count(parts)
    assert set(found["shared"].values()) == {0}
    assert sum(found["repeated"].values()) == len(numbers) - len(set(numbers)) > 100
    assert sorted(number for one in parts.values() for number in pictures(one)) == sorted(numbers)
    sizes = {name: len(one) / len(numbers) for name, one in parts.items()}
    assert sizes["test"] == pytest.approx(0.25, abs=0.06)


def test_copies_under_two_classes_stay_together_too() -> None:
    numbers = [number // 2 for number in range(80)]
    raw = Raw(part(numbers, [position % 2 for position in range(80)]), None, 2)
    parts = split(raw, settings(test=0.25, validation=0.25))
    found = duplicates.count(parts)
    assert set(found["shared"].values()) == {0} and found["labelled_differently"] == 40


def test_a_split_without_copies_is_the_same_as_before() -> None:
    raw = Raw(part(list(range(120)), [number % 4 for number in range(120)]), None, 4)
    parts = split(raw, settings(test=0.2, validation=0.25))
    assert pictures(parts["test"])[:12] == BEFORE["test"]
    assert pictures(parts["validation"])[:12] == BEFORE["validation"]


BEFORE = {
    "test": [1, 12, 14, 16, 20, 22, 24, 25, 35, 39, 54, 59],
    "validation": [3, 7, 8, 9, 11, 23, 30, 31, 33, 45, 46, 56],
}
"""As the split was before copies were looked for."""


def test_copies_alone_cannot_be_divided() -> None:
    raw = Raw(part([0] * 20 + list(range(1, 21)), [0] * 20 + [1] * 20), None, 2)
    with pytest.raises(DataError, match=r"too few different images for `test: 0.2`: class 0 has 1 of 21"):
        split(raw, settings(test=0.2))


def test_published_parts_are_left_as_they_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 5, 5), dtype=np.uint8)
    arrays = {"images": images, "labels": np.arange(40) % 2, "test_images": images[10:14], "test_labels": [0, 1, 1, 0]}
    np.savez(tmp_path / "mine.npz", **arrays, ids=np.arange(40))
    params = Params.model_construct(datasets={"mine": settings(validation=0.25)})
    said = fetch.run(params, "mine", tmp_path)
    manifest = read_json(tmp_path / "data/mine/manifest.json")
    shared = manifest["duplicates"]["shared"]
    assert shared["train, validation"] == 0 and shared["train, test"] + shared["validation, test"] == 4
    assert manifest["duplicates"]["labelled_differently"] == 2
    assert manifest["counts"] == {"train": 30, "validation": 10, "test": 4}
    assert said == manifest["remarks"]
    assert "different pictures that stand under more than one class: 2" in said
    assert said[-1] == "left out, arrays of other names: 1 (ids)"


def test_the_datasets_that_we_ship_are_clean(tmp_path: Path) -> None:
    params = Params.model_construct(datasets={"digits": registry.settings(source="digits", test=0.2)})
    assert fetch.run(params, "digits", tmp_path) == []
    manifest = read_json(tmp_path / "data/digits/manifest.json")
    assert manifest["class_names"] == list("0123456789")
    assert not any([*manifest["duplicates"]["shared"].values(), *manifest["duplicates"]["repeated"].values()])

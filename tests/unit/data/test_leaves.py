"""The leaves: their bytes, what their settings change and what they leave, and what a bad entry is told."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from broken_settings import SMOKE
from rlsearch import checks
from rlsearch.config.models import Params
from rlsearch.data import fetch, registry
from rlsearch.data.images.parts import Part
from rlsearch.data.kinds.base import Form
from rlsearch.data.sources.base import Extent
from rlsearch.data.store import RawStore
from rlsearch.errors import SettingsError
from rlsearch.files import read_json
from rlsearch.overview.sizes import sizes

RECORDED = {
    "whole": ({"images": 300}, "a3423501c356b22818262cd2481e8a54e7d0853ba862177941ae11d4b974bf7a"),
    "level": (
        {"images": 300, "rotate": False, "seed": 7},
        "34936865bc60d8ea8c43b59142733c360477d47302b65af3c571d7e658548752",
    ),
    "small": ({"images": 300, "size": 16}, "c303b8a086ffc4ac317d5d7a115f3e1067be190a1086c256bfb681a76a562299"),
}
"""SHA-256 of the pixels, and of the labels behind them, under some settings: the same on every machine."""


def drawn(**settings: Any) -> Part:
    return registry.create(registry.settings(source="leaves", **settings)).read(RawStore([])).train


@pytest.fixture(scope="module")
def turned() -> Part:
    """Return 600 images; tests only look at them."""
    return drawn(images=600)


@pytest.fixture(scope="module")
def level() -> Part:
    """Return the same with all leaves level."""
    return drawn(images=600, rotate=False)


@pytest.mark.parametrize("name", RECORDED)
def test_the_bytes_are_those_that_were_recorded(name: str) -> None:
    settings, recorded = RECORDED[name]
    part = drawn(**settings)
    assert hashlib.sha256(part.images.tobytes() + part.labels.tobytes()).hexdigest() == recorded


def test_what_a_source_gives() -> None:
    raw = registry.create(registry.settings(source="leaves", images=50)).read(RawStore([]))
    assert raw.train.images.shape == (50, 1, 64, 64) and raw.train.images.dtype == np.uint8
    assert raw.train.labels.dtype == np.int64 and (raw.test, raw.validation, raw.classes) == (None, None, 2)
    assert raw.class_names == ("no leaf", "leaf")


def test_half_of_the_images_show_leaves(turned: Part) -> None:
    # Four standard errors of a fair coin.
    assert abs(turned.labels.mean() - 0.5) < 4 * 0.5 / 600**0.5


def test_greys_lie_in_their_ranges(turned: Part) -> None:
    leaves, others = (turned.images[turned.labels == label] for label in (1, 0))
    assert (leaves.min(), others.min()) == (10, 50)
    for images, shapes in ((leaves, range(10, 121)), (others, range(50, 151))):
        greys, ground = set(np.unique(images)), set(range(160, 255))  # spots of 160 to 220 on noise of 180 to 254
        assert ground < greys <= {*shapes, *ground}
        assert len(greys - ground) > 0.9 * len(shapes), "few of the greys are drawn"
    # Noise, which is uniform, where there are neither spots nor shapes.
    assert np.ptp(np.bincount(turned.images.ravel(), minlength=255)[221:255]) < 0.1 * (turned.images > 220).sum() / 34


def test_every_image_with_leaves_has_one_and_no_other_is_as_dark(turned: Part) -> None:
    dark = (turned.images < 121).sum(axis=(1, 2, 3))
    assert dark[turned.labels == 1].min() > 80
    empty = (turned.images < 151).sum(axis=(1, 2, 3))[turned.labels == 0] == 0
    assert 0.1 < empty.mean() < 0.4, "one of four images without leaves has no shape either"


def test_the_angle_changes_leaves_alone(turned: Part, level: Part) -> None:
    assert turned.labels.tolist() == level.labels.tolist()
    changed = (turned.images != level.images).any(axis=(1, 2, 3))
    assert not changed[turned.labels == 0].any()
    assert changed[turned.labels == 1].all()
    before, after = level.images[turned.images != level.images], turned.images[turned.images != level.images]
    assert (np.minimum(before, after) <= 120).all(), "of two pixels that differ one is of a leaf"


def test_smaller_images_are_means_of_blocks(turned: Part) -> None:
    for size in (4, 8, 16, 32):
        blocks = turned.images[:50].reshape(50, 1, size, 64 // size, size, 64 // size)
        means = blocks.astype(float).mean(axis=(3, 5))
        np.testing.assert_array_equal(drawn(images=50, size=size).images, np.floor(means + 0.5))


def test_the_first_images_are_the_same_however_many_follow(turned: Part) -> None:
    few = drawn(images=60)
    np.testing.assert_array_equal(few.images, turned.images[:60])
    assert few.labels.tolist() == turned.labels[:60].tolist()


def test_another_seed_makes_other_images(turned: Part) -> None:
    other = drawn(images=60, seed=1)
    assert (other.images != turned.images[:60]).any(axis=(1, 2, 3)).all()
    assert other.labels.tolist() != turned.labels[:60].tolist()


def test_small_images_do_not_repeat() -> None:
    images = drawn(images=4000, size=8).images
    assert len(np.unique(images.reshape(4000, -1), axis=0)) == 4000


# -- in a run ----------------------------------------------------------------------------------------------------------


def params(**entry: Any) -> Params:
    return Params.model_construct(datasets={"leaves": registry.settings(source="leaves", **entry)})


def test_the_published_split_is_the_default_one(tmp_path: Path) -> None:
    planned = sizes(params(), "leaves", tmp_path)
    assert (planned.train, planned.validation, planned.test) == (2240, 560, 1200)
    assert planned.form == Form((1, 64, 64), 2) and not planned.exact


def test_a_plan_knows_the_size_before_anything_is_drawn() -> None:
    source = registry.create(registry.settings(source="leaves", images=1234, size=16))
    assert source.extent() == Extent(1234, 0, 256)


def test_what_is_fetched_names_its_classes(tmp_path: Path) -> None:
    fetch.run(params(images=100, size=8), "leaves", tmp_path)
    manifest = read_json(tmp_path / "data/leaves/manifest.json")
    assert manifest["class_names"] == ["no leaf", "leaf"] and manifest["shape"] == [1, 8, 8]
    assert manifest["counts"] == {"train": 56, "validation": 14, "test": 30}
    assert manifest["remarks"] == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"images": 49}, "datasets.digits.images = 49: must be a whole number, at least 50 and at most 100000"),
        ({"images": 1e3}, "datasets.digits.images = 1000.0: must be a whole number"),
        ({"size": 24}, "datasets.digits.size = 24: must be one of 4, 8, 16, 32, 64"),
        ({"size": 128}, "datasets.digits.size = 128: must be one of 4, 8, 16, 32, 64"),
        ({"rotate": "level"}, "datasets.digits.rotate = 'level': must be true or false"),
        ({"seed": -1}, "datasets.digits.seed = -1: must be a whole number, at least 0"),
        ({"test": 1.0}, "datasets.digits.test = 1.0: must be a finite number, above 0 and below 1"),
        ({"turn": True}, "datasets.digits.turn = True: unknown key"),
        ({"images": 50, "test": 0.99}, "datasets.digits.test = 0.99: divides the images into 0 and 50"),
        ({"train_size": 3000}, "datasets.digits.train_size = 3000: must be 2 to 2798, or 2800 (all)"),
    ],
)
def test_a_bad_entry_is_one_message(entry: dict[str, Any], said: str) -> None:
    settings = yaml.safe_load(SMOKE)
    settings["datasets"]["digits"] = {"source": "leaves", **entry}
    with pytest.raises(SettingsError) as caught:
        checks.validate(settings)
    text = " ".join(str(caught.value).split())
    assert "one fault" in text
    key, _, problem = said.partition(": ")
    assert key in text and problem in text

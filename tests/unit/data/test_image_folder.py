"""Folders of pictures: which layout is meant, which files count, and how each picture is decoded."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from picture_folders import put, read, refused, settings, two_classes
from rlsearch.data import registry
from rlsearch.data.images.cuts import cuts
from rlsearch.data.images.split import split
from rlsearch.data.sources._walk import natural
from rlsearch.data.store import RawStore
from rlsearch.errors import DataError


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "val", "test"),
        ("Train", "Valid", "Test"),
        ("training", "validation", "testing"),
        ("TRAIN", "VAL", "TEST"),
    ],
)
def test_parts_are_known_under_their_usual_names(tmp_path: Path, train: str, validation: str, test: str) -> None:
    put(tmp_path, *(f"{part}/{name}/1.png" for part in (train, validation, test) for name in ("cat", "dog")))
    put(tmp_path, f"{train}/dog/2.png")
    raw = read(tmp_path)
    assert raw.test is not None and raw.validation is not None
    assert (len(raw.train), len(raw.validation), len(raw.test)) == (3, 2, 2)
    parts = split(raw, settings())
    assert {name: len(part) for name, part in parts.items()} == {"train": 3, "validation": 2, "test": 2}
    assert cuts(settings(), 3, 2, 2) == (3, 2, 2)
    for asked in (0.2, "published-test"):
        with pytest.raises(DataError, match=f"validation part of its own, and `validation: {asked}`"):
            split(raw, settings(validation=asked))


def test_a_validation_part_without_a_test_part_leaves_the_test_set_to_a_cut(tmp_path: Path) -> None:
    put(tmp_path, *(f"train/{name}/{number}.png" for name in ("cat", "dog") for number in range(10)))
    put(tmp_path, "val/cat/1.png", "val/dog/1.png")
    parts = split(read(tmp_path), settings(test=0.2))
    assert {name: len(part) for name, part in parts.items()} == {"train": 16, "validation": 2, "test": 4}
    assert cuts(settings(test=0.2), 20, 0, 2) == (16, 2, 4)


def test_without_a_validation_part_a_fifth_validates(tmp_path: Path) -> None:
    two_classes(tmp_path, 25)
    parts = split(read(tmp_path), settings(test=0.2))
    assert {name: len(part) for name, part in parts.items()} == {"train": 32, "validation": 8, "test": 10}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["test/cat/1.png", "test/dog/1.png"], "a folder test/ but no train/"),
        (
            ["train/cat/1.png", "train/dog/1.png", "Training/cat/1.png"],
            "both train/ and Training/ could be the train part",
        ),
        (["train/cat/1.png", "train/dog/1.png", "dev/cat/1.png"], "beside train/ there is dev/, which is no part"),
        (["train/1.png", "test/1.png"], "holds no class folders: pictures lie in it directly"),
        (["train/cat/1.png", "train/dog/1.png", "test/1.png"], "test/ holds no class folders"),
        (["1.png", "2.png"], "pictures/ holds no class folders: pictures lie in it directly"),
        (["cat/1.png"], "there is one class alone, 'cat'"),
        (["inner/cat/1.png", "inner/dog/1.png"], "`path` seems to be one level too high"),
        (["inner/train/cat/1.png", "inner/train/dog/1.png"], "`path` seems to be one level too high"),
        (["cat/train/1.png", "cat/test/1.png", "dog/train/1.png"], "the class 'cat' holds a part, test/ and train/"),
        (["cat/1.png", "Cat/1.png"], "'Cat' and 'cat' differ in capitals or zeros alone"),
        (["7/1.png", "07/1.png"], "'07' and '7' differ in capitals or zeros alone"),
        (["train/cat/1.png", "train/dog/1.png", "test/cat/1.png", "test/Dog/1.png"], "test/ lacks the classes: dog"),
        (
            ["train/cat/1.png", "train/dog/1.png", *(f"val/{name}/1.png" for name in ("cat", "dog", "owl"))],
            "train/ lacks the classes: owl",
        ),
        (["train/bus/1.png", "car/1.png", "bike/1.png"], "beside train/ there is bike/ and car/, which is no part"),
    ],
)
def test_what_seems_to_be_meant_otherwise_is_refused(tmp_path: Path, files: list[str], said: str) -> None:
    put(tmp_path, *files)
    message = refused(tmp_path)
    assert said in message and str(tmp_path / "pictures") in message
    with pytest.raises(DataError) as caught:
        registry.create(settings(), tmp_path).extent()
    assert str(caught.value) == message  # `plan` says the same


def test_the_folder_named_one_level_below_works(tmp_path: Path) -> None:
    put(tmp_path, "inner/cat/1.png", "inner/dog/1.png")
    assert f"give {tmp_path / 'pictures/inner'} as `path`" in refused(tmp_path)
    raw = registry.create(registry.settings(source="image-folder", path="pictures/inner"), tmp_path).read(RawStore([]))
    assert raw.class_names == ("cat", "dog")


def test_train_can_be_a_class_of_vehicles(tmp_path: Path) -> None:
    put(tmp_path, "bus/1.png", "car/1.png", "train/1.png")
    assert read(tmp_path).class_names == ("bus", "car", "train")


def test_classes_are_numbered_in_natural_order(tmp_path: Path) -> None:
    put(tmp_path, *(f"{number}/1.png" for number in range(12)))
    raw = read(tmp_path)
    assert raw.class_names == tuple(map(str, range(12))) and raw.train.labels.tolist() == list(range(12))
    assert sorted(["b10", "b2", "B1", "a"], key=natural) == ["a", "B1", "b2", "b10"]


def test_pictures_of_every_suffix_and_depth_count_and_nothing_else(tmp_path: Path) -> None:
    put(tmp_path, "cat/a.PNG", "cat/b.JPG", "cat/c.jfif", "cat/d.gif", "cat/deep/er/e.webp", "dog/a.tif", "dog/b.bmp")
    put(tmp_path, "beside.png", ".hidden/x.png", "cat/._a.png", "__MACOSX/cat/1.png", "cat/@eaDir/thumb.jpg")
    root = tmp_path / "pictures"
    for name in ("cat/Thumbs.db", "cat/.DS_Store", "dog/labels.txt", "dog/LICENSE", "README.md"):
        (root / name).write_text("no picture", encoding="utf-8")
    (root / "dog/gone.png").symlink_to("nowhere.png")
    os.mkfifo(root / "dog/pipe.png")
    raw = read(tmp_path)
    assert raw.files["taken"] == {"train": 7} and len(raw.train) == 7
    assert {reason: entry["names"] for reason, entry in raw.files["left_out"].items()} == {
        "hidden, or made by an operating system": [
            *(".hidden", "__MACOSX", "cat/.DS_Store", "cat/._a.png", "cat/@eaDir", "cat/Thumbs.db"),
        ],
        "files beside the folders": ["README.md", "beside.png"],
        "files with the suffix .txt": ["dog/labels.txt"],
        "files without a suffix": ["dog/LICENSE"],
        "broken links, pipes and the like": ["dog/gone.png", "dog/pipe.png"],
    }


@pytest.mark.parametrize("name", ["cat/x.heic", "cat/x.AVIF", "dog/x.svg"])
def test_pictures_that_cannot_be_read_are_not_dropped(tmp_path: Path, name: str) -> None:
    two_classes(tmp_path)
    (tmp_path / "pictures" / name).write_bytes(b"")
    assert f"pictures of the kind {Path(name).suffix.lower()} are not read" in refused(tmp_path)


@pytest.mark.parametrize("name", ["cat/x.dat", "cat/000017"])
def test_a_picture_under_another_suffix_is_not_dropped(tmp_path: Path, name: str) -> None:
    two_classes(tmp_path)
    (tmp_path / "pictures/cat/0.png").rename(tmp_path / "pictures" / name)
    assert "a picture has a suffix of no picture" in refused(tmp_path)


def test_a_link_to_a_folder_above_adds_nothing(tmp_path: Path) -> None:
    two_classes(tmp_path)
    alone = read(tmp_path)
    for name, goal in {"cat/self": ".", "cat/up": "..", "dog/far": "../..", "dog/top": "/"}.items():
        (tmp_path / "pictures" / name).symlink_to(goal)
    raw = read(tmp_path)
    np.testing.assert_array_equal(raw.train.images, alone.train.images)
    assert raw.files["digest"] == alone.files["digest"]
    assert raw.files["left_out"]["links to a folder that is read already"]["count"] == 4


@pytest.mark.parametrize(
    ("link", "goal", "said"),
    [
        ("kitty", "cat", "no picture in the class 'kitty', only links to a folder"),
        ("cat/other", "../dog", "no picture in the class 'dog', only links to a folder"),
    ],
)
def test_a_link_to_another_class_is_refused(tmp_path: Path, link: str, goal: str, said: str) -> None:
    two_classes(tmp_path)
    (tmp_path / "pictures" / link).symlink_to(goal)
    assert said in refused(tmp_path)


def test_a_test_part_that_is_the_training_part_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "train/cat/1.png", "train/dog/1.png")
    (tmp_path / "pictures/test").symlink_to("train")
    assert "test/ is another part of the same data, linked" in refused(tmp_path)


def test_a_class_that_lies_elsewhere_is_followed(tmp_path: Path) -> None:
    two_classes(tmp_path)
    (tmp_path / "pictures/dog").rename(tmp_path / "elsewhere")
    (tmp_path / "pictures/dog").symlink_to(tmp_path / "elsewhere")
    assert read(tmp_path).class_names == ("cat", "dog")


def test_an_empty_class_says_what_lies_there(tmp_path: Path) -> None:
    two_classes(tmp_path)
    (tmp_path / "pictures/owl").mkdir()
    assert "there is no picture in the class 'owl'\n" in refused(tmp_path)
    (tmp_path / "pictures/owl/list.csv").write_text("", encoding="utf-8")
    assert "no picture in the class 'owl', only files with the suffix .csv" in refused(tmp_path)

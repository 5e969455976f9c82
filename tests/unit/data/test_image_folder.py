"""Folders of pictures: which layout is meant, which files count, and how each picture is decoded."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rlsearch.config.models import DatasetSettings, Params
from rlsearch.data import fetch, registry
from rlsearch.data.images.cuts import cuts
from rlsearch.data.images.parts import Raw
from rlsearch.data.images.split import split
from rlsearch.data.sources._walk import natural
from rlsearch.data.store import RawStore
from rlsearch.errors import DataError
from rlsearch.files import read_json


def settings(**more: Any) -> DatasetSettings:
    return registry.settings(source="image-folder", path="pictures", **more)


def read(root: Path, **more: Any) -> Raw:
    source = registry.create(settings(**more), root)
    raw, extent = source.read(RawStore([])), source.extent()
    counted = [0 if part is None else len(part) for part in (raw.train, raw.test, raw.validation)]
    assert [extent.train, extent.test, extent.validation] == counted  # `plan` counts what `fetch` reads
    return raw


def refused(root: Path, **more: Any) -> str:
    with pytest.raises(DataError) as caught:
        registry.create(settings(**more), root).read(RawStore([]))
    assert caught.value.remedy
    return str(caught.value)


def put(root: Path, *names: str) -> None:
    """Write grey pictures of 6x6 pixels, each of another shade."""
    for name in names:
        path = root / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shade = len(list((root / "pictures").rglob("*")))
        Image.fromarray(np.full((6, 6), shade, np.uint8)).save(path)


def two_classes(root: Path, count: int = 3) -> None:
    put(root, *(f"{name}/{number}.png" for name in ("cat", "dog") for number in range(count)))


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


ARROW = np.zeros((4, 6, 3), np.uint8)
ARROW[0, :, 0], ARROW[:, 0, 1] = 200, 90


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "png", "tif", "webp"])
def test_a_picture_stands_as_the_camera_held_it(tmp_path: Path, orientation: int, kind: str) -> None:
    """What the mark undoes: the pixels lie turned in the file, and upright after reading."""
    undo: dict[int, Callable[[np.ndarray], np.ndarray]] = {
        1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a), 7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    for name in ("cat", "dog"):
        path = tmp_path / "pictures" / name / f"1.{kind}"
        path.parent.mkdir(parents=True)
        exif = Image.Exif()
        exif[0x0112] = orientation
        lossless = {"quality": 100, "subsampling": 0} if kind == "jpg" else {"lossless": True} if kind == "webp" else {}
        Image.fromarray(np.ascontiguousarray(undo[orientation](ARROW))).save(path, exif=exif, **lossless)
    images = read(tmp_path).train.images
    assert images.shape == (2, 3, 4, 6)
    assert np.abs(images[0].transpose(1, 2, 0).astype(int) - ARROW).max() <= (8 if kind == "jpg" else 0)
    assert read(tmp_path, image_size=4).train.images.shape == (2, 3, 4, 4)


def drawn(root: Path, name: str, picture: Image.Image, **more: Any) -> None:
    path = root / "pictures" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **more)


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    alpha = np.zeros((6, 6), np.uint8)
    alpha[:, 2] = 255
    alpha[:, 4] = 128
    for name in ("cat", "dog"):
        drawn(tmp_path, f"{name}/1.png", Image.merge("LA", (Image.new("L", (6, 6)), Image.fromarray(alpha))))
    images = read(tmp_path).train.images
    assert images.shape == (2, 1, 6, 6)
    assert images[0, 0, 0].tolist() == [255, 255, 0, 255, 127, 255]


def test_every_form_of_transparency_lies_on_white(tmp_path: Path) -> None:
    rgba = np.zeros((6, 6, 4), np.uint8)
    rgba[:, 3:] = (10, 200, 30, 255)
    picture = Image.fromarray(rgba)
    drawn(tmp_path, "cat/1.png", picture)
    drawn(tmp_path, "cat/2.webp", picture, lossless=True)
    drawn(tmp_path, "cat/3.gif", picture)
    drawn(tmp_path, "dog/1.tif", picture)
    drawn(tmp_path, "dog/2.png", picture.convert("RGB"), transparency=(0, 0, 0))
    palette = picture.convert("RGB").quantize(2)
    drawn(tmp_path, "dog/3.png", palette, transparency=palette.getpixel((0, 0)))
    images = read(tmp_path).train.images
    assert len(images) == 6
    for image in images:
        assert image[:, 0, 0].tolist() == [255, 255, 255] and image[:, 0, 5].tolist() == [10, 200, 30]


def test_a_picture_drawn_in_white_on_transparency_is_refused(tmp_path: Path) -> None:
    two_classes(tmp_path)
    alpha = Image.fromarray(np.eye(6, dtype=np.uint8) * 255)
    drawn(tmp_path, "cat/icon.png", Image.merge("LA", (Image.new("L", (6, 6), 255), alpha)))
    message = refused(tmp_path)
    assert "an image shows nothing on white" in message and "icon.png" in message


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("1", 1, [255]),
        ("L", 40, [40]),
        ("LA", (40, 255), [40]),
        ("P", 40, [40, 40, 40]),
        ("RGB", (1, 2, 3), [1, 2, 3]),
        ("RGBA", (1, 2, 3, 255), [1, 2, 3]),
        ("CMYK", (255, 0, 0, 0), [0, 255, 255]),
    ],
)
def test_modes(tmp_path: Path, mode: str, colour: Any, expected: list[int]) -> None:
    for name in ("cat", "dog"):
        picture = Image.new(mode, (6, 6), colour)
        if mode == "P":
            picture.putpalette([value for value in range(256) for _ in range(3)])
        drawn(tmp_path, f"{name}/1.tif", picture)
    assert read(tmp_path).train.images[0, :, 0, 0].tolist() == expected


def test_more_than_8_bits_a_channel_are_refused_with_a_remedy(tmp_path: Path) -> None:
    two_classes(tmp_path)
    deep = np.full((6, 6), 300, np.uint16)
    drawn(tmp_path, "cat/deep.png", Image.fromarray(deep))
    message = refused(tmp_path)
    assert "more than 8 bits a channel (mode I;16)" in message and "mogrify -depth 8" in message
    drawn(tmp_path, "cat/deep.tif", Image.fromarray(deep.astype(np.float32)))
    (tmp_path / "pictures/cat/deep.png").unlink()
    assert "more than 8 bits a channel (mode F)" in refused(tmp_path)


def png16(colour_type: int, channels: int) -> bytes:
    """Return a PNG of 6x6 pixels with 16 bits a channel, which Pillow does not write in colour."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 6, 6, 16, colour_type, 0, 0, 0)
    rows = (b"\0" + b"\1\2" * channels * 6) * 6
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_16_bits_in_colour_are_not_cut_off_in_silence(tmp_path: Path, colour_type: int, channels: int) -> None:
    two_classes(tmp_path)
    (tmp_path / "pictures/cat/deep.png").write_bytes(png16(colour_type, channels))
    assert "more than 8 bits a channel" in refused(tmp_path)


def test_several_frames_are_refused(tmp_path: Path) -> None:
    two_classes(tmp_path)
    frames = [Image.new("L", (6, 6), shade) for shade in (0, 100, 200)]
    drawn(tmp_path, "cat/still.gif", frames[0])
    assert read(tmp_path).files["taken"] == {"train": 7}
    for name in ("film.gif", "film.webp", "pages.tif", "film.png"):
        drawn(tmp_path, f"cat/{name}", frames[0], save_all=True, append_images=frames[1:])
        message = refused(tmp_path)
        assert "an image has several frames or pages" in message and name in message
        (tmp_path / "pictures/cat" / name).unlink()


def test_the_preview_behind_a_camera_s_picture_is_no_second_frame(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((6, 6, 3), shade, np.uint8)) for shade in (50, 200)]
    for name in ("cat", "dog"):
        drawn(tmp_path, f"{name}/1.jpg", frames[0], format="MPO", save_all=True, append_images=frames[1:])
    assert np.abs(read(tmp_path).train.images.astype(int) - 50).max() <= 2


def test_all_damaged_pictures_are_named_at_once(tmp_path: Path) -> None:
    two_classes(tmp_path)
    for number in range(7):
        (tmp_path / f"pictures/cat/bad{number}.png").write_bytes(b"")
    message = refused(tmp_path)
    assert "cannot read the image: the file is empty (7 such images)" in message
    assert "bad0.png" in message and "bad4.png" in message and "and 2 more" in message
    for number in range(7):
        (tmp_path / f"pictures/cat/bad{number}.png").unlink()
    drawn(tmp_path, "dog/cut.png", Image.fromarray(np.random.default_rng(0).integers(0, 255, (6, 6), np.uint8)))
    whole = (tmp_path / "pictures/dog/cut.png").read_bytes()
    for size in (len(whole) - 30, len(whole) // 2):
        (tmp_path / "pictures/dog/cut.png").write_bytes(whole[:size])
        assert "cannot read the image" in refused(tmp_path)


def test_the_manifest_says_what_was_taken_and_what_was_not(tmp_path: Path) -> None:
    two_classes(tmp_path, 30)
    for number in range(25):
        (tmp_path / f"pictures/cat/{number:02d}.json").write_text("{}", encoding="utf-8")
    (tmp_path / "pictures/dog/29.png").write_bytes((tmp_path / "pictures/cat/0.png").read_bytes())
    params = Params.model_construct(datasets={"pictures": settings(test=0.2)})
    said = fetch.run(params, "pictures", tmp_path)
    manifest = read_json(tmp_path / "data/pictures/manifest.json")
    assert manifest["class_names"] == ["cat", "dog"]
    assert manifest["files"]["taken"] == {"train": 60}
    left = manifest["files"]["left_out"]["files with the suffix .json"]
    assert left["count"] == 25 and left["names"] == [f"cat/{number:02d}.json" for number in range(20)]
    assert manifest["duplicates"]["labelled_differently"] == 1
    assert set(manifest["duplicates"]["shared"].values()) == {0}
    assert "left out, files with the suffix .json: 25 (cat/00.json, cat/01.json, cat/02.json, ...)" in said
    before = manifest["files"]["digest"]
    put(tmp_path, "cat/0.png")
    fetch.run(params, "pictures", tmp_path)
    assert read_json(tmp_path / "data/pictures/manifest.json")["files"]["digest"] != before


def test_names_that_are_no_text_are_written_all_the_same(tmp_path: Path) -> None:
    two_classes(tmp_path, 10)
    odd = os.fsencode(tmp_path / "pictures/cat") + b"/\xff.txt"
    Path(os.fsdecode(odd)).write_text("", encoding="utf-8")
    params = Params.model_construct(datasets={"pictures": settings(test=0.4, validation=0.5)})
    said = fetch.run(params, "pictures", tmp_path)
    assert said == ["left out, files with the suffix .txt: 1 (cat/\\xff.txt)"]

"""How each picture of a folder is decoded: orientation, transparency, modes, frames, damage."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from picture_folders import put, read, refused, settings, two_classes
from rlsearch.config.models import Params
from rlsearch.data import fetch
from rlsearch.files import read_json

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

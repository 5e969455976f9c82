"""A user's own data: arrays in one .npz file, image files in folders."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rlsearch.config.models import DatasetSettings
from rlsearch.data import registry
from rlsearch.data.sources.base import Extent
from rlsearch.data.store import RawStore
from rlsearch.errors import DataError
from rlsearch.files import file_sha256

RANDOM = np.random.default_rng(0)


def pixels(*shape: int) -> np.ndarray:
    return RANDOM.integers(0, 256, shape, dtype=np.uint8)


class Evil:
    """Runs a command when a plain unpickler reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def npz(folder: Path, **arrays: Any) -> DatasetSettings:
    np.savez(folder / "mine.npz", **arrays)
    return registry.settings(source="npz", path="mine.npz", test=None if "test_images" in arrays else 0.2)


LABELS = np.arange(10) % 2


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((10, 6, 5), (10, 1, 6, 5)),
        ((10, 6, 5, 3), (10, 3, 6, 5)),
        ((10, 6, 5, 1), (10, 1, 6, 5)),
        ((10, 3, 6, 5), (10, 3, 6, 5)),
    ],
)
def test_npz_takes_every_usual_layout(tmp_path: Path, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    images = pixels(*shape)
    settings = npz(tmp_path, images=images, labels=LABELS.astype(np.uint8))
    raw = registry.create(settings, tmp_path).read(RawStore([]))
    assert raw.train.images.shape == expected and raw.test is None and raw.classes == 2
    assert raw.train.images.flat[0] == images.flat[0]
    if len(shape) == 4 and shape[-1] == 3:
        np.testing.assert_array_equal(raw.train.images[:, 2], images[..., 2])
    assert registry.create(settings, tmp_path).extent() == Extent(10, 0, images[0].size)


def test_npz_with_a_test_set(tmp_path: Path) -> None:
    arrays = {"images": pixels(10, 6, 5), "test_images": pixels(4, 6, 5)}
    settings = npz(tmp_path, **arrays, labels=LABELS, test_labels=LABELS[:4])
    raw = registry.create(settings, tmp_path).read(RawStore([]))
    assert raw.test is not None
    np.testing.assert_array_equal(raw.test.images[:, 0], arrays["test_images"])
    assert raw.files == {
        "taken": {"train": 10, "test": 4}, "digest": file_sha256(tmp_path / "mine.npz"), "left_out": {},
    }  # fmt: skip


def test_npz_with_a_validation_part(tmp_path: Path) -> None:
    arrays = {"images": pixels(10, 6, 5), "val_images": pixels(6, 6, 5)}
    settings = npz(tmp_path, **arrays, labels=LABELS, val_labels=LABELS[:6])
    source = registry.create(settings, tmp_path)
    raw = source.read(RawStore([]))
    assert raw.validation is not None and raw.test is None
    np.testing.assert_array_equal(raw.validation.images[:, 0], arrays["val_images"])
    assert source.extent() == Extent(10, 0, 30, 6)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"labels": LABELS}, "`images` is missing"),
        ({"images": pixels(10, 6, 5)}, "`labels` is missing"),
        ({"images": pixels(10, 6, 5).astype(np.float32), "labels": LABELS}, "float32"),
        ({"images": pixels(10, 30), "labels": LABELS}, r"shape \(10, 30\)"),
        ({"images": pixels(10, 6, 5, 4), "labels": LABELS}, "no channel axis"),
        ({"images": pixels(10, 3, 5, 3), "labels": LABELS}, "second or the last axis"),
        ({"images": pixels(10, 6, 5), "labels": LABELS[:9]}, r"\(9,\)"),
        ({"images": pixels(10, 6, 5), "labels": LABELS * 0.5}, "float64"),
        ({"images": pixels(10, 6, 5), "labels": LABELS * 2}, "0, 2"),
        ({"images": pixels(10, 6, 5), "labels": LABELS - 1}, "-1, 0"),
        ({"images": pixels(10, 6, 5), "labels": LABELS, "test_images": pixels(4, 6, 5)}, "`test_labels` is missing"),
        (
            {"images": pixels(10, 6, 5), "labels": LABELS, "test_images": pixels(2, 6, 6), "test_labels": LABELS[:2]},
            "differ in shape",
        ),
        (
            {"images": pixels(10, 6, 5), "labels": LABELS, "test_images": pixels(1, 6, 5), "test_labels": [7]},
            "hold class 7",
        ),
        (
            {"images": pixels(10, 6, 5), "labels": LABELS, "test_images": pixels(2, 6, 5), "test_labels": [1, 1]},
            "the test labels lack class 0",
        ),
        (
            {"images": pixels(10, 6, 5), "labels": LABELS, "val_images": pixels(2, 6, 5), "val_labels": [0, 0]},
            "the validation labels lack class 1",
        ),
        (
            {"images": pixels(10, 6, 5), "labels": LABELS, "valid_images": pixels(2, 6, 5)},
            "`valid_images` belongs to no part",
        ),
    ],
)
def test_npz_says_what_is_wrong(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    settings = npz(tmp_path, **arrays)
    with pytest.raises(DataError, match=said) as caught:
        registry.create(settings, tmp_path).read(RawStore([]))
    assert str(tmp_path / "mine.npz") in str(caught.value)


def test_npz_refuses_pickled_objects_and_foreign_files(tmp_path: Path) -> None:
    settings = npz(tmp_path, images=np.array([Evil(tmp_path / "trace")]), labels=LABELS)
    source = registry.create(settings, tmp_path)
    with pytest.raises(DataError, match="cannot read"):
        source.read(RawStore([]))
    assert not (tmp_path / "trace").exists()
    for content in (b"", b"text", gzip.compress(b"x"), b"PK\x03\x04 cut off"):
        (tmp_path / "mine.npz").write_bytes(content)
        with pytest.raises(DataError, match="cannot read") as caught:
            source.read(RawStore([]))
        assert "unsafe" not in str(caught.value)
        with pytest.raises(DataError, match="cannot read"):
            source.extent()
    (tmp_path / "mine.npz").unlink()
    with pytest.raises(DataError, match="No such file"):
        source.read(RawStore([]))


def picture(path: Path, mode: str, size: tuple[int, int], value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    colour: Any = value if mode in ("L", "I;16") else (value, 0, 255 - value, 255)[: len(mode)]
    Image.new(mode, size, colour).save(path)


def folder_settings(**more: Any) -> DatasetSettings:
    return registry.settings(source="image-folder", path="pictures", **more)


def test_image_folder_with_test_set_in_colour(tmp_path: Path) -> None:
    for number, name in enumerate(("cat", "dog")):
        for i in range(3):
            picture(tmp_path / "pictures/train" / name / f"{i}.png", "RGB" if i else "L", (5, 4), 10 * number + i)
        picture(tmp_path / "pictures/test" / name / "0.png", "RGBA", (5, 4), 200)
    (tmp_path / "pictures/train/.thumbnails").mkdir()
    raw = registry.create(folder_settings(), tmp_path).read(RawStore([]))
    assert raw.train.images.shape == (6, 3, 4, 5) and raw.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert raw.train.images[:, 0, 0, 0].tolist() == [0, 1, 2, 10, 11, 12]
    assert raw.train.images[1, 2, 0, 0] == 254
    assert raw.test is not None and raw.test.images[:, :, 0, 0].tolist() == [[200, 0, 55]] * 2


def test_image_folder_without_test_set_in_grey_and_resized(tmp_path: Path) -> None:
    picture(tmp_path / "pictures/a/1.png", "L", (9, 7), 50)
    picture(tmp_path / "pictures/b/1.png", "L", (4, 8), 60)
    settings = folder_settings(image_size=6, test=0.5)
    raw = registry.create(settings, tmp_path).read(RawStore([]))
    assert raw.test is None and raw.train.images.shape == (2, 1, 6, 6)
    assert np.unique(raw.train.images).tolist() == [50, 60]
    assert registry.create(settings, tmp_path).extent() == Extent(2, 0, 3 * 36)
    with pytest.raises(DataError, match=r"an image is of another size: 4x8, where the first has 9x7") as caught:
        registry.create(folder_settings(test=0.5), tmp_path).read(RawStore([]))
    assert "image_size" in caught.value.remedy


def test_image_folder_says_what_is_wrong(tmp_path: Path) -> None:
    source = registry.create(folder_settings(image_size=6), tmp_path)
    faults = []

    def fault() -> str:
        with pytest.raises(DataError) as caught:
            source.read(RawStore([]))
        faults.append(str(caught.value))
        return faults[-1]

    assert "does not exist" in fault()
    picture(tmp_path / "pictures/test/a/1.png", "L", (6, 6), 1)
    assert "no train/" in fault()
    (tmp_path / "pictures/train/a").mkdir(parents=True)
    assert "one class alone, 'a'" in fault()
    picture(tmp_path / "pictures/train/b/1.png", "L", (6, 6), 1)
    picture(tmp_path / "pictures/test/b/1.png", "L", (6, 6), 1)
    assert "no picture in the class 'a'" in fault()
    picture(tmp_path / "pictures/train/a/1.png", "L", (6, 6), 1)
    picture(tmp_path / "pictures/train/c/1.png", "L", (6, 6), 1)
    assert "test/ lacks the classes: c" in fault()
    (tmp_path / "pictures/train/c/1.png").unlink()
    (tmp_path / "pictures/train/c").rmdir()
    (tmp_path / "pictures/train/b/2.png").write_bytes(b"no image")
    assert "2.png" in fault()
    whole = (tmp_path / "pictures/train/b/1.png").read_bytes()
    (tmp_path / "pictures/train/b/2.png").write_bytes(whole[:45])
    assert "2.png" in fault()
    picture(tmp_path / "pictures/train/b/2.png", "I;16", (6, 6), 1)
    assert "mode I;16" in fault()
    assert all(str(tmp_path / "pictures") in text for text in faults)


def test_an_image_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        Image.fromarray(pixels(8, 8)).save(tmp_path / "pictures" / name / "1.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 16)
    settings = registry.settings(source="image-folder", path="pictures", test=0.2)
    with pytest.raises(DataError, match="cannot read the image: Image size \\(64 pixels\\) exceeds limit") as caught:
        registry.create(settings, tmp_path).read(RawStore([]))
    assert "1.png" in caught.value.where

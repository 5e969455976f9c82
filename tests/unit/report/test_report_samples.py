"""The contact sheet of a dataset: the first training samples under each label, where they look like something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import artefact_factory
import token_kind
from rlsearch.config import artefacts
from rlsearch.data.images.parts import Part, npz_bytes
from rlsearch.errors import RlsearchError
from rlsearch.files import pretty_json, read_json
from rlsearch.report import dataset, drawing, page, sections
from rlsearch.report.figures import samples
from rlsearch.report.plotting import style, svg
from rlsearch.report.study import StudyData

STUDY = "init-scale"
LAYOUTS = pytest.mark.parametrize("layout", [style.WIDE, style.NARROW], ids=lambda layout: layout.name)


@dataclass
class World:
    """A project whose data a test may replace."""

    root: Path
    params: Any

    def study(self, images: np.ndarray, names: Sequence[str] | None = None, classes: int = 2) -> StudyData:
        """Return the study on these images, whose labels are 0, 1, ..., 0, 1, ..."""
        folder = self.root / artefacts.data_folder("digits")
        part = Part(images, np.arange(len(images)) % classes)
        (folder / "train.npz").write_bytes(npz_bytes(part, classes))
        changes = {"classes": classes, "class_names": names, "shape": list(images.shape[1:])}
        text = pretty_json({**read_json(folder / "manifest.json"), **changes})
        (folder / "manifest.json").write_text(text, encoding="utf-8")
        return StudyData(self.params, STUDY, self.root)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, artefact_factory.build(tmp_path, parts=()))


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def sheets(study: StudyData, layout: style.Layout = style.WIDE) -> dict[str, np.ndarray]:
    """Return what each panel shows, by its title."""
    figure = drawing.lay_out(samples, study, layout)
    shown = [axes for axes in figure.axes if axes.images]
    return {axes.get_title("left"): np.asarray(axes.images[0].get_array()) for axes in shown}


@LAYOUTS
def test_a_panel_shows_the_first_images_of_a_class(world: World, layout: style.Layout) -> None:
    images = noise(40, 1, 12, 12)
    shown = sheets(world.study(images, ["no leaf", "leaf"]), layout)
    assert list(shown) == ["no leaf", "leaf"]
    for label, sheet in enumerate(shown.values()):
        assert sheet.shape == (2 * 12 + 1, 6 * 12 + 5, 4)
        for place in range(12):
            top, left = place // 6 * 13, place % 6 * 13
            tile = sheet[top : top + 12, left : left + 12]
            np.testing.assert_array_equal(tile[:, :, 0], images[2 * place + label, 0])
            assert (tile[:, :, 3] == 255).all() and (tile[:, :, :1] == tile[:, :, :3]).all()
        assert (sheet[12, :, 3] == 0).all() and (sheet[:, 12, 3] == 0).all(), "the page shows through the gaps"


def test_colours_stay(world: World) -> None:
    images = noise(6, 3, 4, 4)
    (first, *_) = sheets(world.study(images)).values()
    np.testing.assert_array_equal(first[:4, :4, :3], images[0].transpose(1, 2, 0))


def test_of_many_classes_there_are_fewer_images_and_the_first_classes(world: World) -> None:
    study = world.study(noise(300, 1, 8, 8), classes=30)
    assert list(sheets(study)) == [str(number) for number in range(20)]
    assert {len(pictures) for _, pictures in dataset.pictures(study)} == {6}
    assert samples.caption(study).endswith("10 labels more are not shown.")
    assert "6 of 19" in samples.alt(study) and "of 20" not in samples.alt(study)


def test_large_images_are_drawn_smaller(world: World) -> None:
    images = np.zeros((4, 1, 200, 100), np.uint8)
    images[:, :, :, 51:] = 250
    study = world.study(images)
    (first, *_) = sheets(study).values()
    assert first.shape[:2] == (2 * 66 + 2, 6 * 33 + 5 * 2)
    assert first[:66, :33, 0].T[:, 0].tolist() == [0] * 17 + [250] * 16
    assert "Drawn smaller by a factor of 3." in samples.caption(study)


def test_names_of_classes_are_text_and_have_room(world: World) -> None:
    study = world.study(noise(8, 1, 8, 8), ["<b>$x^{2$</b>", "a name that is much too long for a panel"])
    assert list(sheets(study)) == ["<b>$x^{2$</b>", "a name that is mu..."]
    text = svg.to_svg(drawing.lay_out(samples, study, style.NARROW), "samples")
    assert "<b>$x^{2$</b>" in "".join(ElementTree.fromstring(text).itertext())
    assert "a name that is much too long for a panel" in samples.alt(study)


def test_the_section_says_what_the_data_are(world: World) -> None:
    study = world.study(noise(8, 1, 12, 12), ["no leaf", "leaf"])
    (section,) = [section for section in sections.of(study) if section.id == "data"]
    assert section.introduction == (
        "Dataset digits, source digits: images of 1x12x12, 2 classes. 1078 train, 359 validation, 360 test."
    )
    assert "4 of no leaf, 4 of leaf" in samples.alt(study)
    assert "The first 4 training images under each label" in samples.caption(study)


def test_without_data_there_is_no_sheet_and_no_section(world: World) -> None:
    folder = world.root / artefacts.data_folder("digits")
    (folder / "train.npz").unlink()
    study = StudyData(world.params, STUDY, world.root)
    assert not samples.applies(study)
    assert "data" not in [section.id for section in page.Chapter(study, [], []).sections]
    (folder / "manifest.json").unlink()
    study = StudyData(world.params, STUDY, world.root)
    assert not samples.applies(study)
    assert "data" not in [section.id for section in sections.of(study)]


def test_data_that_look_like_nothing_have_no_sheet(world: World) -> None:
    study = world.study(noise(8, 1, 8, 8))
    study.kind = token_kind.KIND
    assert study.kind.pictures(Path("train.npz"), {}, 1, 1) is None
    study.files.forget([Path("data/digits/manifest.json")])
    text = pretty_json({"words": 7, "window": 8, "counts": {}})
    (world.root / "data/digits/manifest.json").write_text(text, encoding="utf-8")
    assert not samples.applies(study)


def test_a_damaged_file_is_named(world: World) -> None:
    path = world.root / "data/digits/train.npz"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(RlsearchError) as caught:
        samples.applies(StudyData(world.params, STUDY, world.root))
    assert "data/digits/train.npz" in caught.value.where and "cannot read a split" in str(caught.value)


@LAYOUTS
def test_a_drawing_has_every_pixel_and_fits_its_place(world: World, layout: style.Layout) -> None:
    figure = drawing.lay_out(samples, world.study(noise(40, 1, 64, 64)), layout)
    text = svg.to_svg(figure, "samples")
    assert svg.to_svg(figure, "samples") == text
    places = [axes.get_window_extent() for axes in figure.axes if axes.images]
    images = re.findall(r'<image[^>]*transform="matrix\(([^)]*)\)"[^>]*>', text)
    assert len(images) == len(places) == 2
    for tag, place in zip(re.findall(r"<image[^>]*>", text), places, strict=True):
        (matrix,) = re.findall(r"matrix\(([^)]*)\)", tag)
        across, _, _, down, _, _ = map(float, matrix.split())
        wide, tall = (float(*re.findall(rf'{side}="([\d.]+)"', tag)) for side in ("width", "height"))
        assert (wide, tall) == (6 * 64 + 5 * 5, 2 * 64 + 5)
        points = 72 / figure.dpi
        assert abs(across * wide) == pytest.approx(place.width * points, abs=0.02)
        assert abs(down * tall) == pytest.approx(place.height * points, abs=0.02)
        assert "image-rendering" in tag

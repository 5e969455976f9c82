"""The parts of the report: words, the verdict's drawing, published numbers, SVG, figures that are files."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

import artefact_factory
from rlsearch import checks
from rlsearch.config import plugins
from rlsearch.errors import RlsearchError
from rlsearch.measures import ACCURACY
from rlsearch.report import published, published_models, sections, words
from rlsearch.report.plotting import style, svg
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table
from rlsearch.report.tables import published as published_table
from rlsearch.units import Unit

PAPER = Path(__file__).resolve().parents[3] / "presets" / "paper.yaml"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 FLOP"), (999.0, "999 FLOP"), (1000.0, "1 kFLOP"), (2.5e12, "2.5 TFLOP"), (None, "–"), (math.nan, "–")],
)
def test_flops(value: float | None, text: str) -> None:
    assert words.flops(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.25, "1.2 s"), (59.0, "59 s"), (200.0, "3 min 20 s"), (7500.0, "2 h 5 min"), (None, "–")]
)
def test_duration(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


def test_numbers_in_words() -> None:
    assert words.effect(-0.0037, ACCURACY) == "−0.37 points"
    assert words.effect(-0.00001, ACCURACY) == "+0.00 points"
    assert words.effect(math.inf, Unit("scale")) == "no bound"
    assert words.percent(0.98765) == "98.77 %"
    assert words.count(12345) == "12\N{NARROW NO-BREAK SPACE}345"
    assert words.minus("from -0.5 to -1, ef-4 a-1 -x") == "from −0.5 to −1, ef-4 a-1 -x"
    assert words.tau({"tau": None, "interval": None}) == "tau unknown"
    assert words.tau({"tau": -0.5, "interval": {"low": -0.8, "high": 0.1}}, brief=True) == "tau = −0.50 (−0.80 to 0.10)"


def test_published_entries_are_complete_and_name_real_slots(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path)
    data = StudyData(params, "init-scale", tmp_path)
    for path in plugins.published().values():
        entry = published_models.load(path.stem)
        assert entry is not None
        assert entry.citation
    entry = published_models.load("init-scale")
    assert entry is not None
    assert all(row["measured"] for row in published_table.table(data).rows)


AS_PUBLISHED: dict[str, Any] = {
    "protocol": "as-published",
    "proxy": {"network": "simple-cnn", "epochs": 7, "batch_size": 128},
    "target": {"network": "vgg-like", "epochs": 100, "batch_size": 64, "inputs": "unit"},
}


def as_published(tmp_path: Path, data: dict[str, object] | None = None, **changes: object) -> StudyData:
    raw = artefact_factory.settings(**{**AS_PUBLISHED, **changes})
    raw["datasets"]["digits"] = {"source": "cifar-10", "validation": "published-test"} | (data or {})
    return StudyData(artefact_factory.build(tmp_path, raw=raw, parts=()), "init-scale", tmp_path)


def test_published_numbers_are_comparable_when_all_of_the_protocol_matches(tmp_path: Path) -> None:
    data, entry = as_published(tmp_path), published_models.load("init-scale")
    assert entry is not None
    assert published.differences(data, entry) == []
    table = published_table.table(data)
    assert {row["greyed"] for row in table.rows} == {()}
    assert {row["comparable"] for row in table.rows} == {"comparable"}


@pytest.mark.parametrize(
    ("data", "changes", "reason"),
    [
        ({"source": "fashion-mnist"}, {}, "dataset fashion-mnist instead of cifar-10"),
        ({"train_size": 500}, {}, "training images 500 instead of all"),
        ({"validation": 0.2}, {}, "validation 0.2 instead of published-test"),
        ({}, {"protocol": "paper"}, "protocol paper instead of as-published"),
        ({}, {"proxy": {**AS_PUBLISHED["proxy"], "epochs": 2}}, "proxy epochs 2 instead of 7"),
        ({}, {"target": {**AS_PUBLISHED["target"], "epochs": 4}}, "target epochs 4 instead of 100"),
        ({}, {"proxy": {**AS_PUBLISHED["proxy"], "augment": ["crop-flip"]}}, "proxy augment crop-flip instead of none"),
        (
            {},
            {"target": {**AS_PUBLISHED["target"], "network": "simple-cnn"}},
            "target network simple-cnn instead of vgg-like",
        ),
        (
            {},
            {"proxy": {**AS_PUBLISHED["proxy"], "optimizer": {"name": "adam", "lr": 0.01}}},
            "proxy optimizer lr 0.01 instead of 0.001",
        ),
    ],
)
def test_one_difference_makes_published_numbers_not_comparable(
    tmp_path: Path, data: dict[str, object], changes: dict[str, object], reason: str
) -> None:
    made, entry = as_published(tmp_path, data, **changes), published_models.load("init-scale")
    assert entry is not None
    assert published.differences(made, entry) == [reason]
    assert {row["because"] for row in published_table.table(made).rows} == {reason}


def test_paper_preset_as_published_is_comparable_and_has_no_empty_rows(tmp_path: Path) -> None:
    params, entry = checks.read(PAPER), published_models.load("init-scale")
    assert entry is not None
    made = StudyData(params, "init-scale-as-published", tmp_path)
    assert published.differences(made, entry) == []
    table = published_table.table(made)
    assert [row["quantity"] for row in table.rows].count("proxy accuracy") == 1  # it has no grid to measure s = 1 on
    assert len(table.rows) == len(entry.numbers) - 1
    assert "Left out: 1 of its 5 numbers" in table.note
    corrected = StudyData(params, "init-scale", tmp_path)
    assert len(published_table.table(corrected).rows) == len(entry.numbers)
    assert "protocol corrected instead of as-published" in published.differences(corrected, entry)


def test_texts_say_on_which_images_the_reward_was_measured(tmp_path: Path) -> None:
    params, entry = checks.read(PAPER), published_models.load("init-scale")
    assert entry is not None
    on_test, held_out = (StudyData(params, name, tmp_path) for name in ("init-scale-as-published", "init-scale"))
    texts = [
        " ".join([*(section.introduction for section in sections.of(data)), *published.notes(data, entry)])
        for data in (on_test, held_out)
    ]
    assert "validation images" not in texts[0]
    assert "on the training images alone" in texts[0]
    assert "training and validation images together" in texts[1]
    assert "Here it is measured on validation images" in texts[1]
    assert (on_test.split, held_out.split) == ("test", "validation")


def test_unknown_published_entry_names_the_known_ones() -> None:
    assert published_models.load(None) is None
    with pytest.raises(RlsearchError) as caught:
        published_models.load("nothing")
    assert "init-scale" in caught.value.allowed


def test_value_finds_the_axis_of_the_decision(tmp_path: Path) -> None:
    data = StudyData(artefact_factory.build(tmp_path, parts=()), "init-scale", tmp_path)
    specs = data.space.baselines()
    assert [data.value(specs[name]) for name in ("he", "analytic", "xavier")] == [1.0, 1.185, None]
    assert data.value(None) is None
    assert data.value({"init": {"scheme": "other", "scale": 1.0}}) is None


def test_table_prints_missing_values_as_dashes_and_leaves_csv_empty() -> None:
    column = Column("x", "x", words.percent)
    table = Table("T", (column,), ({"x": 0.5}, {"x": None}, {"x": math.nan}))
    assert [column.cell(row) for row in table.rows] == ["50.00 %", "–", "–"]
    assert table.to_csv() == 'x\n0.5\n""\nnan\n'


def line() -> Figure:
    with rc_context(style.RC):
        figure, [axes] = style.panels(style.WIDE, 1, height=1.0)
        axes.plot([0, 1], [1, 2], "o", color=style.colour(0), alpha=0.3)
        axes.set_title("costs $5 & <more>")
    return figure


def test_svg_repeats_and_tells_figures_apart() -> None:
    first, again, other = svg.to_svg(line(), "a"), svg.to_svg(line(), "a"), svg.to_svg(line(), "b")
    assert first == again
    assert first != other
    assert "costs $5 &amp; &lt;more&gt;" in first
    assert "<metadata>" not in first
    assert svg.to_png(line()) == svg.to_png(line())


def test_inline_svg_has_no_size_no_prologue_and_its_own_identifiers() -> None:
    text = svg.to_svg(line(), "a")
    one, two = svg.inline(text, "one"), svg.inline(text, "two")
    assert one.startswith("<svg ")
    assert not re.search(r'<svg [^>]*width="', one)
    identifiers = [set(re.findall(r' id="([^"]+)"', drawing)) for drawing in (one, two)]
    assert identifiers[0]
    assert not identifiers[0] & identifiers[1]
    assert set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", one)) <= identifiers[0]
    assert "var(--series-0)" in one

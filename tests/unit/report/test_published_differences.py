"""Why published numbers cannot be compared with a study's: the studies of the paper preset, and changes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rlsearch import checks
from rlsearch.config.base import Settings
from rlsearch.config.models import Params
from rlsearch.report import published, published_models
from rlsearch.report.sections import published as section
from rlsearch.report.study import StudyData
from rlsearch.report.tables import published as published_table
from shipped import ROOT, SETTINGS

METAQNN = "metaqnn-as-published"
POOLS = "(5, 3), (5, 2), (3, 3), (3, 2), (2, 3), (2, 2)"
EXCEPTIONS = {
    # Pham (2024) gives no share of validation images; a script has episodes of 10 epochs, and the text one run of 150.
    "optimizer-selection-as-published": [
        "validation 0.2 instead of an unknown share",
        "proxy epochs 150 instead of 10",
    ],
    # Salvucci (2025) counts inputs on through both cells, of which no network can be built, and gives no size.
    "nasnet-cells-as-published": [
        "space inputs per-cell instead of running",
        *(
            f"{task} network options {option} instead of none"
            for task in ("proxy", "target")
            for option in ("filters 8", "cells 2")
        ),
    ],
}


@pytest.fixture(scope="module")
def paper() -> Params:
    return checks.read(ROOT / "presets/paper.yaml")


def why(params: Params, name: str, root: Path, dataset: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    """Return the differences of a study whose sections are changed: key by key, or as a whole."""
    made = StudyData(params, name, root)
    if dataset:
        made.dataset = made.dataset.model_copy(update=dataset)
    sections = {
        key: getattr(made.settings, key).model_copy(update=value) if isinstance(value, dict) else value
        for key, value in changes.items()
    }
    made.settings = made.settings.model_copy(update=sections)
    assert made.published is not None
    return published.differences(made, made.published)


def with_keys(section: Settings, **keys: Any) -> Settings:
    """Return settings with other keys, validated anew."""
    return type(section).model_validate({**section.model_dump(), **keys}, strict=False)


def test_as_published_studies_of_the_paper_preset_are_comparable(paper: Params, tmp_path: Path) -> None:
    names = [name for name, study in paper.studies.items() if study.published and study.protocol == "as-published"]
    assert len(names) == 5 and {METAQNN, *EXCEPTIONS} <= set(names)
    for name in names:
        made = StudyData(paper, name, tmp_path)
        assert made.published is not None
        assert published.differences(made, made.published) == EXCEPTIONS.get(name, []), name
        # What is left is said of single numbers, which come from other sources.
        told = {"; ".join(filter(None, [number.because])) for number in made.published.numbers}
        if name not in EXCEPTIONS:
            assert {row["because"] for row in published_table.table(made).rows} <= {*told, ""}


def test_what_is_recorded_besides_is_no_difference(paper: Params, tmp_path: Path) -> None:
    entry = published_models.load("metaqnn")
    assert entry is not None and entry.proxy.record == ()
    assert paper.studies[METAQNN].proxy.record == ("one-class",)
    assert why(paper, METAQNN, tmp_path) == why(paper, METAQNN, tmp_path, proxy={"record": ()}) == []


def test_of_another_type_the_type_alone_is_told(paper: Params, tmp_path: Path) -> None:
    proxy = paper.studies[METAQNN].proxy
    for keys, reasons in [
        ({"schedule": {"type": "constant"}}, ["proxy schedule type constant instead of step"]),
        ({"schedule": {"type": "cosine"}}, ["proxy schedule type cosine instead of step"]),
        (
            {"schedule": {"type": "step", "factor": 0.1, "every": 4}},
            ["proxy schedule factor 0.1 instead of 0.2", "proxy schedule every 4 instead of 5"],
        ),
        (
            {"optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}},
            ["proxy optimizer name sgd instead of adam"],
        ),
        ({"optimizer": {"name": "adam", "lr": 0.001}}, ["proxy optimizer betas 0.9, 0.999 instead of 0.5, 0.999"]),
        # Without a type each key is told, also where one side has none of them.
        ({"restart": None}, ["proxy restart factor none instead of 0.4", "proxy restart most none instead of 1"]),
    ]:
        assert why(paper, METAQNN, tmp_path, proxy=with_keys(proxy, **keys)) == reasons


def test_other_images_of_the_same_source_are_told(paper: Params, tmp_path: Path) -> None:
    for keys, reasons in [
        ({"size": 16, "images": 1000}, ["dataset images 1000 instead of 4000", "dataset size 16 instead of 64"]),
        ({"rotate": True}, ["dataset rotate true instead of false"]),
        ({"test": 0.2}, ["dataset test 0.2 instead of 0.3"]),
        # The source says nothing about seeds.
        ({"seed": 1, "split_seed": 1}, []),
        ({"validation": 0.1}, ["validation 0.1 instead of 0.2"]),
        # The images of another source have other keys.
        ({"source": "digits", "size": 16}, ["dataset digits instead of leaves"]),
    ]:
        assert why(paper, METAQNN, tmp_path, dataset=keys) == reasons


def test_another_space_is_told_by_the_keys_that_the_source_gives(paper: Params, tmp_path: Path) -> None:
    space = paper.studies[METAQNN].space
    for keys, reasons in [
        ({"depth": 3}, ["space depth 3 instead of 12"]),
        ({"filters": [4, 16]}, ["space filters 4, 16 instead of 64, 128, 256, 521"]),
        ({"pool_sizes": [[3, 2], [2, 2]]}, [f"space pool sizes (3, 2), (2, 2) instead of {POOLS}"]),
        ({"first": "same"}, ["space first same instead of valid"]),
        ({"pools": "valid"}, ["space pools valid instead of same"]),
        ({"initial_pool": False}, ["space initial pool false instead of true"]),
        ({"most_flops": 400_000}, ["space most flops 400000 instead of none"]),
        # Baselines are no part of what is searched.
        ({"known": {}}, []),
    ]:
        changed = with_keys(space, **{"known": {}, **keys})
        assert why(paper, METAQNN, tmp_path, space=changed) == reasons
    other = paper.studies["layered-cnn-small"].space
    assert why(paper, METAQNN, tmp_path, space=other) == ["space type layered-cnn instead of metaqnn"]
    range_of_the_code = {"low": 0.1, "high": 1.9}
    reasons = ["space low 0.1 instead of 0.3", "space high 1.9 instead of 1.7"]
    assert why(paper, "init-scale-as-published", tmp_path, space=range_of_the_code) == reasons


def test_nested_keys_of_a_space_are_told_as_far_as_the_source_gives_them(paper: Params, tmp_path: Path) -> None:
    name, known = "optimizer-selection-as-published", EXCEPTIONS["optimizer-selection-as-published"]
    space = paper.studies[name].space
    optimizers = space.model_dump()["optimizers"]
    for label, keys, reason in [
        ("sam", {"name": "sam", "lr": 0.5, "rho": 0.05, "batch_norm_updates": 2}, None),
        ("sam", {"name": "sam", "rho": 0.1, "batch_norm_updates": 2}, "space optimizers sam rho 0.1 instead of 0.05"),
        ("sgd", {"name": "adamw"}, "space optimizers sgd name adamw instead of sgd"),
    ]:
        changed = with_keys(space, optimizers={**optimizers, label: keys})
        found = why(paper, name, tmp_path, space=changed)
        assert [one for one in found if one not in known] == ([reason] if reason else [])


def test_leaves_at_the_laptop_scale_are_other_images_in_another_space(tmp_path: Path) -> None:
    found = why(checks.read(SETTINGS), METAQNN, tmp_path)
    for reason in ("dataset size 16 instead of 64", "space depth 3 instead of 12", "proxy epochs 4 instead of 15"):
        assert reason in found
    assert not [reason for reason in found if "record" in reason or "schedule factor" in reason]


@pytest.mark.parametrize(
    ("section", "keys", "told"),
    [
        ("data", {"sise": 64}, r"`data` has an unknown key 'sise' \(did you mean 'size'\?\)"),
        ("space", {"type": "metaqnn", "depht": 12}, r"`space` has an unknown key 'depht' \(did you mean 'depth'\?\)"),
        ("space", {"type": "metaqn"}, "there is no space 'metaqn'"),
    ],
)
def test_a_key_that_nothing_has_is_refused(section: str, keys: dict[str, Any], told: str) -> None:
    entry = published_models.load("metaqnn")
    assert entry is not None
    with pytest.raises(ValueError, match=told):
        published_models.Published.model_validate({**entry.model_dump(), section: keys}, strict=False)


def test_the_studies_of_cells_are_compared_with_the_source_that_they_follow(paper: Params, tmp_path: Path) -> None:
    assert why(paper, "nasnet-cells", tmp_path) == [
        "protocol corrected instead of paper",
        "target network options drop path 0.3 instead of 0.4",
        "target epochs 300 instead of 600",
        "target batch size 128 instead of 32",
    ]
    assert not any("dataset source" in one or "leaves" in one for one in why(paper, "nasnet-cells-leaves", tmp_path))
    laptop = checks.read(SETTINGS)
    short = why(laptop, "nasnet-cells", tmp_path)
    assert {"dataset digits instead of cifar-10", "space blocks 2 instead of 5"} <= set(short)
    mock = why(laptop, "nasnet-mock", tmp_path)
    assert not any("dataset" in one or "instead of cifar" in one for one in mock)


def test_of_a_source_without_numbers_none_are_announced(paper: Params, tmp_path: Path) -> None:
    told = str(section.introduction(StudyData(paper, "nasnet-cells-leaves", tmp_path)))
    assert told.startswith("The source gives no numbers") and "protocol corrected instead of as-published" in told
    assert "shown for orientation" in str(section.introduction(StudyData(paper, "nasnet-cells", tmp_path)))

"""Why published numbers cannot be compared with a study's: the studies of the paper preset, and changes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rlsearch import checks
from rlsearch.config.base import Settings
from rlsearch.config.models import Params
from rlsearch.report import published, published_models
from rlsearch.report.study import StudyData
from rlsearch.report.tables import published as published_table
from shipped import ROOT

METAQNN = "metaqnn-as-published"
EXCEPTIONS = {
    # Pham (2024) gives no share of validation images; a script has episodes of 10 epochs, and the text one run of 150.
    "optimizer-selection-as-published": [
        "validation 0.2 instead of an unknown share",
        "proxy epochs 150 instead of 10",
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
    assert len(names) == 4 and {METAQNN, *EXCEPTIONS} <= set(names)
    for name in names:
        made = StudyData(paper, name, tmp_path)
        assert made.published is not None
        assert published.differences(made, made.published) == EXCEPTIONS.get(name, []), name
        # What is left is said of single numbers, which come from other sources.
        told = {", ".join(filter(None, [number.because])) for number in made.published.numbers}
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

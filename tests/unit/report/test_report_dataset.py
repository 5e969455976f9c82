"""The report names the classes by number and repeats what the fetch phase found remarkable."""

from __future__ import annotations

from pathlib import Path

import artefact_factory
from rlsearch.config import artefacts
from rlsearch.files import pretty_json, read_json
from rlsearch.report import page
from rlsearch.report.study import StudyData

STUDY = "init-scale"


def test_classes_and_copies_stand_in_the_report(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, parts=("search",))
    path = tmp_path / artefacts.data_folder(params.studies[STUDY].dataset) / "manifest.json"
    plain = read_json(path)
    changed = {"class_names": ["2", "cat & dog", "10"], "remarks": ["test images that are training images too: 4"]}
    path.write_text(pretty_json({**plain, **changed}), encoding="utf-8")
    html = page.render(params, [page.Chapter(StudyData(params, STUDY, tmp_path), [], [])])
    assert "0 = 2, 1 = cat &amp; dog, 2 = 10" in html
    assert "1078 train, 359 validation, 360 test" in html
    assert '<p class="notice">Dataset digits: test images that are training images too: 4.</p>' in html


def test_a_dataset_without_names_or_not_fetched_yet_has_its_place_too(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, parts=("search",))
    html = page.render(params, [page.Chapter(StudyData(params, STUDY, tmp_path), [], [])])
    assert "10, numbered from 0 without names" in html
    assert "Dataset digits:" not in html
    (tmp_path / artefacts.data_folder(params.studies[STUDY].dataset) / "manifest.json").unlink()
    html = page.render(params, [page.Chapter(StudyData(params, STUDY, tmp_path), [], [])])
    assert "numbered from 0" not in html

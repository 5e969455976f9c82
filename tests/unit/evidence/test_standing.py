"""Stamps: results of other settings, and files that were changed by hand, are told from those of a run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import tiny
from rlsearch import stamps
from rlsearch.config.artefacts import controls_file, retrain_folder, search_folder
from rlsearch.config.models import Params
from rlsearch.errors import RlsearchError
from rlsearch.evidence import standing
from rlsearch.export import load_model
from rlsearch.files import file_sha256, pretty_json, read_json, write_atomic
from rlsearch.phases import controls, report, retrain, search, select

OPTIONS: dict[str, Any] = {"agents": {"random": {"type": "random"}}, "retrain": {"seeds": 1}}
SUMMARY = search_folder("tiny", "random", 0) / "summary.json"
CONTROLS, RETRAINED = controls_file("tiny", "random"), retrain_folder("tiny", "he") / "metrics.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which every phase but the report has run."""
    root = tmp_path_factory.mktemp("made")
    params = tiny.study(root, **OPTIONS)
    search.run(params, "tiny", "random", 0, root)
    controls.run(params, "tiny", "random", root)
    select.run(params, "tiny", root)
    for slot in ("best-random", "he"):
        retrain.run(params, "tiny", slot, root)
    return root


@pytest.fixture
def project(made: Path, tmp_path: Path) -> tuple[Path, Params]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path, tiny.study(tmp_path, **OPTIONS)


def changed(root: Path, **changes: Any) -> Params:
    """Return the settings with parts of the study's sections replaced, e.g. `search={"budget": 12}`."""
    merged = {name: {**tiny.STUDY[name], **values} for name, values in changes.items()}
    return tiny.study(root, **{**OPTIONS, **merged})


def test_results_of_the_present_settings_are_at_home(project: tuple[Path, Params]) -> None:
    root, params = project
    assert standing.foreign(params, root) == []
    standing.check(params, root, ["tiny"])


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"search": {"budget": 12}}, {SUMMARY, CONTROLS}),
        ({"search": {"seeds": 2}}, set()),
        ({"proxy": {"epochs": 3}}, {SUMMARY, CONTROLS}),
        ({"controls": {"runs": 21}}, {CONTROLS}),
        ({"target": {"epochs": 3}}, {RETRAINED, retrain_folder("tiny", "best-random") / "metrics.json"}),
    ],
)
def test_each_result_belongs_to_the_settings_of_its_job(
    changes: dict[str, Any], paths: set[Path], project: tuple[Path, Params]
) -> None:
    root, _ = project
    assert set(standing.foreign(changed(root, **changes), root)) == paths


def test_a_search_of_other_settings_is_neither_selected_from_nor_reported(project: tuple[Path, Params]) -> None:
    root, params = project
    search.run(changed(root, search={"budget": 12}), "tiny", "random", 0, root)
    assert standing.foreign(params, root) == [SUMMARY]
    for work in (lambda: select.run(params, "tiny", root), lambda: report.run(params, root, partial=True)):
        with pytest.raises(RlsearchError, match="other settings") as caught:
            work()
        assert str(SUMMARY) in str(caught.value) and "make run" in str(caught.value)
    search.run(params, "tiny", "random", 0, root)
    select.run(params, "tiny", root)


def test_images_other_than_those_that_lie_here_are_seen(project: tuple[Path, Params]) -> None:
    root, params = project
    retrained = {RETRAINED, retrain_folder("tiny", "best-random") / "metrics.json"}
    sums = {path.name: file_sha256(path) for path in (root / "data/spots").glob("*.npz")}
    for changed_part, paths in {
        "train.npz": {SUMMARY, CONTROLS, *retrained},
        "validation.npz": {SUMMARY, CONTROLS, *retrained},
        "test.npz": retrained,
        "": set[Path](),
    }.items():
        said = {name: "0" if name == changed_part else found for name, found in sums.items()}
        write_atomic(root / "data/spots/manifest.json", json.dumps({"sha256": said}))
        assert set(standing.foreign(params, root)) == paths


@pytest.mark.parametrize(
    "path",
    [
        *(SUMMARY.with_name(name) for name in ("summary.json", "trials.jsonl", "finalists.csv")),
        *(RETRAINED.with_name(name) for name in ("metrics.json", "curves.csv", "model.json")),
        CONTROLS,
    ],
    ids=lambda path: path.name,
)
def test_a_file_that_was_changed_is_named(path: Path, project: tuple[Path, Params]) -> None:
    root, params = project
    text = (root / path).read_text(encoding="utf-8")
    place = next(place for place, letter in reversed(list(enumerate(text))) if letter.isdigit())
    (root / path).write_text(text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :], encoding="utf-8")
    with pytest.raises(RlsearchError, match="has been changed since") as caught:
        report.run(params, root, partial=True)
    assert str(root / path) in str(caught.value) and "delete it and make run" in str(caught.value)


def test_exchanged_weights_are_refused_by_whoever_takes_them(project: tuple[Path, Params]) -> None:
    root, params = project
    folder = (root / RETRAINED).parent
    weights, card = folder / "weights.pt", read_json(folder / "model.json")
    weights.write_bytes((root / retrain_folder("tiny", "best-random") / "weights.pt").read_bytes())
    write_atomic(folder / "model.json", pretty_json({**card, "sha256": file_sha256(weights)}))
    for work in (lambda: report.run(params, root, partial=True), lambda: load_model(folder)):
        with pytest.raises(RlsearchError, match="has been changed since"):
            work()


def test_results_without_a_stamp_are_taken_as_they_are(project: tuple[Path, Params]) -> None:
    root, _ = project
    for path in (SUMMARY, CONTROLS, RETRAINED):
        value = read_json(root / path)
        for key in ("asked", "files", "seal"):
            del value["provenance"][key]
        write_atomic(root / path, pretty_json(value))
    others = changed(root, search={"budget": 12}, target={"epochs": 3})
    assert standing.foreign(others, root) == [retrain_folder("tiny", "best-random") / "metrics.json"]


def test_a_stamp_survives_what_json_does_to_keys(tmp_path: Path) -> None:
    value = {"counts": {2: 1, 10: (1, 2)}, "provenance": {"settings": "x"}}
    write_atomic(tmp_path / "a.json", pretty_json(stamps.stamped(value, "asked", {"b.csv": "1\n"})))
    found = read_json(tmp_path / "a.json")
    assert stamps.asked_of(found) == "asked"
    stamps.check(tmp_path / "a.json", found)
    write_atomic(tmp_path / "b.csv", "2\n")
    with pytest.raises(RlsearchError, match="changed"):
        stamps.check(tmp_path / "a.json", found)

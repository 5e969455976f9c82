"""Artefacts that were made from others than those that lie here: told in a report, put right by a run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tiny
from rlsearch.config.artefacts import controls_file, retrain_folder, search_folder, select_folder
from rlsearch.config.models import Params
from rlsearch.errors import RlsearchError
from rlsearch.evidence import mixture, standing
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.overview.state import StudyState
from rlsearch.phases import controls, report, retrain, search, select

ASKED = {
    "first": {"type": "top", "agent": "random", "count": 2},
    "joined": {"type": "ensemble", "agent": "random", "count": 2},
}
OPTIONS: dict[str, Any] = {
    "agents": {"random": {"type": "random"}},
    "search": {**tiny.STUDY["search"], "seeds": 2},
    "retrain": {"seeds": 1, "slots": ASKED},
}
SLOTS = ("best-random", "he", "first-1", "first-2", "joined")
SELECTED, RETRAINED = (
    {slot: select_folder("tiny") / f"{slot}.json" for slot in SLOTS},
    {slot: retrain_folder("tiny", slot) / "metrics.json" for slot in SLOTS},
)
TABLE = select_folder("tiny") / "searches.csv"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which every phase but the report has run."""
    root = tmp_path_factory.mktemp("made")
    params = tiny.study(root, **OPTIONS)
    for seed in range(2):
        search.run(params, "tiny", "random", seed, root)
    controls.run(params, "tiny", "random", root)
    select.run(params, "tiny", root)
    for slot in SLOTS:
        retrain.run(params, "tiny", slot, root)
    return root


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Params]:
    monkeypatch.setattr("rlsearch.search.ready.fetched", lambda *_: True)
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path, tiny.study(tmp_path, **OPTIONS)


def change(path: Path, to: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    write_atomic(path, pretty_json(to(read_json(path))))


def turned(value: dict[str, Any]) -> dict[str, Any]:
    """Return the file of a slot with its networks in another order, or with another scale under the same key."""
    spec = value["spec"]
    if "members" in spec:
        return {**value, "spec": {"members": spec["members"][::-1]}}
    return {**value, "spec": {"init": {**spec["init"], "scale": 0.7}}}


def refused(root: Path, params: Params, path: Path) -> None:
    with pytest.raises(RlsearchError, match="do not belong to the others") as caught:
        report.run(params, root)
    assert str(path) in str(caught.value) and "make run" in str(caught.value)


def test_what_a_run_makes_belongs_together(project: tuple[Path, Params]) -> None:
    root, params = project
    assert mixture.mixed(params, root, founded=True) == []
    assert all(phase.done == phase.planned for phase in StudyState(params, "tiny", root).phases()[2:])


@pytest.mark.parametrize("slot", SLOTS)
def test_a_slot_that_does_not_follow_from_the_searches_is_refused(slot: str, project: tuple[Path, Params]) -> None:
    root, params = project
    change(root / SELECTED[slot], turned)
    assert mixture.mixed(params, root) == [SELECTED[slot]]
    refused(root, params, SELECTED[slot])
    assert StudyState(params, "tiny", root).phases()[2].done == 0


def test_a_table_of_other_searches_is_refused(project: tuple[Path, Params]) -> None:
    root, params = project
    lines = (root / TABLE).read_text(encoding="utf-8").splitlines(keepends=True)
    write_atomic(root / TABLE, "".join(lines[:-1]))
    refused(root, params, TABLE)


@pytest.mark.parametrize("slot", ["best-random", "joined"])
def test_a_retraining_of_another_candidate_is_refused(slot: str, project: tuple[Path, Params]) -> None:
    root, params = project
    before = (root / SELECTED[slot]).read_bytes()
    change(root / SELECTED[slot], turned)
    retrain.run(params, "tiny", slot, root)
    (root / SELECTED[slot]).write_bytes(before)
    standing.check(params, root, standing.names(params))  # settings and data are the same
    assert mixture.mixed(params, root) == [RETRAINED[slot]]
    refused(root, params, RETRAINED[slot])
    assert StudyState(params, "tiny", root).phases()[3].done == len(SLOTS) - 1
    page = report.run(params, root, partial=True).read_text(encoding="utf-8")
    assert "1 retrained slot (results/retrain)" in page
    retrain.run(params, "tiny", slot, root)
    assert mixture.mixed(params, root) == []


def test_other_searches_select_anew_and_a_partial_report_leaves_out_what_is_not_yet(
    project: tuple[Path, Params],
) -> None:
    root, params = project
    other = params.studies["tiny"].search.model_copy(update={"budget": 24})
    others = params.model_copy(
        update={"studies": {"tiny": params.studies["tiny"].model_copy(update={"search": other})}}
    )
    for seed in range(2):
        search.run(others, "tiny", "random", seed, root)
    (root / controls_file("tiny", "random")).unlink()
    found = mixture.mixed(others, root)
    assert TABLE in found and SELECTED["he"] not in found and RETRAINED["he"] not in found
    moved = {slot for slot in SLOTS if RETRAINED[slot] in found}
    assert moved and all(SELECTED[slot] in found for slot in moved)
    select.run(others, "tiny", root)
    assert mixture.mixed(others, root) == [RETRAINED[slot] for slot in SLOTS if slot in moved]


def test_with_a_search_to_come_nothing_is_wrong_and_nothing_is_shown(project: tuple[Path, Params]) -> None:
    root, params = project
    (root / search_folder("tiny", "random", 1) / "summary.json").unlink()
    assert mixture.mixed(params, root) == []
    assert set(mixture.mixed(params, root, founded=True)) == {TABLE, *SELECTED.values(), *RETRAINED.values()}
    with pytest.raises(RlsearchError, match="artefacts are missing"):
        report.run(params, root)


def test_a_study_that_became_another_one_is_put_right_by_a_run(project: tuple[Path, Params]) -> None:
    """Nothing follows from searches of another space, whose answers hold other keys; they are named as foreign."""
    root, _ = project
    search_settings = {**tiny.LAYERED.get("search", tiny.STUDY["search"]), "seeds": 2}
    other = tiny.study(root, **{**tiny.LAYERED, **OPTIONS, "search": search_settings, "baselines": ["hand-made"]})
    assert search_folder("tiny", "random", 0) / "summary.json" in standing.foreign(other, root)
    assert mixture.Selected(other, "tiny", root).right is None and mixture.mixed(other, root) == []


def test_a_ledger_that_is_gone_is_no_traceback(project: tuple[Path, Params]) -> None:
    """The remedy for a damaged ledger is to delete it; slots of the best candidates are made from it."""
    root, params = project
    (root / search_folder("tiny", "random", 0) / "trials.jsonl").unlink()
    assert mixture.mixed(params, root) == []
    assert StudyState(params, "tiny", root).phases()

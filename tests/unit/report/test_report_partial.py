"""Reports of unfinished, damaged, hostile and mixed results."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

import artefact_factory
from report_pages import SECTIONS, Made, Page, tiny
from rlsearch.config import artefacts
from rlsearch.errors import RlsearchError
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.phases import report
from rlsearch.report import figures, study

HOSTILE = '<script>alert("x")</script> $x^{2$ & \' ]]>'


def test_incomplete_artefacts_are_refused_in_one_message(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, raw=tiny(), parts=("search",))
    with pytest.raises(RlsearchError) as caught:
        report.run(params, tmp_path)
    assert "artefacts are missing" in str(caught.value)
    assert "make partial" in caught.value.remedy
    assert len(str(caught.value).splitlines()) == 3
    assert not (tmp_path / artefacts.REPORT_FOLDER).exists()


def test_damaged_artefact_is_named(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, raw=tiny(), parts=("search",))
    path = artefacts.search_folder("init-scale", "grid", 1) / "summary.json"
    (tmp_path / path).write_text("{", encoding="utf-8")
    with pytest.raises(RlsearchError, match="damaged") as caught:
        report.run(params, tmp_path, partial=True)
    assert caught.value.where == str(tmp_path / path)


def test_partial_report_of_nothing(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, parts=())
    page = Page(report.run(params, tmp_path, partial=True).read_text(encoding="utf-8"))
    text = (tmp_path / artefacts.REPORT_FOLDER / "index.html").read_text(encoding="utf-8")
    assert "This report is partial" in text
    assert "36 searches (results/search); 4 controls (results/controls); 24 selected slots (results/select)" in text
    assert "No claim can be decided yet." in text
    assert page.tags.count("figure") == 1  # of the data, which are fetched
    assert {f"init-scale-{section}" for section in SECTIONS} <= set(page.ids)
    metrics = read_json(tmp_path / artefacts.METRICS_FILE)
    assert "slots" not in metrics["studies"]["init-scale"]


def test_partial_report_when_no_agent_but_a_twin_has_searched(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, raw=tiny(), parts=("search",))
    searched = [path for path in (tmp_path / "results/search").glob("*/*") if path.is_dir()]
    kept = {path.name for path in searched if path.name not in params.studies[path.parent.name].agents}
    assert kept, "the tiny run has a twin"
    for path in searched:
        if path.name not in kept:
            shutil.rmtree(path)
    assert "This report is partial" in report.run(params, tmp_path, partial=True).read_text(encoding="utf-8")


def test_partial_report_of_half_a_run(half: Made) -> None:
    assert "2 controls (results/controls); 7 retrained slots (results/retrain)" in half.text
    assert "figure-init-scale-rewards" in half.page.ids
    assert "figure-init-scale-test-levels" not in half.page.ids
    assert "init-scale-controls" in half.page.ids
    for link in half.page.links:
        if not link.startswith(("#", "data:")):
            assert (half.folder / link).is_file(), link


def test_hostile_labels_stay_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled = {name: figures.modules()[name] for name in ("test-levels", "target-curves")}
    monkeypatch.setattr(figures, "modules", lambda: labelled)
    monkeypatch.setattr(study, "SHORT_LABEL", len(HOSTILE))  # else figures would not print it
    raw = tiny(fidelity=None)
    folder = HOSTILE.replace("{", "(")  # a path with a brace is refused before anything runs
    raw["datasets"]["digits"] |= {"validation": "published-test", "source": "npz", "path": folder, "test": None}
    params = artefact_factory.build(tmp_path, raw=raw)
    for path in sorted((tmp_path / "results").rglob("*.json")):
        value = read_json(path)
        if value.get("label"):
            value["label"] = HOSTILE
        if value.get("answer"):
            value["answer"]["label"] = HOSTILE
        if "provenance" in value:
            value["provenance"]["cpu"] = HOSTILE
        if value.get("slot") == "he":
            value |= {"status": "empty", "reason": HOSTILE, "runs": []}
        write_atomic(path, pretty_json(value))
    text = report.run(params, tmp_path).read_text(encoding="utf-8")
    page = Page(text)
    assert "script" not in page.tags
    assert page.open == []
    assert "&lt;script&gt;alert(" in text
    assert "Rewards on the test set, as published." in text
    assert text.count("This study rewards on the test set, as published.") == text.count('class="table-block"')
    assert "on the training images alone" in text
    assert "validation images" not in text
    assert "No claim is tested at this scale" in text
    drawings = list((tmp_path / artefacts.REPORT_FOLDER / "figures").glob("*.svg"))
    assert len(drawings) == 2
    for path in drawings:
        assert "alert(" in "".join(ElementTree.parse(path).getroot().itertext())


def test_a_fault_leaves_the_report_before_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (tmp_path / "results").rglob("*") if path.is_file()}

    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(figures, "modules", lambda: {})
    params = artefact_factory.build(tmp_path, raw=tiny(), parts=("search",))
    report.run(params, tmp_path, partial=True)
    before = files()
    monkeypatch.setattr(report.page, "render", full)
    with pytest.raises(OSError, match="no space"):
        report.run(params, tmp_path, partial=True)
    assert files() == before
    assert not list((tmp_path / "results").glob(".*"))


def test_mixed_origins_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "modules", lambda: {})  # the notice needs none, and the others take their time
    params = artefact_factory.build(tmp_path, raw=tiny(), parts=())
    artefact_factory.build(tmp_path, raw=tiny(), parts=("search",))
    path = tmp_path / artefacts.search_folder("init-scale", "grid", 1) / "summary.json"
    value = read_json(path)
    value["provenance"]["device"] = "cuda"
    write_atomic(path, pretty_json(value))
    for ledger in (tmp_path / "results/search").rglob("trials.jsonl"):
        ledger.unlink()
    text = report.run(params, tmp_path, partial=True).read_text(encoding="utf-8")
    assert "Not all artefacts agree on: device." in text

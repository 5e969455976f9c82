"""Each artefact is read when it is asked for, and at most once while a whole report is made."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import artefact_factory
import control_factory
from rlsearch.claims import base as claims
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.errors import RlsearchError
from rlsearch.evidence.results import Results
from rlsearch.phases import report
from rlsearch.report.plotting import svg

STUDY = "init-scale"
READ: list[Counter[str]] = []


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and READ and isinstance(arguments[0], str | Path) and arguments[1] in ("r", "rb"):
        READ[-1][str(arguments[0])] += 1


sys.addaudithook(_look)  # which stays until the process ends, and looks at nothing outside `opened`


@contextmanager
def opened(root: Path) -> Iterator[Counter[str]]:
    """Count how often each file below a folder is opened to be read, by its path there."""
    found: Counter[str] = Counter()
    READ.append(Counter())
    try:
        yield found
    finally:
        for path, times in READ.pop().items():
            whole = Path(path).absolute()
            if whole.is_relative_to(root):
                found[whole.relative_to(root).as_posix()] += times


def wanted(params: Params, study: str) -> set[str]:
    """Return the files of a study that a report is made of."""
    results = Results(params, study, Path("nowhere"))
    return {path for path in results.missing if not path.startswith("results/reference/")}


@pytest.mark.parametrize("factory", [artefact_factory, control_factory], ids=["scales", "schedules"])
def test_a_report_opens_each_artefact_once(factory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    params = factory.build(tmp_path)
    for asked in (report.standing, report.mixture):  # which look at all files once, before any is used
        monkeypatch.setattr(asked, "check", lambda *_: None)
    monkeypatch.setattr(svg, "to_svg", lambda *_: "<svg></svg>")  # figures are laid out, which reads; no file of
    monkeypatch.setattr(svg, "to_png", lambda *_: b"")  # theirs is looked at here
    with opened(tmp_path) as files:
        report.run(params, tmp_path)
    assert {path: times for path, times in files.items() if times > 1} == {}
    assert all(times == 1 for path, times in files.items() if path.endswith("/test.npz"))
    for name in params.studies:
        assert wanted(params, name) - set(files) == set()


def test_evidence_reads_what_it_needs_and_no_more(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path)
    results = Results(params, STUDY, tmp_path)
    (beats, *_) = results.settings.claims
    with opened(tmp_path) as files:
        assert claims.of(beats).evidence(results).test is not None
        claims.of(beats).evidence(results)
    read = {Path(path).name for path in files}
    assert read == {"searches.csv", "summary.json"}
    assert max(files.values()) == 1


def test_what_is_missing_is_told_by_its_path_and_read_as_nothing(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, parts=("search",))
    results = Results(params, STUDY, tmp_path)
    assert (results.searches, dict(results.retrained), results.block("reinforce", "null_constant")) == (None, {}, {})
    assert len(results.summaries) == len(artefacts.searches(params, STUDY))
    first = artefacts.controls_file(STUDY, "reinforce").as_posix()
    assert results.missing[0] == first and not any("results/search/" in path for path in results.missing)


def test_a_file_that_is_no_artefact_is_one_message_with_its_path(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path)
    path = artefacts.search_folder(STUDY, "grid", 0) / "times.csv"
    (tmp_path / path).unlink()
    (tmp_path / path).mkdir()
    with pytest.raises(RlsearchError, match="cannot read an artefact") as caught:
        list(Results(params, STUDY, tmp_path).time_rows.values())
    assert path.as_posix() in str(caught.value)

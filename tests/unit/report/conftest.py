"""Reports that several files look at, and that every test leaves as they were: each takes ten seconds to make."""

from __future__ import annotations

from dataclasses import replace

import pytest

import control_factory
import control_report
import report_pages
from rlsearch.phases import report
from rlsearch.report.study import StudyData


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> report_pages.Made:
    """Return the whole report of a made-up study of initial scales."""
    return report_pages.make(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="session")
def half(tmp_path_factory: pytest.TempPathFactory) -> report_pages.Made:
    """Return the partial report of such a study, in which controls and retraining have not run."""
    root = tmp_path_factory.mktemp("half")
    return report_pages.make(root, partial=True, raw=report_pages.tiny(), parts=("search", "select"))


@pytest.fixture(scope="session")
def loop(tmp_path_factory: pytest.TempPathFactory) -> control_report.Made:
    """Return a made-up closed loop as the report reads it, without a report; who changes it takes a copy."""
    root = tmp_path_factory.mktemp("control")
    params = control_factory.build(root)
    return control_report.Made(root, params, StudyData(params, control_factory.STUDY, root), "")


@pytest.fixture(scope="session")
def made(loop: control_report.Made) -> control_report.Made:
    """Return the same with its report."""
    return replace(loop, text=report.run(loop.params, loop.root).read_text(encoding="utf-8"))

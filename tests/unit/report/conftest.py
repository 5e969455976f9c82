"""Reports that several files look at, and that every test leaves as they were: each takes ten seconds to make."""

from __future__ import annotations

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
def made(tmp_path_factory: pytest.TempPathFactory) -> control_report.Made:
    """Return the report of a made-up closed loop."""
    root = tmp_path_factory.mktemp("control")
    params = control_factory.build(root)
    text = report.run(params, root).read_text(encoding="utf-8")
    return control_report.Made(root, params, StudyData(params, control_factory.STUDY, root), text)

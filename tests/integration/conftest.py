"""One real run of the smoke preset; every test gets a copy of its outcome."""

from __future__ import annotations

from pathlib import Path

import pytest

from clone import SMOKE, Project, new_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project in which everything has run; tests only look at it."""
    project = new_project(tmp_path_factory.mktemp("finished"), SMOKE)
    (project.home / "imports").mkdir()
    watch = Path(__file__).parent / "watch"
    project.snakemake(PYTHONPATH=str(watch), PYTHONHASHSEED="1", IMPORTS_TO=str(project.home / "imports"))
    project.commit()
    return project


@pytest.fixture(scope="session")
def recorded(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose results are under DVC; tests only look at it."""
    project = finished.copy(tmp_path_factory.mktemp("recorded"))
    project.front("record")
    project.commit()
    return project


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """Return a copy of the finished project to change."""
    return finished.copy(tmp_path)

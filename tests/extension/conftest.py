"""A project with the files of `extensions/` beside this one and no other change, and what both doors make of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from clone import Project, new_project

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project of the seventh study in which nothing has run; tests only look at it."""
    project = new_project(tmp_path_factory.mktemp("seventh"))
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(HERE / "extensions", project.root / "extensions", dirs_exist_ok=True, ignore=skipped)
    shutil.copyfile(HERE / "params.yaml", project.root / "params.yaml")
    project.shorten_lock()
    project.commit()
    return project


@pytest.fixture(scope="session")
def ran(fresh: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return the project after `make run`, without the installation that make asks for; tests only look at it."""
    project = fresh.copy(tmp_path_factory.mktemp("ran"))
    project.front("renew")
    project.snakemake()
    return project


@pytest.fixture(scope="session")
def reproduced(fresh: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project in which DVC alone has run the study that trains, and its transfer; tests only look at it."""
    project = fresh.copy(tmp_path_factory.mktemp("reproduced"))
    settings = yaml.safe_load((project.root / "params.yaml").read_text(encoding="utf-8"))
    del settings["studies"]["babble-by-entropy"]
    (project.root / "params.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    project.front("repro")
    return project

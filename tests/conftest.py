"""What all tests share: one thread for each process, and copies of the project in which snakemake and dvc may run."""

from __future__ import annotations

import os

# Before torch is imported anywhere: processes that each take all cores are slower together.
os.environ["OMP_NUM_THREADS"] = "1"

import pytest

from clone import Project, new_project


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy of the project as it stands, in which nothing has run; tests only look at it."""
    return new_project(tmp_path_factory.mktemp("untouched"))

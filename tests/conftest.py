"""What all tests share: one thread for each process, a copy of the project, and which tests stay in one process."""

from __future__ import annotations

import os

# Before torch is imported anywhere: processes that each take all cores are slower together.
os.environ["OMP_NUM_THREADS"] = "1"

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from clone import Project, new_project

SHARING = {
    **dict.fromkeys(("test_dvc", "test_experiments", "test_snakemake_runs"), "a finished run"),
    **dict.fromkeys(("test_parity", "test_snakemake"), "all rules"),
}
"""Files of tests that share a fixture of a minute of processor time, which every process would make for itself."""


class Groups(LoadScopeScheduling):
    """Keeps a file's tests in one process, and files that share something; kill tests share nothing.

    (xdist's own `loadgroup` finds no groups with pytest 9.2, and says nothing.)
    """

    def _split_scope(self, nodeid: str) -> str:
        name = nodeid.partition("::")[0].rpartition("/")[2].removesuffix(".py")
        return nodeid if name == "test_kill" else SHARING.get(name, name)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """Spread the suite by groups."""
    return Groups(config, log)


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy of the project as it stands, in which nothing has run; tests only look at it."""
    return new_project(tmp_path_factory.mktemp("untouched"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long groups first: what begins last is then short."""
    items.sort(key=lambda item: 0 if item.path.stem in SHARING else 1 if "integration" in item.path.parts else 2)

"""What all tests share: one thread for each process, a copy of the project, and which tests stay in one process."""

from __future__ import annotations

import os

# Before torch is imported anywhere: processes that each take all cores are slower together.
os.environ["OMP_NUM_THREADS"] = "1"

import pytest

from clone import Project, new_project

COSTLY = ("finished", "dag")
"""Fixtures of minutes of processor time, which every process makes for itself: their tests stay in one process."""


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy of the project as it stands, in which nothing has run; tests only look at it."""
    return new_project(tmp_path_factory.mktemp("untouched"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group of each test for `--dist loadgroup`, long groups first: what begins last is then short.

    A file is a group, but for tests that share a costly fixture, over files, and kill tests, which share nothing.
    """
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        shared = next((name for name in COSTLY if name in fixtures), None)
        alone = item.path.name == "test_kill.py"
        item.add_marker(pytest.mark.xdist_group(shared or (item.name if alone else item.path.stem)))
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    group = item.get_closest_marker("xdist_group")
    assert group is not None
    if group.args[0] == "finished":
        return 0
    return 1 if "integration" in item.path.parts else 2

"""What all tests share: one thread for each process, a copy of the project, no look at what runs have left in the work
tree, and which tests stay in one process.
"""

from __future__ import annotations

import os
import sys

# Before torch is imported anywhere: processes that each take all cores are slower together.
os.environ["OMP_NUM_THREADS"] = "1"

import gc
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

import shipped
from clone import Project, new_project
from rlsearch import extensions

sys.addaudithook(shipped.GUARD)

SHARING = {
    **dict.fromkeys(("test_dvc", "test_experiments", "test_snakemake_runs"), "a finished run"),
    **dict.fromkeys(("test_parity", "test_snakemake", "test_learnt_rules"), "all rules"),
    **dict.fromkeys(("test_seventh_study", "test_seventh_kill"), "the seventh study"),
    **dict.fromkeys(("test_report", "test_report_partial"), "a report of scales"),
    **dict.fromkeys(("test_report_control", "test_control_tables", "test_control_weights"), "a report of a loop"),
}
"""Files of tests that share a fixture of much processor time, which every process would make for itself."""

LONGEST = ("integration", "extension", "workflow", "testing")
"""Folders whose files take long, the longest first."""


def pytest_configure(config: pytest.Config) -> None:
    """Leave a user's extensions out: these tests are of the package. `--pyargs rlsearch.testing` is for extensions too.

    pytest loads this file there as well, where what an extension reads is its own affair.
    """
    if config.option.pyargs:
        shipped.GUARD.on = False
    else:
        extensions.__path__.clear()
        if hasattr(config, "workerinput"):
            # Until all is collected: what is loaded stays, and to look through it again and again takes a while.
            gc.disable()


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


@pytest.fixture(scope="session", autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Stand in a folder of tables alone, so that tests and their processes find no files of a run by relative paths."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "results").mkdir()
    (folder / shipped.REFERENCE).symlink_to(shipped.ROOT / shipped.REFERENCE)
    os.chdir(folder)
    shipped.GUARD.away = True
    yield
    shipped.GUARD.on = shipped.GUARD.away = False  # pytest itself goes back


@pytest.fixture(autouse=True)
def blind_to_runs() -> Iterator[None]:
    """Fail a test in which something has read what runs write, even where that error was caught."""
    shipped.GUARD.reads.clear()
    yield
    assert shipped.GUARD.reads == []


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the empty folder `extensions/` of a project; what a test imports from it is forgotten afterwards."""
    (tmp_path / "extensions").mkdir()
    monkeypatch.setattr(extensions, "__path__", [str(tmp_path / "extensions")])
    importlib.invalidate_caches()
    yield tmp_path / "extensions"
    for name in [name for name in sys.modules if name.startswith(f"{extensions.__name__}.")]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy of the project as it stands, but for most of dvc.lock, in which nothing has run.

    Tests only look at it.
    """
    project = new_project(tmp_path_factory.mktemp("untouched"))
    project.shorten_lock()
    project.commit()
    return project


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Let the collector leave alone what is loaded by now: it walked through torch and five thousand tests."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long groups first: what begins last is then short."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.parent.name
    place = LONGEST.index(folder) if folder in LONGEST else len(LONGEST)
    return -1 if item.path.stem in SHARING else place

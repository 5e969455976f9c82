"""The counts of the code, on made-up modules: statements, loops of imports, and the walk of who follows `params`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def scripts() -> Iterator[SimpleNamespace]:
    """The scripts as modules; they import each other by bare names, as scripts of one folder do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import params_walk
        import source_trees
        import structure

        yield SimpleNamespace(params_walk=params_walk, source_trees=source_trees, structure=structure)


READ = '''
"""Reads the settings."""

from rlsearch.config import checks
from rlsearch.config.models import Params


def read(path) -> Params:
    """Return them."""
    return checked(path)  # and check them


def checked(path) -> Params:
    checks.faults(Params())
'''
CHECKS = """
import importlib

from rlsearch.config.models import Params, StudySettings


def faults(params: Params) -> list[str]:
    importlib.import_module("rlsearch.spaces.base")
    return [fault for check in CHECKS for fault in check(params.studies)]


def _space(study: StudySettings) -> list[str]:
    from rlsearch.spaces.base import smallest

    return smallest(study)


def _agents(study: int) -> list[str]:
    return []


CHECKS = (_space, _agents)
"""
SPACES = """
from typing import TYPE_CHECKING

from rlsearch.config.models import StudySettings

if TYPE_CHECKING:
    from rlsearch.search.phase import run


def smallest(study: StudySettings) -> int:
    from rlsearch.report.study import shown

    return shown(study)
"""
SEARCH = """
from rlsearch.config.models import Params
from rlsearch.spaces import base


def run(params: Params) -> None:
    base.smallest(params.studies)
    draw(params)


def draw(params: Params) -> None:
    run(params)


def nothing(base) -> int:
    return base.smallest(1)
"""
PHASE = """
from rlsearch.report import study


def run(params: Params) -> None:
    Held(params).draw(study.shown)


class Held:
    def __init__(self, params: Params) -> None:
        self._draw(params)

    def _draw(self, params: Params) -> None:
        helper(params)


def helper(values: list[int]) -> int:
    return never(values)


def never(params: Params) -> int:
    return 1
"""
STUDY = """
class Data:
    settings: StudySettings
    name: str


def shown(study: StudySettings) -> Data:
    return Data(study, "name")
"""
MODELS = "class StudySettings:\n    pass\n\n\nclass Params:\n    studies: dict[str, StudySettings]\n"
FILES = {
    "rlsearch.config.load": READ,
    "rlsearch.config.checks": CHECKS,
    "rlsearch.config.models": MODELS,
    "rlsearch.spaces.base": SPACES,
    "rlsearch.search.phase": SEARCH,
    "rlsearch.report.phase": PHASE,
    "rlsearch.report.study": STUDY,
}


@pytest.fixture
def modules(scripts: SimpleNamespace) -> dict[str, object]:
    made = (scripts.source_trees.Module(name, f"{name.replace('.', '/')}.py", text) for name, text in FILES.items())
    return {module.name: module for module in made}


def test_sizes_leave_docstrings_out(scripts: SimpleNamespace, modules: dict[str, object]) -> None:
    counted = scripts.structure.size({"rlsearch.config.load": modules["rlsearch.config.load"]})
    assert (counted.statements, counted.files, counted.lines, counted.comments) == (6, 1, 14, 1)
    assert (counted.lengths, counted.long) == ([3, 2], {})


def test_loops_count_lazy_and_literal_imports_and_those_for_types_apart(
    scripts: SimpleNamespace, modules: dict[str, object]
) -> None:
    trees = scripts.source_trees
    plain = trees.imports(modules, types=False)
    assert plain["rlsearch.config.checks"] == {"rlsearch.config.models", "rlsearch.spaces.base"}
    assert trees.loops(plain) == []
    assert trees.loops(trees.by_folder(plain, modules)) == [["config", "spaces"]]
    assert trees.loops(trees.imports(modules, types=True)) == [["rlsearch.search.phase", "rlsearch.spaces.base"]]


def test_the_walk_enters_what_takes_settings_once_and_counts_the_way_up(
    scripts: SimpleNamespace, modules: dict[str, object]
) -> None:
    walk = scripts.params_walk.Reader(modules).walk()
    assert [f"{module.removeprefix('rlsearch.')}:{name}" for module, name in walk.stays] == [
        "config.load:read",
        "config.load:checked",
        "config.checks:faults",
        "config.checks:_space",
        "spaces.base:smallest",
        "report.study:shown",
        "report.study:Data",
        "search.phase:run",
        "search.phase:draw",
        "report.phase:run",
        "report.phase:Held.__init__",
        "report.phase:Held._draw",
    ]
    assert walk.visits == 6 and walk.loaders == 1
    assert [two[1] for _, two in walk.climbs] == ["shown"]
    assert [call[1][1] for call in walk.against] == ["shown"]


def test_each_entry_can_be_walked_alone(scripts: SimpleNamespace, modules: dict[str, object]) -> None:
    reader = scripts.params_walk.Reader(modules)
    alone = {name: len(reader.walk(name).stays) for name in scripts.params_walk.ENTRIES}
    assert alone == {
        "reading the settings": 7,
        "search phase": 5,
        "report phase": 5,
    }  # what two entries reach counts in both


def test_a_lost_entry_is_named(scripts: SimpleNamespace, modules: dict[str, object]) -> None:
    del modules["rlsearch.search.phase"]
    with pytest.raises(LookupError, match=r"search\.phase:run"):
        scripts.params_walk.Reader(modules).walk()


def test_revision_and_work_tree_are_read_alike(
    scripts: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*words: str) -> None:
        identity = ("-c", "user.name=tests", "-c", "user.email=tests")
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True)

    for name, text in {"src/rlsearch/__init__.py": "", "src/rlsearch/a/b.py": "x = 1\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "state")
    monkeypatch.setattr(scripts.source_trees, "ROOT", tmp_path)
    committed, present = scripts.source_trees.modules("HEAD"), scripts.source_trees.modules()
    assert committed == present and list(present) == ["rlsearch", "rlsearch.a.b"]
    assert [module.folder for module in present.values()] == ["rlsearch", "a"]

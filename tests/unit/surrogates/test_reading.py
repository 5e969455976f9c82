"""Which opens of a surrogate are refused: reads of its own and the project's files, and no others."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from made_up_table import SPACE
from rlsearch.config import plugins
from rlsearch.config.evaluator_models import SurrogateSettings
from rlsearch.errors import PluginError
from rlsearch.spaces.base import Space
from rlsearch.surrogates.base import Surrogate, make_surrogate, optimum, value

SURROGATE = """\
'''Does what a test says.'''

import os
from pathlib import Path

from rlsearch.config.evaluator_models import SurrogateSettings
from rlsearch.surrogates.base import Surrogate

HERE = Path(__file__).parent
{imported}


class Settings(SurrogateSettings):
    name: str = "reader"


class Reader(Surrogate):
    def __init__(self, space, settings):
        pass

    @classmethod
    def supports(cls, space):
        return True

    def value(self, spec):
        {asked}
        return 0.5

    @property
    def optimum(self):
        {best}
        return 0.5


SETTINGS, SURROGATE = Settings, Reader
"""
REFUSED = "a surrogate opened a file that it does not name"
READ = 'HERE.joinpath("level.txt").read_text()'


@pytest.fixture
def folder(own: Path) -> Path:
    """Return the folder of surrogates of a project, with a file of data."""
    (own / "surrogates").mkdir()
    (own / "surrogates/level.txt").write_text("0.5", encoding="utf-8")
    return own / "surrogates"


def space() -> Space:
    module = plugins.load("spaces", "layered-cnn")
    layered: Space = module.SPACE(module.SETTINGS(**{key: value for key, value in SPACE.items() if key != "type"}))
    return layered


def surrogate(folder: Path, imported: str = "", asked: str = "pass", best: str = "pass") -> Surrogate:
    (folder / "reader.py").write_text(SURROGATE.format(imported=imported, asked=asked, best=best), encoding="utf-8")
    return make_surrogate(space(), SurrogateSettings(name="reader"))


def ask(reader: Surrogate) -> float:
    return value(reader, space().decode((1, 1)))


INNOCENT = {
    "device": f"open({os.devnull!r}).close()",
    "processes": 'open("/proc/self/status").close()',
    "temporary": "__import__('tempfile').TemporaryFile().close()",
    "elsewhere": "open(CACHE).close()",
    "write": 'HERE.joinpath("log.txt").write_text("asked")',
    "code": "open(__file__).close()",
    "folder": "os.close(os.open(HERE, os.O_RDONLY))",
    "records": 'open(HERE.joinpath("x.egg-info", "entry_points.txt")).close()',
}


@pytest.mark.parametrize("name", INNOCENT)
def test_what_imports_open_is_not_refused(name: str, folder: Path) -> None:
    (folder / "x.egg-info").mkdir()
    (folder / "x.egg-info/entry_points.txt").touch()
    with tempfile.NamedTemporaryFile() as cache:  # as the fonts of matplotlib and the time zones of pandas
        reader = surrogate(folder, imported=f"CACHE = {cache.name!r}", asked=INNOCENT[name])
        assert ask(reader) == 0.5


def test_a_helper_may_be_imported_late_and_its_bytecode_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (folder / "_helper.py").write_text("level = 0.5\n", encoding="utf-8")
    assert ask(surrogate(folder, asked="from ._helper import level")) == 0.5
    assert list(folder.glob("__pycache__/_helper.*.pyc"))


def test_packages_that_lie_in_the_project_are_not_its_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rlsearch.surrogates import _reading

    packages = folder.parents[1] / ".venv"
    packages.mkdir()
    (packages / "zones.tab").touch()
    monkeypatch.setattr(_reading, "INSTALLED", (*_reading.INSTALLED, str(packages)))
    assert ask(surrogate(folder, asked='HERE.parents[1].joinpath(".venv", "zones.tab").read_text()')) == 0.5


NOT_NAMED = {
    "beside": READ,
    "below": 'HERE.joinpath("tables", "level.txt").read_text()',
    "project": 'HERE.parents[1].joinpath("params.yaml").read_text()',
    "bytes": 'open(os.fsencode(HERE / "level.txt"))',
    "update": 'HERE.joinpath("level.txt").open("r+")',
    "append": 'HERE.joinpath("level.txt").open("a+")',
    "missing": 'HERE.joinpath("lost.txt").read_text()',
    "link out": 'HERE.joinpath("link.txt").read_text()',
    "low level": 'os.open(HERE / "level.txt", os.O_RDONLY)',
}


@pytest.mark.parametrize("name", NOT_NAMED)
def test_reading_what_it_does_not_name_is_refused(name: str, folder: Path) -> None:
    (folder / "link.txt").symlink_to(__file__.removesuffix(".py") + ".txt")
    reader = surrogate(folder, asked=NOT_NAMED[name])
    with pytest.raises(PluginError, match=REFUSED):
        ask(reader)


def test_the_optimum_is_watched_too(folder: Path) -> None:
    reader = surrogate(folder, best=READ)
    assert ask(reader) == 0.5
    with pytest.raises(PluginError, match=REFUSED):
        optimum(reader)


def test_a_file_that_is_read_at_import_is_refused_unless_it_is_named(folder: Path) -> None:
    with pytest.raises(PluginError, match=rf"{REFUSED}: \S*level.txt") as caught:
        surrogate(folder, imported=f"LEVEL = {READ}")
    assert str(caught.value).startswith(REFUSED) and 'READS = ("level.txt",)' in str(caught.value)
    sys.modules.pop("rlsearch.extensions.surrogates.reader", None)
    assert ask(surrogate(folder, imported=f'READS = ("level.txt",)\nLEVEL = {READ}')) == 0.5


def test_a_file_that_a_helper_reads_at_import_is_refused_unless_it_is_named(folder: Path) -> None:
    helper = "from pathlib import Path\n{}\nlevel = Path(__file__).with_name('level.txt').read_text()\n"
    (folder / "_helper.py").write_text(helper.format(""), encoding="utf-8")
    with pytest.raises(PluginError, match=REFUSED):
        surrogate(folder, imported="from ._helper import level")
    (folder / "_helper.py").write_text(helper.format("READS = ('level.txt',)"), encoding="utf-8")
    assert ask(surrogate(folder, imported="from ._helper import level")) == 0.5

"""A plugin of a user's own lies in the project's folder `extensions/`, or in an installed distribution."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from own_plugins import settings, space, write
from rlsearch import checks, import_closure, provenance
from rlsearch.config import entry_points, plugins
from rlsearch.testing.cases import kinds
from shipped import ROOT


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of a distribution that is installed, with a space as its plugin."""
    site = tmp_path / "site-packages"
    space(site / "their_package", "their-space", "from ._helper import HELP")
    write(site / "their_package/__init__.py", "raise RuntimeError('was imported')")
    write(site / "their_package/_helper.py", "HELP = 1\n")
    about = site / "their_dist-1.2.dist-info"
    write(about / "METADATA", "Metadata-Version: 2.1\nName: their-dist\nVersion: 1.2\n")
    write(about / "entry_points.txt", "[rlsearch.spaces]\ntheir-space = their_package.their_space\n")
    monkeypatch.syspath_prepend(site)
    entry_points.installed.cache_clear()
    entry_points.entry_points.cache_clear()
    yield site
    entry_points.installed.cache_clear()
    entry_points.entry_points.cache_clear()
    for name in [name for name in sys.modules if name.startswith("their_package")]:
        del sys.modules[name]


def test_a_file_of_the_folder_is_a_plugin(own: Path) -> None:
    file = space(own / "spaces", "my-space")
    assert "my-space" in plugins.names("spaces") and "init-scale" in plugins.names("spaces")
    assert plugins.find("spaces", "my-space") == plugins.Plugin("rlsearch.extensions.spaces.my_space", file)
    made = plugins.load("spaces", "my-space").SPACE()
    assert made.decode((2,)) == {"width": 3}
    assert str(own) not in sys.path and str(own.parent) not in sys.path


def test_every_kind_of_plugins_may_lie_there(own: Path) -> None:
    for kind in plugins.KINDS:
        write(own / plugins.folder(kind) / "of_my_own.py", "")
        write(own / plugins.folder(kind) / "_beside.py", "")
        assert "of-my-own" in plugins.names(kind)
        assert not {"beside", "-beside"} & set(plugins.names(kind))


def test_files_of_the_folder_import_each_other(own: Path) -> None:
    space(own / "spaces", "my-space", "from ._sizes import SIZES\nfrom ..shared.words import NAME\nfrom . import _more")
    for name, text in {
        "spaces/_sizes.py": "SIZES = 1\n",
        "spaces/_more.py": "import rlsearch.extensions.shared.deep\n",
        "shared/words.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import types\nNAME = 'x'\n",
        "shared/deep.py": "def later():\n    from rlsearch.controls import noise\n",
        "shared/types.py": "",
        "shared/unused.py": "",
    }.items():
        write(own / name, text)
    assert plugins.load("spaces", "my-space").NAME == "x"
    found = import_closure.closure("rlsearch.extensions.spaces.my_space")
    names = {str(path.relative_to(own)) for path in found if path.is_relative_to(own)}
    assert names == {"spaces/my_space.py", "spaces/_sizes.py", "spaces/_more.py", "shared/words.py", "shared/deep.py"}
    assert {import_closure.PACKAGE / name for name in ("extensions.py", "controls/noise.py", "spaces/base.py")} <= {
        *found
    }


@pytest.mark.parametrize("file", ["spaces/my_space.py", "spaces/_sizes.py"])
def test_a_digest_follows_the_code_of_the_folder_and_not_its_words(file: str, own: Path) -> None:
    space(own / "spaces", "my-space", "from ._sizes import SIZES")
    space(own / "spaces", "other-space")
    write(own / "spaces/_sizes.py", "SIZES = 1\n")

    def digests() -> list[str]:
        return [provenance.code_digest(provenance.plugin_module("spaces", f"{name}-space")) for name in ("my", "other")]

    mine, other = digests()
    text = (own / file).read_text(encoding="utf-8")
    write(own / file, f"{text}# words\n")
    assert digests() == [mine, other]
    write(own / file, f"{text}MORE = 2\n")
    assert digests()[0] != mine and digests()[1] == other


def test_a_digest_does_not_hold_where_the_project_is(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space(own / "spaces", "my-space")
    here = provenance.code_digest("rlsearch.extensions.spaces.my_space")
    (tmp_path / "a").mkdir()
    own.rename(tmp_path / "a/extensions")
    monkeypatch.setattr("rlsearch.extensions.__path__", [str(tmp_path / "a/extensions")])
    assert provenance.code_digest("rlsearch.extensions.spaces.my_space") == here


def test_a_job_depends_on_the_files_of_the_folder_that_it_runs(own: Path) -> None:
    space(own / "spaces", "my-space", "from ._sizes import SIZES")
    space(own / "spaces", "idle-space")
    write(own / "spaces/_sizes.py", "SIZES = 1\n")
    study = {"space": {"type": "my-space"}, "baselines": [], "claims": []}
    params = checks.validate(settings(**study, agents={"random": {"type": "random"}}, fidelity=None))
    for phase, expected in {
        "search": ["extensions/spaces/_sizes.py", "extensions/spaces/my_space.py"],
        "fetch": [],
    }.items():
        found = provenance.phase_files(phase, params, "init-scale")
        assert [file for file in found if file.startswith("extensions/")] == expected
    assert "rlsearch.extensions.spaces.my_space" not in provenance.every_module("search")


def test_a_dataset_depends_on_its_own_source_alone(own: Path) -> None:
    text = "from typing import Literal\nfrom rlsearch.data.sources.digits import SOURCE, DigitsSettings\n"
    model = 'class SETTINGS(DigitsSettings):\n    source: Literal["my-digits"] = "my-digits"\n'
    write(own / "data/sources/my_digits.py", text + model)
    raw = settings()
    raw["datasets"]["mine"] = {"source": "my-digits", "test": 0.2}
    raw["studies"]["other"] = raw["studies"]["init-scale"] | {"dataset": "mine"}
    params = checks.validate(raw)
    for dataset, counts in (("digits", False), ("mine", True), ("", True)):
        assert ("extensions/data/sources/my_digits.py" in provenance.phase_files("fetch", params, dataset)) == counts


def test_an_optimizer_of_the_folder_counts_where_settings_name_it(own: Path) -> None:
    text = "from typing import Literal\nfrom rlsearch.training.optimizers.adam import AdamSettings, OPTIMIZER\n"
    model = 'class SETTINGS(AdamSettings):\n    name: Literal["my-adam"] = "my-adam"\n'
    write(own / "training/optimizers/my_adam.py", text + model)
    for name, counts in (("adam", False), ("my-adam", True)):
        task = settings()["studies"]["init-scale"]["proxy"] | {"optimizer": {"name": name}}
        params = checks.validate(settings(proxy=task))
        files = provenance.phase_files("search", params, "init-scale")
        assert ("extensions/training/optimizers/my_adam.py" in files) == counts
        assert "src/rlsearch/training/optimizers/sam.py" not in files


def test_a_distribution_brings_plugins_that_are_listed_without_an_import(installed: Path) -> None:
    found = plugins.find("spaces", "their-space")
    assert (found.module, found.file) == ("their_package.their_space", installed / "their_package/their_space.py")
    assert found.place == f"{found.file} of their-dist 1.2" and not found.shipped
    names = {
        str(path.relative_to(installed)) for path in import_closure.closure(found.module) if installed in path.parents
    }
    assert names == {"their_package/__init__.py", "their_package/their_space.py", "their_package/_helper.py"}
    assert "their_package" not in sys.modules
    write(installed / "their_package/__init__.py", "")
    assert plugins.load("spaces", "their-space").HELP == 1


def test_a_job_depends_on_the_files_of_a_distribution_by_their_absolute_paths(installed: Path) -> None:
    write(installed / "their_package/__init__.py", "")
    study = {"space": {"type": "their-space"}, "baselines": [], "claims": [], "fidelity": None}
    params = checks.validate(settings(**study, agents={"random": {"type": "random"}}))
    files = provenance.phase_files("search", params, "init-scale")
    assert str(installed / "their_package/_helper.py") in files and "src/rlsearch/spaces/base.py" in files


def test_a_single_module_is_a_distribution_too(installed: Path) -> None:
    space(installed, "lone-space")
    write(installed / "their_dist-1.2.dist-info/entry_points.txt", "[rlsearch.spaces]\nlone = lone_space\n")
    assert installed / "lone_space.py" in import_closure.closure(plugins.find("spaces", "lone").module)


SOURCE = """
from rlsearch.config.dataset_models import DatasetSettings as SETTINGS
from rlsearch.data.sources.base import Extent, Source

from ..kinds.tokens import raw


class SOURCE(Source):
    KIND = "tokens"

    def read(self, store):
        return raw()

    def extent(self):
        return Extent(1200, 0, 2)


TEST_SETTINGS = {"validation": 0.25}
"""


def test_a_kind_of_data_is_tested_with_a_source_and_a_network_of_its_own(own: Path) -> None:
    write(own / "data/kinds/tokens.py", (ROOT / "tests/helpers/token_kind.py").read_text(encoding="utf-8"))
    write(own / "networks/reader.py", "from ..data.kinds.tokens import Recurrent as NETWORK\n\nTAKES = 'tokens'\n")
    assert "tokens" not in kinds()
    write(own / "data/sources/markov.py", SOURCE)
    case = kinds()["tokens"]
    assert (case.kind.name, case.settings.source, case.network.__name__) == ("tokens", "markov", "Recurrent")
    assert set(case.kind.split(case.raw(), case.settings)) == {"train", "validation", "test"}

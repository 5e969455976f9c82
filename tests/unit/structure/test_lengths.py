"""CONTRIBUTING's limits hold: lines of a file and of a function. The lists of abilities name code that is there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("src", "workflow", "tests", "benchmarks", "containers", "extensions", "Snakefile", "Makefile")
CODE = {".py", ".smk", ".sh", ".j2", ".css", ".def", ""}
"""Kinds of files that the limit holds for: no published numbers, data or words."""

MEDIAN, P90 = 6, 19
"""Lines of a function, before the folders were put in order; they may not become longer."""


@pytest.fixture(scope="module")
def scripts() -> Iterator[SimpleNamespace]:
    """The scripts as modules; they import each other by bare names, as scripts of one folder do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        import abilities
        import source_trees
        import structure

        yield SimpleNamespace(abilities=abilities, source_trees=source_trees, structure=structure)


def _git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)


def test_no_file_is_longer_than_the_limit(scripts: SimpleNamespace) -> None:
    listed = _git("ls-files", "--cached", "--others", "--exclude-standard", "--", *FOLDERS).stdout.split("\n")
    files = [name for name in listed if name and Path(name).suffix in CODE and (ROOT / name).is_file()]
    assert {name.partition("/")[0] for name in files} >= {"src", "workflow", "tests", "benchmarks", "Snakefile"}
    lines = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in files}
    assert {name: count for name, count in lines.items() if count > scripts.structure.LONG} == {}


def test_functions_stay_short(scripts: SimpleNamespace) -> None:
    lengths = scripts.structure.size(scripts.source_trees.modules()).lengths
    middle, high = np.percentile(lengths, [50, 90])
    assert (middle, high) <= (MEDIAN, P90) and high <= P90


def test_every_place_of_an_ability_is_in_the_code(scripts: SimpleNamespace) -> None:
    abilities = scripts.abilities
    if _git("cat-file", "-e", abilities.BASE).returncode:
        pytest.skip(f"revision {abilities.BASE} is not in this clone")
    assert abilities.faults(abilities.without_suites(abilities.BASE), abilities.without_suites(None)) == []


def test_an_ability_counts_its_places_once_and_the_rest_is_shared(
    scripts: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    abilities, trees = scripts.abilities, scripts.source_trees
    texts = {
        "rlsearch.stamps": "def stamp():\n    return 1\n",
        "rlsearch.slots.top": "x = 1\ny = 2\n",
        "rlsearch.slots.best": "def one():\n    return 1\n\n\ndef two():\n    return 2\n",
    }
    known = {name: trees.Module(name, f"{name.replace('.', '/')}.py", text) for name, text in texts.items()}
    monkeypatch.setattr(abilities, "PLACES", ["slots/", "slots/top.py", "slots/best.py:two"])
    monkeypatch.setattr(abilities, "FILES", {"rlsearch/slots/top.py"})
    assert abilities.counted(["slots/"], known) == 4  # without top.py, which is named itself
    assert abilities.counted(["slots/top.py", "slots/best.py:two"], known) == 4
    [fault] = abilities.faults({}, known)
    assert fault == "slots/best.py:two is counted in slots/ as well"
    monkeypatch.setattr(abilities, "PLACES", ["stamps.py", "lost.py"])
    assert abilities.faults({}, known) == ["lost.py is in neither revision: name the place where its code is now"]

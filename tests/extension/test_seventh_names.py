"""The package knows nothing of the seventh study: no file of it, of the workflow or of the stages names any part."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from shipped import ROOT

HERE = Path(__file__).parent
HOUSE = ("src", "workflow", "dvc.yaml", "Snakefile", "Makefile", "profiles", "presets")
EVERYWHERE = {"Settings"}
"""Names of classes that every plugin has."""


def names() -> set[str]:
    """Return the plugins, classes, studies, datasets and transfers of the study by all their spellings."""
    files = sorted((HERE / "extensions").rglob("*.py"))
    plugins = [file.stem for file in files if not file.stem.startswith("_") and file.parent.name != "shared"]
    settings = yaml.safe_load((HERE / "params.yaml").read_text(encoding="utf-8"))
    entries = [name for section in ("datasets", "studies", "transfers") for name in settings[section]]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    classes = {node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)} - EVERYWHERE
    return {*plugins, *(stem.replace("_", "-") for stem in plugins), *entries, *classes, settings["preset"]}


def house() -> Iterator[Path]:
    """Yield the files of the house that hold text."""
    for name in HOUSE:
        path = ROOT / name
        found = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and "__pycache__" not in file.parts)


def test_the_study_has_a_file_of_each_kind_that_it_needs() -> None:
    assert {"glyphs", "glyph-chain", "lagged-mlp", "lag-choice", "lag-entropy", "gradient-bandit"} < names()
    assert {"near-entropy", "entropy-gap", "lag-shares", "babble-readers", "murmur", "babble-to-murmur"} < names()


@pytest.mark.parametrize("name", sorted(names()))
def test_no_file_of_the_house_names_it(name: str) -> None:
    pattern = re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(name)}(?![A-Za-z0-9_-])")
    assert pattern.search(f"type: {name},")
    texts = ((file, file.read_text(encoding="utf-8", errors="replace")) for file in house())
    assert [str(file.relative_to(ROOT)) for file, text in texts if pattern.search(text)] == []

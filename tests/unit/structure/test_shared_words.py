"""Shared code knows no kind of data, space or agent: it names no measure of one kind, and no plugin.

Held to it are `search/`, `controls/`, `evidence/`, `phases/`, `claims/base.py` and `report/`, but for
`report/closed_loop/` and the figures, tables and sections that belong to one kind of data or space (`OWN`). Read are
identifiers and text, of f-strings and templates too; docstrings may give examples.

Figures, tables and sections are named after everyday words that are keys of artefacts as well (`cost`, `search`), so
those are no plugin's name here; that nothing is imported by a name in the code is held of all kinds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlsearch.config import plugins
from shipped import ROOT

PACKAGE = ROOT / "src/rlsearch"
SHARED = ("search", "controls", "evidence", "phases", "report")
OWN = {
    "report/closed_loop",
    # The arms of a classifier, with macro F1, precision and recall beside its accuracy.
    "report/tables/arms.py",
    "report/tables/published_arms.py",
    # Policies that learn in a closed loop, and what they are compared with.
    "report/figures/policy_regret.py",
    "report/tables/policies.py",
    "report/tables/returns.py",
}
WORDS = {"accuracy", "classes", "images", "pixels"}
CLASSES = re.compile(r"n_classes|OptimizerSelection")
CHOSEN = ("agents", "claims", "kinds", "networks", "optimizers", "slots", "sources", "spaces", "surrogates")
"""The kinds of plugins that settings name."""

ALLOWED = {
    "schedule": ("search phases report", "a key of specs, outcomes and answers: the label of every step"),
    "planted": ("controls phases report", "a key of the controls' files: runs in which something can be learnt"),
    "text": (
        "evidence/signs.py report/figures/sign_shares.py report/tables/signs.py",
        "a key of the controls' files: a sign of learning in words",
    ),
    "pairs": ("evidence/verdict.py report/tables/best_found.py", "runs that share a seed"),
    "learns": ("phases report", "a key of the controls' files: whether the agent learns"),
    "top": ("controls report", "a key of repeated searches: their best candidates"),
    "best": ("evidence report", "a column, and the reference that is best of all"),
    "random": (
        "evidence",
        "random search is the yardstick of every table, random switching that of every schedule tree",
    ),
    "baseline": (
        "controls/gradient_labels.py",
        "a key of the settings of agents that have a moving average of rewards",
    ),
}
"""Words that are a plugin's name and something else: where they may stand, and what they are there."""


def names() -> set[str]:
    """Return the names of all plugins of the package that settings name, as files and as settings spell them."""
    stems = {
        file.stem
        for kind in CHOSEN
        for file in (PACKAGE / plugins.folder(kind)).glob("*.py")
        if not file.stem.startswith("_") and file.stem not in plugins.CONTRACTS
    }
    return stems | {stem.replace("_", "-") for stem in stems}


def offences(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and word of whatever a shared module must not name, docstrings apart."""
    tree = ast.parse(source)
    docstrings = {id(found) for node in ast.walk(tree) for found in _docstrings(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield from ((node.lineno, word) for word in _told(node.value))
            if node.value in NAMES:
                yield node.lineno, node.value
        for name in _identifiers(node):
            yield from ((getattr(node, "lineno", 0), word) for word in _told(name))
        yield from ((getattr(node, "lineno", 0), plugin) for plugin in _imported(node))
        if isinstance(node, ast.Call) and _loads_by_name(node):
            yield node.lineno, ast.unparse(node)


def _docstrings(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the text under a module, class or function, and under the constants of a module or class."""
    body = getattr(node, "body", None)
    if isinstance(body, list):
        yield from (one.value for one in body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))


def _identifiers(node: ast.AST) -> Iterator[str]:
    for field in ("id", "attr", "arg", "name", "asname", "module", "rest", "kwd_attrs", "kwd_patterns", "names"):
        value = getattr(node, field, None)
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str):
                yield name


def _told(text: str) -> Iterator[str]:
    """Yield the words of one kind of data in an identifier or in text."""
    yield from CLASSES.findall(text)
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text).replace("n_classes", "").lower()
    yield from (word for word in re.findall(r"[a-z]+", parts) if word in WORDS)


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield the plugins that an import names, in whichever way."""
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom):
        modules = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    for module in modules:
        folder, _, stem = module.removeprefix("rlsearch.").rpartition(".")
        if stem in NAMES and folder.replace(".", "/") in {plugins.folder(kind).as_posix() for kind in CHOSEN}:
            yield stem


def _loads_by_name(node: ast.Call) -> bool:
    loader = ast.unparse(node.func) in ("plugins.load", "plugins.find", "load", "find")
    return loader and any(isinstance(one, ast.Constant) for one in node.args[1:])


NAMES = names()
MODULES = [
    file
    for folder in SHARED
    for file in sorted((PACKAGE / folder).rglob("*.py"))
    if not any(file.is_relative_to(PACKAGE / own) for own in OWN)
] + [PACKAGE / "claims/base.py"]


def place(file: Path) -> str:
    """Return the path of a module below the package."""
    return file.relative_to(PACKAGE).as_posix()


def may(word: str, where: str) -> bool:
    """Tell whether a line of the list lets a word stand there."""
    return any(where.startswith(start) for start in ALLOWED.get(word, ("", ""))[0].split())


@pytest.mark.parametrize("file", MODULES, ids=place)
def test_a_shared_module_names_no_kind_of_data_and_no_plugin(file: Path) -> None:
    told = offences(file.read_text(encoding="utf-8"))
    assert [f"{place(file)}:{line}: {word}" for line, word in told if not may(word, place(file))] == []


@pytest.mark.parametrize("file", sorted((PACKAGE / "report").rglob("*.j2")), ids=place)
def test_a_template_names_none_either(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    quoted = [word for word in re.findall(r"""["']([a-z][a-z_-]*)["']""", text) if word in NAMES]
    assert [*_told(text), *(word for word in quoted if not may(word, place(file)))] == []


def test_the_list_is_short_and_every_line_of_it_is_needed() -> None:
    assert len(ALLOWED) <= 10
    told = {file: {word for _, word in offences(file.read_text(encoding="utf-8"))} for file in MODULES}
    for word, (starts, reason) in ALLOWED.items():
        assert reason
        for start in starts.split():
            assert any(word in words and place(file).startswith(start) for file, words in told.items()), (word, start)
    assert all((PACKAGE / own).exists() for own in OWN)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("accuracy = 1", "accuracy"),
        ("def best(test_accuracy): ...", "accuracy"),
        ("study.meanAccuracy", "accuracy"),
        ("def accuracy(): ...", "accuracy"),
        ("class Accuracy: ...", "accuracy"),
        ("made(accuracy=1)", "accuracy"),
        ("from measures import ACCURACY", "accuracy"),
        ("import a.accuracy", "accuracy"),
        ("from one import two as accuracy", "accuracy"),
        ("try: ...\nexcept ValueError as accuracy: ...", "accuracy"),
        ("global accuracy", "accuracy"),
        ("match x:\n    case {**accuracy}: ...", "accuracy"),
        ("row['accuracy']", "accuracy"),
        ("said = f'{x} of the test accuracy.'", "accuracy"),
        ("n_classes = 2", "n_classes"),
        ("f(n_classes=2)", "n_classes"),
        ("said = 'images of both classes'", "classes"),
        ("said = f'{part} images'", "images"),
        ("manifest['pixels']", "pixels"),
        ("from spaces.optimizer_selection import OptimizerSelection", "OptimizerSelection"),
        ("said = 'make an OptimizerSelection'", "OptimizerSelection"),
        ("if agent == 'lstm-ppo': ...", "lstm-ppo"),
        ("kind = 'layered_cnn'", "layered_cnn"),
        ("source in ('cifar-10', x)", "cifar-10"),
        ("def f(kind='images'): ...", "images"),
        ("loader.load('agents', 'sam')", "sam"),
        ("from rlsearch.agents import random", "random"),
        ("from rlsearch.training.optimizers.sam import Settings", "sam"),
        ("def f():\n    import rlsearch.spaces.layered_cnn", "layered_cnn"),
        ("plugins.load('tables', 'cost')", "plugins.load('tables', 'cost')"),
        ("'''A docstring.'''\nx = 'accuracy'", "accuracy"),
    ],
)
def test_each_offence_of_a_made_up_module_is_found(source: str, word: str) -> None:
    assert word in [told for _, told in offences(source)]


@pytest.mark.parametrize(
    "source",
    [
        "'''As accuracy, of classes.'''",
        "def f():\n    '''Return the accuracy: images.'''",
        "LIMIT = 1\n'''Of accuracy.'''",
        "class A:\n    '''Classes.'''\n    x: int = 1\n    '''n_classes'''",
        "# the accuracy of OptimizerSelection",
        "said = 'a search by lstm-ppo, a grid'",
        "plugins.load('agents', settings.type)",
        "inaccuracy = subclasses = 1",
        "section = 'cost'",
        "import random\nfrom rlsearch.spaces.base import Space\nfrom rlsearch.slots import _ranked",
    ],
)
def test_what_is_no_offence_is_let_be(source: str) -> None:
    assert list(offences(source)) == []

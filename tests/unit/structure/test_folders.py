"""Imports point one way, as docs/architecture.md says, and no two modules import each other."""

from __future__ import annotations

import ast
import functools
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "src/rlsearch"
PAGE = ROOT / "docs/architecture.md"


def modules() -> dict[str, Path]:
    """Return all modules by their names; a folder is the module of its `__init__.py`."""
    files = sorted(PACKAGE.rglob("*.py"))
    return {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in files}


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules that a file imports anywhere, also inside functions and for types."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: {ast.unparse(node)}"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if _file(name, known) else str(node.module) for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {file for name in found if (file := _file(name, known))}


def _file(name: str, known: dict[str, Path]) -> str | None:
    return next((one for one in (name, f"{name}.__init__") if one in known), None)


def place(module: str) -> str:
    """Return the folder of a module, or its own name where it lies in none."""
    return module.split(".")[1]


MODULES = modules()
ROWS = [
    re.findall(r"`(\w+)`", row) for row in re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
]
HEIGHT = {name: len(ROWS) - row for row, names in enumerate(ROWS) for name in names}


@functools.cache
def graph() -> dict[str, set[str]]:
    """Return which modules each module imports; workers that run none of these tests need not know."""
    return {module: imports(path, MODULES) - {module} for module, path in MODULES.items()}


def test_every_folder_and_module_has_one_place() -> None:
    assert sorted(name for row in ROWS for name in row) == sorted({place(module) for module in MODULES})


@pytest.mark.parametrize("name", sorted(HEIGHT))
def test_a_folder_imports_only_from_below(name: str) -> None:
    arrows = [(module, other) for module, others in graph().items() if place(module) == name for other in others]
    against = [arrow for arrow in arrows if place(arrow[1]) != name and HEIGHT[place(arrow[1])] >= HEIGHT[name]]
    assert [f"{module} -> {other}" for module, other in sorted(against)] == []


def test_no_two_modules_import_each_other() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_phase_depends_on_a_check() -> None:
    """Settings enter keys by value, so that an edited check or message recomputes nothing."""
    seen, waiting = set[str](), [module for module in graph() if place(module) == "phases"]
    while waiting:
        module = waiting.pop()
        seen.add(module)
        waiting += sorted(graph()[module] - seen)
    assert "checks" not in map(place, seen)

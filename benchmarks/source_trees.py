"""The modules of `src/` at a git revision or in the work tree, as syntax trees, and which of them import which."""

from __future__ import annotations

import ast
import io
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).resolve().parents[1]
Graph = Mapping[str, set[str]]


@dataclass(frozen=True)
class Module:
    """A file: its dotted name, its path below `src/` (of one that is not there, in the project), and its text."""

    name: str
    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @cached_property
    def names(self) -> dict[str, str]:
        """What the imported names of a file stand for, e.g. `page` for `rlsearch.report.page`; of lazy imports too."""
        return dict(imported(ast.walk(self.tree)))

    @property
    def folder(self) -> str:
        """The folder below the package; of a file beside them, its own name."""
        return self.name.split(".")[1] if "." in self.name else self.name


def imported(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield (name, what it stands for) of all imports; of `import_module` of a literal name, twice that name."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name.split(".")[0], alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and "import_module" in ast.dump(node.func):
            yield from ((one.value, one.value) for one in node.args if _is_text(one))


def _is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes below a node but for what stands under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"):
            yield child
            yield from executed(child)


def modules(revision: str | None = None, folders: Sequence[str] = ("src",)) -> dict[str, Module]:
    """Return the modules of a revision, or of the work tree, by their names."""
    texts = _committed(revision, folders) if revision else _present(folders)
    return {module.name: module for module in (Module(_name(path), path, text) for path, text in sorted(texts.items()))}


def _present(folders: Sequence[str]) -> dict[str, str]:
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return {_path(file.relative_to(ROOT).as_posix()): file.read_text(encoding="utf-8") for file in files}


def _committed(revision: str, folders: Sequence[str]) -> dict[str, str]:
    packed = subprocess.run(["git", "archive", revision, *folders], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        members = [member for member in archive if member.isfile() and member.name.endswith(".py")]
        streams = ((member.name, archive.extractfile(member)) for member in members)
        return {_path(name): stream.read().decode() for name, stream in streams if stream}


def _path(name: str) -> str:
    return name.removeprefix("src/")


def _name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imports(known: Mapping[str, Module], *, types: bool) -> dict[str, set[str]]:
    """Return which modules of the package each module imports; with `types`, those under `if TYPE_CHECKING` as well.

    The package's own `__init__` is left out: every import runs it, and what it hands out is imported on first use.
    """
    doors = {name for name in known if "." not in name}
    graph = {name: set(_targets(module, known, types)) for name, module in known.items()}
    return {name: targets - {name} - doors for name, targets in graph.items() if name not in doors}


def _targets(module: Module, known: Mapping[str, Module], types: bool) -> Iterator[str]:
    for _, target in imported(ast.walk(module.tree) if types else executed(module.tree)):
        yield from [name for name in (target, target.rpartition(".")[0]) if name in known][:1]


def by_folder(graph: Graph, known: Mapping[str, Module]) -> dict[str, set[str]]:
    """Return which folders import which others."""
    found: dict[str, set[str]] = {}
    for name, targets in graph.items():
        here = known[name].folder
        found.setdefault(here, set()).update({known[target].folder for target in targets} - {here})
    return found


def loops(graph: Graph) -> list[list[str]]:
    """Return the groups of nodes that can all reach each other, of two nodes or more."""
    reach = {node: _reached(node, graph) for node in graph}
    groups = {frozenset(other for other in reach[node] if node in reach.get(other, ())) for node in graph}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def _reached(start: str, graph: Graph) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for node in graph.get(waiting.pop(), set()) - seen:
            seen.add(node)
            waiting.append(node)
    return seen

"""The walk of a reader who follows `params` through the code (what counts as one: structure.py)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from source_trees import ROOT, Module

FOLLOWED = {"Params", "StudySettings"}
ENTRIES = {
    "reading the settings": ("rlsearch.checks.load:read", "rlsearch.checks.read:read", "rlsearch.config.load:read"),
    "search phase": ("rlsearch.phases.search:run", "rlsearch.search.phase:run"),
    "report phase": ("rlsearch.phases.report:run", "rlsearch.report.phase:run"),
}
"""Where the walk begins, one after the other; of each, the first that is there."""

FORMER = {
    **{f"rlsearch.config.{name}": "checks" for name in ("load", "source", "checks")},
    **{f"rlsearch.config.{name}_checks": "checks" for name in ("claim", "control", "table")},
    "rlsearch.report.phase": "phases",
}
"""Files of revisions that did not have their folder yet, so that both sides of a redesign are measured by one order."""

LOADERS = {"load", "import_module"}
"""Names of functions that import a module by a name from the settings."""

Place = tuple[str, str]
"""A module and what is in it: a function, a class, `Class.method`, or a name that holds some of them."""


@dataclass
class Walk:
    """What a reader has met.

    Attributes:
        entries: where it began; stays: the functions entered, in order.
        calls: pairs of functions (caller, called) between them.
        loaders: calls of loaders in the functions entered, which nobody can follow without knowing the settings.
    """

    entries: list[Place] = field(default_factory=list)
    stays: list[Place] = field(default_factory=list)
    calls: set[tuple[Place, Place]] = field(default_factory=set)
    loaders: int = 0

    @property
    def files(self) -> int:
        """How many files the reader has to open."""
        return len({module for module, _ in self.stays})

    @property
    def visits(self) -> int:
        """How often the reader opens a file: stays in one, one after the other, are one visit."""
        return 1 + sum(one[0] != two[0] for one, two in pairwise(self.stays))

    @property
    def climbs(self) -> list[tuple[Place, Place]]:
        """Pairs of stays, one after the other, of which the second lies in a higher folder: the reader goes back up."""
        steps = ((one, two) for one, two in pairwise(self.stays) if two not in self.entries)
        return [(one, two) for one, two in steps if level(two[0]) < level(one[0])]

    @property
    def against(self) -> list[tuple[Place, Place]]:
        """The calls from a lower folder to a higher one."""
        return sorted(call for call in self.calls if level(call[1][0]) < level(call[0][0]))


def level(module: str) -> int:
    """Return how far down the folder of a module lies; 0 is the highest.

    The order is that of the work tree's docs/architecture.md; a folder that has no place there any more is the lowest.
    """
    rows = order()
    folder = FORMER.get(module, ".".join(module.split(".")[1:2]))
    return next((depth for depth, folders in enumerate(rows) if folder in folders), len(rows))


@cache
def order() -> list[list[str]]:
    """Return the rows of the table of folders, from the top."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    return [re.findall(r"`(\w+)`", row) for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)]


class Reader:
    """Follows names through the modules."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self.defined = {place: node for module in modules.values() for place, node in definitions(module)}

    def walk(self, *names: str) -> Walk:
        """Return the walk of one reader from these entries, one after the other; from all of them where none is named.

        Raises:
            LookupError: an entry is in none of the places where it may be.
        """
        walk = Walk()
        for name in names or ENTRIES:
            entry = self._entry(name)
            walk.entries.append(entry)
            self._enter(entry, walk)
        return walk

    def _entry(self, name: str) -> Place:
        places = [(module, function) for module, function in (place.split(":") for place in ENTRIES[name])]
        entry = next((place for place in places if place in self.defined), None)
        if entry is None:
            raise LookupError(f"none of {', '.join(ENTRIES[name])} is there; name the entry in params_walk.ENTRIES")
        return entry

    def _enter(self, place: Place, walk: Walk) -> None:
        if place in walk.stays:
            return
        walk.stays.append(place)
        walk.loaders += sum(_is_loader(node) for node in ast.walk(self.defined[place]))
        for called in self.mentioned(place):
            if called != place and called[1] not in FOLLOWED and takes(self.defined[called]):
                walk.calls.add((place, called))
                self._enter(called, walk)

    def mentioned(self, place: Place) -> list[Place]:
        """Return the functions and classes that a function names, in the order of the lines."""
        module, name = place
        node = self.defined[place]
        own = _bound(node) if isinstance(node, FUNCTIONS) else set()
        owner = name.rpartition(".")[0]
        found: list[Place] = []
        for chain in _chains(node):
            if chain[0] == "self" and owner:
                found += self._find((module, ".".join([owner, *chain[1:2]])), set())
            elif chain[0] not in own:
                found += self._named(module, chain, set())
        return list(dict.fromkeys(found))

    def _named(self, module: str, chain: Sequence[str], seen: set[Place]) -> list[Place]:
        """Return what a chain of names (`page.render`) means in a module."""
        for length in range(len(chain), 0, -1):
            if (module, ".".join(chain[:length])) in self.defined:
                return self._find((module, ".".join(chain[:length])), seen)
        target = self.modules[module].names.get(chain[0])
        if target is None:
            return []
        full = [*target.split("."), *chain[1:]]
        for length in range(len(full), 0, -1):
            home = ".".join(full[:length])
            if home in self.modules:
                rest = full[length:]
                return self._named(home, rest, seen) if rest and (home, rest[0]) not in seen else []
        return []

    def _find(self, place: Place, seen: set[Place]) -> list[Place]:
        """Return a function or class as it is, and of a table of functions what stands in it."""
        node = self.defined.get(place)
        if node is None or place in seen:
            return []
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            constructor = (place[0], f"{place[1]}.__init__")
            return [constructor if constructor in self.defined else place]
        seen = {*seen, place}
        return [found for chain in _chains(node) for found in self._named(place[0], chain, seen)]


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def takes(node: ast.AST) -> bool:
    """Tell whether a function takes or returns settings, or a class has a field of them."""
    if isinstance(node, FUNCTIONS):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        return any(map(_is_followed, [*(argument.annotation for argument in arguments), node.returns]))
    if isinstance(node, ast.ClassDef):
        return any(isinstance(one, ast.AnnAssign) and _is_followed(one.annotation) for one in node.body)
    return False


def _is_followed(annotation: ast.expr | None) -> bool:
    if annotation is None:
        return False
    return any(isinstance(node, ast.Name) and node.id in FOLLOWED for node in ast.walk(annotation))


def definitions(module: Module) -> Iterator[tuple[Place, ast.AST]]:
    """Yield functions, classes, methods and names with a value, as they stand in a module."""
    for node in module.tree.body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield (module.name, node.name), node
        if isinstance(node, ast.ClassDef):
            methods = (one for one in node.body if isinstance(one, FUNCTIONS))
            yield from (((module.name, f"{node.name}.{method.name}"), method) for method in methods)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (((module.name, target.id), node.value) for target in targets if isinstance(target, ast.Name))


def _chains(node: ast.AST) -> Iterator[list[str]]:
    """Yield the names that are read below a node, with their attributes: ["page", "render"] for `page.render(...)`."""
    chain: list[str] = []
    part = node
    while isinstance(part, ast.Attribute):
        chain, part = [part.attr, *chain], part.value
    if isinstance(part, ast.Name):
        yield [part.id, *chain]
        return
    annotations = {id(getattr(node, name, None)) for name in ("annotation", "returns")}
    for child in ast.iter_child_nodes(part):
        if id(child) not in annotations:
            yield from _chains(child)


def _bound(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the names that a function itself gives a meaning: its arguments and what it assigns."""
    inside = list(ast.walk(node))
    stored = {child.id for child in inside if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store)}
    return stored | {child.arg for child in inside if isinstance(child, ast.arg)}


def _is_loader(node: ast.AST) -> bool:
    """Tell whether a node is a call such as `plugins.load("spaces", name)` or `importlib.import_module(name)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in LOADERS:
        return False
    return isinstance(node.func.value, ast.Name) and node.func.value.id in {"plugins", "importlib"}

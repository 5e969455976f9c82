"""What the code is made of, and how far a reader has to walk: counts from the syntax trees of `src/`.

    python benchmarks/structure.py [REVISION]

Of a git revision, or of the work tree, so that one script measures both sides of a redesign. Nothing is imported.

- **Statements** are those of the syntax tree, without docstrings; **functions** include methods and nested functions,
  from `def` to the last line.
- **Import loops** are groups of modules, or of folders, each of which imports the others in the end. Imports inside
  functions count; with and without those under `if TYPE_CHECKING`. The `__init__` above an imported module is not
  counted, nor that of the package itself.
- **The walk of params** is that of a reader who follows the settings: from where params.yaml is read, then from the
  entry of the search phase, then from that of the report phase, depth first and in the order of the lines, into every
  function that takes or returns a `Params` or `StudySettings` (a class with such a field is one), and into each once:
  a **stay**. Stays in one file, one after the other, are a **visit**. A **climb** is a stay in a higher folder than the
  stay before it, in the order of docs/architecture.md: the reader goes back up (an entry is none). A **call against the
  order** leads from a lower folder to a higher one.

The call graph is static: names are followed through imports, tables of functions and `self`, and a function that is
handed over counts as called. Methods of other objects are not followed, nor what a loader finds by its name; the calls
of loaders in the functions walked are counted, so that a walk cannot become shorter unseen by more of them.
"""

from __future__ import annotations

import argparse
import ast
import io
import sys
import tokenize
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import source_trees
from params_walk import ENTRIES, FUNCTIONS, Place, Reader, Walk
from source_trees import Module

LONG = 240
"""Lines that a file may have (CONTRIBUTING)."""


@dataclass(frozen=True)
class Size:
    """How much code there is.

    Attributes:
        statements, files, lines: in all.
        long: files above 240 lines, with their lines.
        lengths: lines of each function.
        comments: lines with a comment on them.
    """

    statements: int
    files: int
    lines: int
    long: Mapping[str, int]
    lengths: Sequence[int]
    comments: int


def size(modules: Mapping[str, Module]) -> Size:
    """Count statements, files, lines, functions and comments."""
    lines = {module.path: len(module.text.splitlines()) for module in modules.values()}
    nodes = [node for module in modules.values() for node in ast.walk(module.tree)]
    return Size(
        statements=sum(statements(module.tree) for module in modules.values()),
        files=len(modules),
        lines=sum(lines.values()),
        long={path: count for path, count in sorted(lines.items()) if count > LONG},
        lengths=[(node.end_lineno or node.lineno) - node.lineno + 1 for node in nodes if isinstance(node, FUNCTIONS)],
        comments=sum(_comments(module.text) for module in modules.values()),
    )


def statements(tree: ast.AST) -> int:
    """Count the statements of a syntax tree, itself included, without docstrings."""
    return sum(isinstance(node, ast.stmt) and not _is_docstring(node) for node in ast.walk(tree))


def _is_docstring(node: ast.stmt) -> bool:
    """Tell whether a statement is a bare string: a docstring, or the words below a constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _comments(text: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(token.type == tokenize.COMMENT for token in tokens)


def report(modules: Mapping[str, Module]) -> list[str]:
    """Return the lines that are printed."""
    counted = size(modules)
    middle, high = np.percentile(counted.lengths, [50, 90])
    return [
        f"statements              {counted.statements:,}",
        f"files                   {counted.files}, of {counted.lines:,} lines",
        f"files above {LONG} lines   {len(counted.long)}",
        *(f"    {path}: {count}" for path, count in counted.long.items()),
        f"functions               {len(counted.lengths):,}",
        f"lines of a function     median {middle:.0f}, p90 {high:.0f}",
        f"lines with a comment    {100 * counted.comments / counted.lines:.1f} %",
        *_loops(modules, types=False),
        *_loops(modules, types=True),
        *_walk(Reader(modules), modules),
    ]


def _loops(modules: Mapping[str, Module], *, types: bool) -> list[str]:
    graph = source_trees.imports(modules, types=types)
    inner, outer = source_trees.loops(graph), source_trees.loops(source_trees.by_folder(graph, modules))
    title = "with imports for types" if types else "import loops"
    return [
        f"{title:<23} {len(inner)} between modules, {len(outer)} between folders",
        *(f"    {' <-> '.join(name.removeprefix('rlsearch.') for name in ring)}" for ring in inner),
        *(f"    folders {' <-> '.join(ring)}" for ring in outer),
    ]


def _walk(reader: Reader, modules: Mapping[str, Module]) -> list[str]:
    walk = reader.walk()
    stays = Counter(module for module, _ in walk.stays)
    return [
        f"walk of params          {_counts(walk)}",
        *(f"    {name} alone: {_counts(reader.walk(name))}" for name in ENTRIES),
        f"    calls against the order: {len(walk.against)}; calls of loaders: {walk.loaders}",
        *(f"    {modules[name].path}: {count}" for name, count in stays.items()),
        *(f"    climb: {_pair(climb)}" for climb in walk.climbs),
        *(f"    against the order: {_pair(call)}" for call in walk.against),
    ]


def _counts(walk: Walk) -> str:
    return f"{len(walk.stays)} stays in {walk.files} files, {walk.visits} visits, {len(walk.climbs)} climbs"


def _pair(places: tuple[Place, Place]) -> str:
    return " -> ".join(f"{module.removeprefix('rlsearch.')}.{name}" for module, name in places)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts of a revision or of the work tree."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("revision", nargs="?", help="a git revision; the work tree by default")
    print("\n".join(report(source_trees.modules(parser.parse_args(arguments).revision))))
    return 0


if __name__ == "__main__":
    sys.exit(main())

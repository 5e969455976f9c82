"""What a plugin's file says, read without importing it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path


def parsed(file: Path) -> ast.Module:
    """Return the syntax tree of a file.

    Raises:
        SyntaxError: it is not valid Python.
    """
    status = file.stat()
    return _parsed(file, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=256)
def _parsed(file: Path, mtime_ns: int, size: int) -> ast.Module:
    """Return a file's syntax tree as of then; planning jobs asks for the same few a hundred times."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def names(tree: ast.Module) -> set[str]:
    """Return all names that a file may define."""
    # Everywhere in the file, since a definition may be inside an `if` or a `try`; a name too many does no harm.
    nodes = list(ast.walk(tree))
    assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imported = {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
    return assigned | imported | {node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)}


def text(tree: ast.Module, constant: str) -> str | None:
    """Return the text that a file gives a constant at its top level; None where it does not.

    What is no literal is returned as it is written.
    """
    value = next((value for name, value in _assigned(tree) if name == constant), None)
    if value is None:
        return None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ast.unparse(value)


def texts(tree: ast.Module, constant: str) -> tuple[str, ...]:
    """Return the texts that a file gives a constant at its top level as a tuple or a list; none where it does not."""
    value = next((value for name, value in _assigned(tree) if name == constant), None)
    elements = value.elts if isinstance(value, ast.Tuple | ast.List) else []
    return tuple(e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str))


def arguments(tree: ast.Module, constant: str) -> tuple[str, ...] | None:
    """Return what the class takes that a file gives a constant, in the order of its `__init__`, without `self`.

    None where the file does not tell: the class, its `__init__` or all that it takes (`*`, `**`) are elsewhere.
    """
    value = next((value for name, value in _assigned(tree) if name == constant), None)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef) and not node.decorator_list}
    made = classes.get(value.id) if isinstance(value, ast.Name) else None
    bodies = (
        [node for node in made.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"] if made else []
    )
    if len(bodies) != 1 or bodies[0].args.vararg or bodies[0].args.kwarg:
        return None
    taken = bodies[0].args
    return tuple(each.arg for each in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs))[1:]


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that are assigned at the top level, with their values: `A = 1`, `A: int = 1`, `A, B = 1, 2`."""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _pairs(node.target, node.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _pairs(target, node.value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for element, part in zip(target.elts, value.elts, strict=False):
            yield from _pairs(element, part)

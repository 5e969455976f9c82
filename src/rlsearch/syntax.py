"""What of a source file counts: its syntax tree, without words and without what only declares settings."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

CONSTANT = "READS"
"""The constant by which a source file names the files beside it that it reads."""


def semantic(path: Path, *, declarations: bool = True) -> str:
    """Return the digest of a file's syntax tree without comments and docstrings.

    Args:
        path: the file.
        declarations: also count which fields a settings model has, with their types, bounds and defaults. Rules
            (functions, methods, validators, tables) count either way.
    """
    return _semantic(path, _stamp(path), declarations)


def imported(path: str) -> tuple[str, ...]:
    """Return the names that a file imports, of modules or of what is in them; not those under `if TYPE_CHECKING`.

    A relative name begins with its dots.
    """
    return _imported(path, _stamp(path))


def reads(path: str) -> tuple[str, ...]:
    """Return the names of the files beside a source file that it says it reads: `READS = ("scores.csv",)`.

    Raises:
        TypeError: the constant is no tuple or list of names, written out.
    """
    return _reads(path, _stamp(path))


def texts(path: Path) -> frozenset[str]:
    """Return all texts that are written out in a file."""
    return _texts(path, _stamp(path))


def _stamp(path: Path | str) -> tuple[int, int]:
    status = os.stat(path)  # noqa: PTH116 - planning a run asks ten thousand times, and a Path takes longer than the look
    return status.st_mtime_ns, status.st_size


# The stamp is part of the key, so that a file which was edited is read again.
@lru_cache(maxsize=1024)
def _imported(path: str, stamp: tuple[int, int]) -> tuple[str, ...]:
    names: list[str] = []
    for node in _statements(ast.parse(Path(path).read_text(encoding="utf-8"), path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            between = "." if node.module else ""
            names += [module, *(f"{module}{between}{alias.name}" for alias in node.names)]
    return tuple(names)


@lru_cache(maxsize=1024)
def _texts(path: Path, stamp: tuple[int, int]) -> frozenset[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return frozenset(value for value in constants if isinstance(value, str))


@lru_cache(maxsize=1024)
def _reads(path: str, stamp: tuple[int, int]) -> tuple[str, ...]:
    text = Path(path).read_text(encoding="utf-8")
    for node in ast.parse(text, path).body if CONSTANT in text else ():
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == CONSTANT for target in targets):
            return _names(getattr(node, "value", None))
    return ()


def _names(value: ast.expr | None) -> tuple[str, ...]:
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [None]
    names = [part.value if isinstance(part, ast.Constant) else None for part in parts]
    if not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise TypeError(f"{CONSTANT} is a tuple of names of files in the same folder, written out")
    return tuple(map(str, names))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):  # most of a tree, and no statement is inside one
            continue
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        yield child
        yield from _statements(child)


@lru_cache(maxsize=1024)
def _semantic(path: Path, stamp: tuple[int, int], declarations: bool) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            model = not declarations and isinstance(node, ast.ClassDef) and _is_model(node)
            body[:] = [statement for statement in body if not (_is_text(statement) or (model and _is_field(statement)))]
    if not declarations:
        tree.body = [statement for statement in tree.body if not _is_alias(statement)]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _is_text(statement: ast.stmt) -> bool:
    """Tell whether a statement is a bare string: a docstring, or the words below a constant."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_model(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id.endswith("Settings") for base in node.bases)


def _is_field(statement: ast.stmt) -> bool:
    """Tell whether a statement of a settings model declares a key of the settings."""
    if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
        return False
    return not statement.target.id.startswith("_") and "ClassVar" not in ast.dump(statement.annotation)


def _is_alias(statement: ast.stmt) -> bool:
    """Tell whether a statement names a type of keys, e.g. `Count = Annotated[int, Field(ge=1)]`."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Subscript):
        return False
    return isinstance(statement.value.value, ast.Name) and statement.value.value.id == "Annotated"

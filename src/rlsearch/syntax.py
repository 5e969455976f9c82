"""What of a source file counts: its syntax tree, without words and without what only declares settings."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

CONSTANT = "READS"
"""The constant by which a source file names the files beside it that it reads."""


class Facts(NamedTuple):
    """What is asked of one source file.

    Attributes:
        imports: the names that it imports, of modules or of what is in them, not those under `if TYPE_CHECKING`. A
            relative name begins with its dots.
        reads: the names of the files beside it that it says it reads: `READS = ("scores.csv",)`. None: the constant is
            no tuple or list of names, written out.
        semantic: the digest of its syntax tree without comments and docstrings.
        rules: the same without which fields a settings model has, with their types, bounds and defaults. Rules
            (functions, methods, validators, tables) count either way.
    """

    imports: tuple[str, ...]
    reads: tuple[str, ...] | None
    semantic: str
    rules: str


def facts(source: bytes, path: str) -> Facts:
    """Return the facts of a source file.

    Args:
        path: for the message of an error.

    Raises:
        SyntaxError: it is not valid Python.
        UnicodeDecodeError: it is not UTF-8.
    """
    tree = ast.parse(source.decode(), path)
    imports, reads = tuple(_imports(tree)), _reads(tree)
    _strip(tree, lambda _, statement: _is_text(statement))
    semantic = _digest(tree)
    return Facts(imports, reads, semantic, _digest(tree) if _strip(tree, _is_declaration) else semantic)


def texts(path: Path) -> frozenset[str]:
    """Return all texts that are written out in a file."""
    status = path.stat()
    return _texts(path, (status.st_mtime_ns, status.st_size))


# The stamp is part of the key, so that a file which was edited is read again.
@lru_cache(maxsize=1024)
def _texts(path: Path, stamp: tuple[int, int]) -> frozenset[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return frozenset(value for value in constants if isinstance(value, str))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            between = "." if node.module else ""
            yield from (module, *(f"{module}{between}{alias.name}" for alias in node.names))


def _reads(tree: ast.Module) -> tuple[str, ...] | None:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == CONSTANT for target in targets):
            return _names(getattr(node, "value", None))
    return ()


def _names(value: ast.expr | None) -> tuple[str, ...] | None:
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [None]
    names = [part.value if isinstance(part, ast.Constant) else None for part in parts]
    written = [name for name in names if isinstance(name, str) and Path(name).name == name]
    return tuple(written) if len(written) == len(names) else None


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):  # most of a tree, and no statement is inside one
            continue
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        yield child
        yield from _statements(child)


def _strip(tree: ast.Module, dropped: Callable[[ast.AST, ast.stmt], bool]) -> bool:
    """Take statements out of a tree, each told by the node whose body it is in; return whether there was one."""
    found = False
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [statement for statement in body if not dropped(node, statement)]
            found |= len(kept) < len(body)
            body[:] = kept
    return found


def _digest(tree: ast.Module) -> str:
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _is_text(statement: ast.stmt) -> bool:
    """Tell whether a statement is a bare string: a docstring, or the words below a constant."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_declaration(node: ast.AST, statement: ast.stmt) -> bool:
    """Tell whether a statement declares a key of the settings, or names a type of keys."""
    if isinstance(node, ast.Module):
        return _is_alias(statement)
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    return any(isinstance(base, ast.Name) and base.id.endswith("Settings") for base in bases) and _is_field(statement)


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

"""What a key of the settings allows, in words, read from the type annotations of the models themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from rlsearch.config.base import NAME_PATTERN, Settings
from rlsearch.config.faults import KeyPath

NAME_RULE = "a name of lower-case letters, digits and hyphens that begins with a letter"
_WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a finite number",
    bool: "true or false",
    str: "text",
    tuple: "a list",
    list: "a list",
    type(None): "null",
}
_BOUNDS = {
    **{"gt": "above", "ge": "at least", "lt": "below", "le": "at most"},
    **{"min_length": "number of entries at least", "max_length": "number of entries at most"},
}


def describe(model: type[Settings], path: KeyPath = ()) -> str:
    """Return what is allowed at `path` below a model.

    >>> from rlsearch.config.models import RuntimeSettings
    >>> describe(RuntimeSettings, ("workers",))
    'a whole number, at least 1 and at most 256'
    """
    return describe_type(_walk(model, path))


def describe_type(annotation: Any) -> str:
    """Return what a type allows."""
    return ", or ".join(dict.fromkeys(_words(kind, notes) for kind, notes in _branches(annotation)))


def is_of(model: type[Settings], path: KeyPath, base: type[Settings]) -> bool:
    """Tell whether the section at `path` is one of a base, of which plugins have models of their own."""
    return any(isinstance(kind, type) and issubclass(kind, base) for kind, _ in _branches(_walk(model, path)))


def keys(model: type[Settings], path: KeyPath = ()) -> list[str]:
    """Return the valid keys of the section at `path`; empty where any name is allowed."""
    return [key for kind, _ in _branches(_walk(model, path)) for key in _fields(kind)]


def meaning(model: type[Settings], path: KeyPath) -> str:
    """Return what the model says that the key at `path` is for; nothing for most of them."""
    owners = (_fields(kind) for kind, _ in _branches(_walk(model, path[:-1])))
    fields = (fields_of[str(path[-1])] for fields_of in owners if str(path[-1]) in fields_of)
    return next((field.description or "" for field in fields), "")


def choices(model: type[Settings], path: KeyPath) -> list[str]:
    """Return the literal values that are allowed at `path`; empty where no list of them exists."""
    return [str(value) for kind, _ in _branches(_walk(model, path)) for value in _literals(kind)]


def _walk(annotation: Any, path: Sequence[str | int]) -> Any:
    for key in path:
        children = (_child(kind, key) for kind, _ in _branches(annotation))
        # Of a union the first branch that knows the key; `Any` only where none does.
        annotation = next((child for child in children if child is not Any), Any)
    return annotation


def _child(kind: Any, key: str | int) -> Any:
    if field := _fields(kind).get(str(key)):
        return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    origin, arguments = get_origin(kind), get_args(kind)
    # The values of a mapping: its keys are names.
    if origin is dict:
        return arguments[1]
    if origin is tuple and Ellipsis not in arguments:  # of fixed length: each place has a type of its own
        return arguments[key] if isinstance(key, int) and key < len(arguments) else Any
    return arguments[0] if origin in (tuple, list) else Any


def _fields(kind: Any) -> dict[str, FieldInfo]:
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}


def _branches(annotation: Any, notes: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield each alternative of a type as (bare type, its metadata)."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        flat = [part for note in more for part in (note.metadata if isinstance(note, FieldInfo) else [note])]
        yield from _branches(inner, (*notes, *flat))
    elif get_origin(annotation) in (Union, UnionType):
        for branch in get_args(annotation):
            yield from _branches(branch, notes)
    else:
        yield annotation, notes


def _literals(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) is Literal else ()


def _words(kind: Any, notes: Sequence[Any]) -> str:
    if literals := [str(value) for value in _literals(kind)]:
        return " or ".join(literals) if len(literals) < 3 else f"one of {', '.join(literals)}"
    if any(getattr(note, "pattern", None) == NAME_PATTERN for note in notes):
        return NAME_RULE
    origin = get_origin(kind) or kind
    text = "a section of keys" if origin is dict or _fields(kind) else _WORDS.get(origin, "any value")
    places = get_args(kind) if origin is tuple else ()
    if places and Ellipsis not in places:  # of fixed length
        text = f"{text} of {len(places)}: {'; '.join(describe_type(place) for place in places)}"
    bounds = " and ".join(_bounds(notes))
    return f"{text}, {bounds}" if bounds else text


def _bounds(notes: Sequence[Any]) -> Iterator[str]:
    """Yield the bounds in words: of several on one side, e.g. of a type and of a key, the one that counts."""
    limits = [
        (name, getattr(note, name)) for note in notes for name in _BOUNDS if getattr(note, name, None) is not None
    ]
    for tightest, names in ((max, ("ge", "gt")), (min, ("le", "lt")), (max, ("min_length",)), (min, ("max_length",))):
        # Of equal bounds the one that excludes its own value is the tighter.
        side = [(bound, name) for name, bound in limits if name in names]
        if side:
            bound, name = tightest(side, key=lambda pair: (pair[0], (pair[1] == "gt") - (pair[1] == "lt")))
            yield f"{_BOUNDS[name]} {bound}"

"""Unquoted values that YAML 1.1 and YAML 1.2 read differently: PyYAML reads the one, DVC's parser the other.

`010` is 8 or 10, `yes` is true or a word, `1:30` is 90 or a word. Each is refused, so that `make run` and `dvc repro`
cannot run different experiments from one file. A decimal fraction or a number in scientific notation that YAML 1.1
takes for text (`1e-3`, `-.5`) is read as the number that it is for DVC.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

TAG = "tag:yaml.org,2002:"
PLAIN_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
"""What anybody would take for a decimal number."""

_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULL = ("", "~", "null", "Null", "NULL")
_INTEGERS = {
    2: re.compile(r"[-+]?0b[01_]+"),
    8: re.compile(r"[-+]?0o[0-7_]+"),
    10: re.compile(r"[-+]?[0-9_]+"),
    16: re.compile(r"[-+]?0x[0-9a-fA-F_]+"),
}
_FLOATS = (
    re.compile(r"[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)?"),
    re.compile(r"[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"),
    re.compile(r"[-+]?\.[0-9_]+([eE][-+][0-9]+)?"),
    re.compile(r"[-+]?\.(inf|Inf|INF)"),
    re.compile(r"\.(nan|NaN|NAN)"),
)
_MAY_BE_NUMBER = frozenset("-+.0123456789")
_REST = frozenset(("timestamp", "merge", "value"))
"""Kinds that both versions read alike; dates and the rest are refused elsewhere."""


def settle(node: yaml.ScalarNode, loader: yaml.SafeLoader) -> str | None:
    """Make a number that YAML 1.1 takes for text a number; return what is wrong with any other that reads differently.

    Raises:
        ValueError: YAML 1.1 itself cannot read the value.
    """
    kind = node.tag.removeprefix(TAG)
    plain = (node.style is None, node.style is not None)
    # The tag that the value would have if none were written before it.
    untagged: str = loader.resolve(yaml.ScalarNode, node.value, plain)  # type: ignore[no-untyped-call]  # PyYAML has no types
    if node.tag != untagged:
        return None if kind == "str" else f"must be written without the tag {node.tag.replace(TAG, '!!')}"
    if node.style is not None or kind in _REST:
        return None
    # A text to both versions, whatever follows.
    if kind == "str" and node.value[0] not in _MAY_BE_NUMBER:
        return None
    ours: Any = SafeConstructor().construct_object(node)
    try:
        theirs = yaml_1_2(node.value)
    except ValueError:
        return f"is {_shown(ours)} in YAML 1.1, and YAML 1.2 (DVC) cannot read it; put it in quotes"
    if _same(ours, theirs):
        return None
    if isinstance(ours, str) and isinstance(theirs, float) and PLAIN_NUMBER.fullmatch(node.value):
        node.tag = f"{TAG}float"
        return None
    means = f"is {_shown(ours)} in YAML 1.1 and {_shown(theirs)} in YAML 1.2 (DVC)"
    return f"{means}; write {_remedy(ours, theirs)}"


def yaml_1_2(text: str) -> bool | int | float | str | None:
    """Return what DVC's parser reads in an unquoted value that is no date.

    Raises:
        ValueError: it looks like a number there, and is none.
    """
    if text in _BOOL:
        return _BOOL[text]
    if text in _NULL:
        return None
    if text[0] not in _MAY_BE_NUMBER:
        return text
    digits = text.replace("_", "").lower()
    for base, pattern in _INTEGERS.items():
        if pattern.fullmatch(text):
            # int() itself strips the prefixes 0b, 0o and 0x of their bases.
            return int(digits, base)
    if any(pattern.fullmatch(text) for pattern in _FLOATS):
        return float(digits.replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _same(ours: Any, theirs: Any) -> bool:
    # A NaN is equal to nothing, itself included. Types count: 1 and True are equal in Python.
    return type(ours) is type(theirs) and (ours == theirs or ours != ours)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {value!r}"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f"{value}"


def _remedy(ours: Any, theirs: Any) -> str:
    """Return the two ways to say clearly what was meant."""
    first, second = (f"{value!r}" if isinstance(value, str) else _shown(value) for value in (ours, theirs))
    return f"{first} or {second}"

"""YAML text as plain values with the line of every key; what YAML lets slip silently is a fault here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rlsearch.checks import scalars
from rlsearch.config import messages
from rlsearch.config.faults import Fault, KeyPath
from rlsearch.errors import SettingsError

MERGE_TAG = "tag:yaml.org,2002:merge"


@dataclass
class Source:
    """The parsed file.

    Attributes:
        value: what PyYAML reads.
        lines: the line of each key, from 1.
        faults: keys that occur twice in a section.
        unclear: keys and values that DVC reads differently, so that nothing else can be said about them.
    """

    value: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unclear: list[Fault] = field(default_factory=list)


def load(path: Path) -> Source:
    """Read a YAML file.

    Raises:
        SettingsError: the file is missing, not UTF-8 text or not YAML, or holds values with two readings; with lines.
    """
    try:
        source = parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        remedy = "give the file with --params, or write a new params.yaml with: rlsearch preset laptop"
        raise SettingsError(f"cannot read the settings: {reason}", where=str(path), remedy=remedy) from None
    except UnicodeDecodeError as error:
        message = f"the settings are not UTF-8 text (byte {error.start})"
        raise SettingsError(message, where=str(path), remedy="save the file as UTF-8") from None
    if source.unclear:
        raise messages.error_of(source.unclear, str(path), source.lines)
    return source


def parse(text: str, where: str) -> Source:
    """Parse YAML text; `where` names it in messages."""
    source = Source()
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is not None:
            _note(node, (), source, set(), loader)
            source.value = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
        raise _syntax_error(error.problem or error.context or "it cannot be parsed", place) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).split("\n", 1)[0]
        raise _syntax_error(reason, where) from None
    return source


def unplain(value: Any, path: KeyPath = (), above: tuple[int, ...] = ()) -> Iterator[Fault]:
    """Yield what JSON cannot hold: keys that are not text, dates, NaN, bytes, sets, sections that hold themselves."""
    if id(value) in above:
        # On the way down only: a section that two aliases share is no cycle.
        yield Fault(path, "this section contains itself, through a YAML alias")
    elif isinstance(value, Mapping):
        for key, inside in value.items():
            if not isinstance(key, str):
                problem = f"names must be text, not {type(key).__name__}; YAML reads {key!r} here: put it in quotes"
                yield Fault((*path, str(key)), problem)
            yield from unplain(inside, (*path, str(key)), (*above, id(value)))
    elif isinstance(value, list | tuple):
        for index, inside in enumerate(value):
            yield from unplain(inside, (*path, index), (*above, id(value)))
    elif isinstance(value, float) and not math.isfinite(value):
        yield Fault(path, "must be finite", value)
    elif not isinstance(value, str | int | float | None):
        problem = f"must be text, a number, true, false or null, but YAML reads {type(value).__name__}; use quotes"
        yield Fault(path, problem, str(value))


def _note(node: yaml.Node, path: KeyPath, source: Source, above: set[int], loader: yaml.SafeLoader) -> None:
    """Note the line of each key below a node, and what PyYAML would let slip.

    That is a key that occurs twice, of which it keeps the last, and a value that DVC reads differently.
    """
    if id(node) in above:
        return
    above = above | {id(node)}
    if isinstance(node, yaml.ScalarNode):
        _settle(node, path, source, loader)
    elif isinstance(node, yaml.SequenceNode):
        for index, inside in enumerate(node.value):
            source.lines[(*path, index)] = inside.start_mark.line + 1
            _note(inside, (*path, index), source, above, loader)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, inside in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == MERGE_TAG:
                continue
            here, line = (*path, key.value), key.start_mark.line + 1
            if key.value in seen:
                problem = f"occurs twice in this section, in lines {source.lines[here]} and {line}; keep one"
                source.faults.append(Fault(here, problem))
                continue
            seen.add(key.value)
            source.lines[here] = line
            _settle(key, here, source, loader)
            _note(inside, here, source, above, loader)


def _settle(node: yaml.ScalarNode, path: KeyPath, source: Source, loader: yaml.SafeLoader) -> None:
    problem = scalars.settle(node, loader)
    if problem is not None:
        source.unclear.append(Fault(path, f"the unquoted {node.value} {problem}"))


def _syntax_error(reason: str, place: str) -> SettingsError:
    return SettingsError(
        f"the settings are not valid YAML: {reason}",
        where=place,
        allowed="key: value, one a line, sections indented by spaces (no tabs)",
        remedy="correct that line or the one above, then check with: rlsearch validate",
    )

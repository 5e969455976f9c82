"""Faults of the settings in plain words: the key, the value found, what is allowed, the nearest valid name."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from rlsearch.config import plugins, schema
from rlsearch.config.base import NAME_PATTERN, Settings
from rlsearch.config.faults import NOTHING, Fault, KeyPath
from rlsearch.config.optimizer_models import OptimizerSettings
from rlsearch.errors import SettingsError

# With its title, place and remedy a message then fits a terminal of 24 lines.
SHOWN, LINES, WIDTH = 8, 18, 100

MEANT = {"gpu": "cuda"}
"""Usual words for values that the letters alone would take for another one."""
WORDS = ("null", "true", "false")


def dotted(path: KeyPath) -> str:
    """Return a path as Snakemake and DVC write it; keys that could not be a name are quoted.

    >>> dotted(("studies", "init-scale", "claims", 0, "agent"))
    'studies.init-scale.claims[0].agent'
    """
    words = [f"[{key}]" if isinstance(key, int) else f".{_key(str(key))}" for key in path]
    return "".join(words).removeprefix(".") or "(top level)"


def error_of(faults: Iterable[Fault], where: str, lines: Mapping[KeyPath, int]) -> SettingsError:
    """Return one error, at most a screen long, that lists the faults in the order of the file.

    Args:
        faults: of several faults at one path the first is kept.
        where: the settings file.
        lines: line number of each key, as far as known.
    """
    unique: dict[str, Fault] = {}
    for fault in faults:
        unique.setdefault(dotted(fault.path), fault)
    ordered = sorted(unique.values(), key=lambda fault: _line(fault.path, lines))
    blocks: list[list[str]] = []
    # Not strict: each with the one before it, so the last has no partner.
    for fault, before in zip(ordered, [None, *ordered], strict=False):
        head, *inside = _block(fault, _line(fault.path, lines))
        same = before is not None and fault.problem == before.problem
        blocks.append([f"{head}: as above"] if same else [head, *inside])
    shown: list[str] = []
    for count, block in enumerate(blocks):
        if count == SHOWN or len(shown) + len(block) > LINES:
            shown.append(f"  ... and {len(blocks) - count} more")
            break
        shown += block
    title = "The settings have one fault:" if len(blocks) == 1 else f"The settings have {len(blocks)} faults:"
    remedy = "correct the settings, then check them with: rlsearch validate"
    return SettingsError("\n".join([title, *shown]), where=where, remedy=remedy)


def translate(error: ValidationError, model: type[Settings], raw: Any, prefix: KeyPath = ()) -> list[Fault]:
    """Return the faults that pydantic found in `raw`, the section at `prefix` of the settings."""
    faults: list[Fault] = []
    missing: list[KeyPath] = []
    guessed: set[KeyPath] = set()
    for detail in error.errors(include_url=False):
        if detail["type"] == "invalid_key" or (
            detail["loc"][-1:] == ("[key]",) and not isinstance(detail["input"], str)
        ):
            continue  # keys that are not text are found in the raw settings, where their own form is known
        if detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
            continue  # pydantic does not count entries that have a fault of their own
        path = _real_path(detail["loc"], raw)
        if detail["type"] == "missing" and isinstance(detail["loc"][-1], int):  # a list that is too short
            faults.append(Fault(path, f"must be {_allowed(path, model, raw)}", detail["input"]))
        elif detail["type"] == "missing":
            missing.append((*path, detail["loc"][-1]))
        elif detail["type"] == "extra_forbidden":
            fault, guess = _unknown_key(path, model, detail["input"])
            faults.append(fault)
            guessed.add(guess)
        else:
            # A rule between several keys names their values itself; the whole section would only bury it.
            of_section = detail["type"] == "value_error" and isinstance(detail["input"], Mapping)
            faults.append(Fault(path, _problem(detail, path, model, raw), NOTHING if of_section else detail["input"]))
    faults += _missing_keys([path for path in missing if path not in guessed], model)
    return [Fault((*prefix, *fault.path), fault.problem, fault.value) for fault in faults]


def _real_path(location: Sequence[str | int], raw: Any) -> KeyPath:
    """Drop what pydantic adds to a location (branches of a union, "[key]"): keep what the file has."""
    path: list[str | int] = []
    for key in location:
        inside = isinstance(raw, Mapping) and key in raw
        if not inside and not (isinstance(raw, list | tuple) and isinstance(key, int) and key < len(raw)):
            break
        path.append(str(key) if isinstance(raw, Mapping) else key)
        raw = raw[key]
    return tuple(path)


def _problem(detail: Mapping[str, Any], path: KeyPath, model: type[Settings], raw: Any) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if detail["loc"][-1:] == ("[key]",):
        return f"names must be {schema.NAME_RULE}, at most 60 characters"
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch" and context["pattern"] != NAME_PATTERN:
        return f"must match {context['pattern']}"
    if kind == "string_too_long":
        return f"must have at most {context['max_length']} characters"
    allowed, given = _allowed(path, model, raw), str(detail["input"])
    if detail["input"] in WORDS and given in re.findall(r"\w+", allowed):
        return f"must be {allowed}; write {given} without quotes"
    return f"must be {allowed}{plugins.nearest(MEANT.get(given, given), schema.choices(model, path))}"


def _allowed(path: KeyPath, model: type[Settings], raw: Any) -> str:
    """Return what is allowed at a path: of an optimizer, whose keys are in the file of its name, what stands there."""
    section = raw
    for place, key in enumerate(path):
        if isinstance(section, Mapping) and schema.is_of(model, path[:place], OptimizerSettings):
            name = str(section.get("name", "adam"))
            if name in plugins.names("optimizers"):
                return schema.describe(plugins.load("optimizers", name).SETTINGS, path[place:])
        try:
            section = section[key]
        except LookupError:  # a key that is no text in the file
            break
    return schema.describe(model, path)


def _unknown_key(path: KeyPath, model: type[Settings], value: Any) -> tuple[Fault, KeyPath]:
    """Return the fault and the valid key that was probably meant, which is then not reported as missing."""
    allowed, key = schema.keys(model, path[:-1]), str(path[-1])
    guess = plugins.closest(key, allowed) or ""
    problem = f"unknown key{plugins.nearest(key, allowed)}; allowed: {', '.join(allowed)}"
    return Fault(path, problem, value), (*path[:-1], guess)


def _missing_keys(paths: Sequence[KeyPath], model: type[Settings]) -> list[Fault]:
    """Return one fault a section, however many of its keys are missing."""
    if not paths:
        return []
    counts = Counter(path[:-1] for path in paths)
    single = [Fault(path, _required(path, model)) for path in paths if counts[path[:-1]] == 1]
    many = [section for section, count in counts.items() if count > 1]
    return single + [
        Fault(section, f"required keys are missing: {', '.join(str(p[-1]) for p in paths if p[:-1] == section)}")
        for section in many
    ]


def _required(path: KeyPath, model: type[Settings]) -> str:
    """Return the sentence for a key that is missing, and what it is for where the model says so."""
    meaning = schema.meaning(model, path)
    return f"this key is required: {meaning}" if meaning else "this key is required"


def _block(fault: Fault, line: float) -> list[str]:
    place = f" (line {line})" if line != float("inf") else ""
    shown = "" if fault.value is NOTHING else f" = {_value(fault.value)}"
    # Paths and names are copied out of messages: they stay whole.
    whole: Any = {"break_on_hyphens": False, "break_long_words": False}
    problem = textwrap.shorten(fault.problem, width=3 * WIDTH, placeholder=" ...", **whole)
    inside = textwrap.wrap(problem, WIDTH, initial_indent="      ", subsequent_indent="      ", **whole)
    return [f"  - {dotted(fault.path)}{shown}{place}", *inside]


def _line(path: KeyPath, lines: Mapping[KeyPath, int]) -> float:
    numbers = (lines[path[:size]] for size in range(len(path), 0, -1) if path[:size] in lines)
    # Faults of keys that have no line come last.
    return next(numbers, float("inf"))


def _key(key: str) -> str:
    plain = key.replace("-", "").replace("_", "").isalnum() and key.isascii() and len(key) <= 60
    return key if plain else _cut(repr(key))


def _value(value: Any) -> str:
    if value is None:
        return "null (nothing)"
    if isinstance(value, Mapping):
        return _cut(f"a section with keys {', '.join(map(str, value))}") if value else "an empty section"
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:56] + " ..."

"""What two runs of the same settings must have in common, and where they differ: `same_numbers.py` compares by this.

Every file below `results/` belongs to the first family whose pattern fits it, so that a new kind of file is compared
as well, before anybody has thought of it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from result_families import FAMILIES, Family, family_of
from result_files import read

APART = (
    ("*.json", "provenance"),  # machine, versions and digests of code, data and settings
    ("retrain/*/model.json", "sha256"),  # of the bytes of weights.pt, whose tensors are compared
    ("retrain/*/model.json", "version"),
)
"""(file, key): what may differ though all numbers are the same."""

SHIPPED = ("reference/*", "*/README.md")
"""Files below `results/` that no run makes."""

MEASURED = ("report/tables/*-seconds.csv",)
"""Tables of seconds, which have a row, or are there at all, only where a run was not answered from the store."""

PROSE = ("label", "labels", "reason")
"""Keys and columns whose text is for readers: a difference is a note."""

MISSING = "missing"


@dataclass(frozen=True)
class Difference:
    """A place at which two runs differ, with what each has there."""

    file: str
    place: str
    base: Any
    new: Any

    def __str__(self) -> str:
        where = f"{self.file}: {self.place}" if self.place else self.file
        return f"{where}: {_shown(self.base)} | {_shown(self.new)}"


@dataclass
class Tally:
    """What the comparison of a family has found.

    Attributes:
        files, numbers: how many were compared.
        largest: the largest relative difference between two numbers; infinite where only one is finite.
        differences, notes: what fails, and what a reader may want to know.
    """

    family: Family
    files: int = 0
    numbers: int = 0
    largest: float = 0.0
    differences: list[Difference] = field(default_factory=list)
    notes: list[Difference] = field(default_factory=list)

    def __str__(self) -> str:
        verdict = f"{len(self.differences)} differences" if self.differences else "identical"
        counts = f"{self.files:5,} files {self.numbers:10,} numbers"
        return f"{self.family.name:<20}{counts}   largest relative difference {self.largest:7.1e}   {verdict}"


def compare(
    base: Path, new: Path, studies: Collection[str] = (), alone: Collection[str] = (), added: Sequence[str] = ()
) -> list[Tally]:
    """Compare two folders `results/`, family by family.

    Args:
        base, new: the folder of the revision to compare with, and that of the work tree.
        studies: all studies that either has.
        alone: those that only one of the two has; whatever is theirs is left out.
        added: patterns of files, keys and columns that only `new` may have.
    """
    tallies = {family.name: Tally(family) for family in FAMILIES}
    first, second = (set(files(folder)) for folder in (base, new))
    for file in sorted(first | second):
        if _study(file, studies) in alone:
            continue
        tally = tallies[family_of(file).name]
        here = _Here(tally, file, added)
        if file not in first or file not in second:
            here.one_sided(file in first)
            continue
        tally.files += 1
        if tally.family.name != "seconds":  # they must be there, whatever they say
            here.values("", *(without(read(folder / file), alone) for folder in (base, new)))
    return list(tallies.values())


def files(folder: Path) -> Iterator[str]:
    """Yield the files that a run has made below `results/`, relative to it."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(fnmatch(name, one) for one in (*SHIPPED, *MEASURED)):
            yield name


def without(value: Any, studies: Collection[str]) -> Any:
    """Return a file's content without what is about these studies: rows of theirs, and their part of metrics.json."""
    if not studies or not isinstance(value, Mapping):
        return value
    if isinstance(value.get("studies"), Mapping):
        return {**value, "studies": {name: part for name, part in value["studies"].items() if name not in studies}}
    rows = [row for row in value.values() if not isinstance(row, Mapping) or row.get("study") not in studies]
    return value if len(rows) == len(value) else {f"line {i}": row for i, row in enumerate(rows, start=1)}


def _study(file: str, studies: Collection[str]) -> str:
    """Return the study that a file belongs to: search/<study>/..., report/figures/<study>-<figure>.svg; "" if none."""
    first, *parts = file.split("/")
    if first != "report":
        return next((study for study in studies if study in parts[:1]), "")
    return max((study for study in studies if parts[-1].startswith(f"{study}-")), key=len, default="")


@dataclass
class _Here:
    """Compares the values of one file and writes into the tally of its family."""

    tally: Tally
    file: str
    added: Sequence[str]

    def one_sided(self, in_base: bool) -> None:
        found = Difference(self.file, "", "there" if in_base else MISSING, MISSING if in_base else "there")
        fine = not in_base and any(fnmatch(self.file, pattern) for pattern in self.added)
        (self.tally.notes if fine else self.tally.differences).append(found)

    def values(self, place: str, base: Any, new: Any) -> None:
        if isinstance(base, Mapping) and isinstance(new, Mapping):
            self._mappings(place, base, new)
        elif isinstance(base, list) and isinstance(new, list):
            self._mappings(place, *({f"[{i}]": item for i, item in enumerate(items)} for items in (base, new)))
        elif isinstance(base, np.ndarray) and isinstance(new, np.ndarray):
            self._arrays(place, base, new)
        elif _is_number(base) and _is_number(new):
            self._numbers(place, base, new)
        elif type(base) is not type(new) or base != new:
            self._differ(place, base, new)

    def _mappings(self, place: str, base: Mapping[Any, Any], new: Mapping[Any, Any]) -> None:
        for key in {**base, **new}:
            name = str(key)
            inner = f"{place}, {name}" if place else name
            if any(fnmatch(self.file, pattern) and name == apart for pattern, apart in APART):
                continue
            if key in base and key in new:
                self.values(inner, base[key], new[key])
            elif key in base:
                self.tally.differences.append(Difference(self.file, inner, base[key], MISSING))
            else:
                fine = any(fnmatch(name, pattern) for pattern in self.added)
                found = Difference(self.file, inner, MISSING, new[key])
                (self.tally.notes if fine else self.tally.differences).append(found)

    def _arrays(self, place: str, base: np.ndarray, new: np.ndarray) -> None:
        if base.shape != new.shape or base.dtype != new.dtype:
            kinds = (f"{array.dtype} {array.shape}" for array in (base, new))
            self.tally.differences.append(Difference(self.file, place, *kinds))
            return
        self.tally.numbers += base.size
        for index in np.argwhere(~((base == new) | ((base != base) & (new != new)))):
            self._numbers(f"{place} {index.tolist()}", base[tuple(index)].item(), new[tuple(index)].item(), count=0)

    def _numbers(self, place: str, base: float, new: float, count: int = 1) -> None:
        self.tally.numbers += count
        difference = relative(base, new)
        self.tally.largest = max(self.tally.largest, difference)
        if difference > self.tally.family.tolerance:
            self.tally.differences.append(Difference(self.file, place, base, new))

    def _differ(self, place: str, base: Any, new: Any) -> None:
        key = next((part for part in reversed(place.split(", ")) if not part.startswith("[")), "")
        text = all(value is None or isinstance(value, str) for value in (base, new))
        prose = text and (key in PROSE or not self.tally.family.words)
        (self.tally.notes if prose else self.tally.differences).append(Difference(self.file, place, base, new))


def relative(base: float, new: float) -> float:
    """Return the difference of two numbers divided by the larger one; 0 for two that are not numbers."""
    if base == new or (math.isnan(base) and math.isnan(new)):
        return 0.0
    if not (math.isfinite(base) and math.isfinite(new)):
        return math.inf
    return abs(base - new) / max(abs(base), abs(new))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= 100 else f"{text[:97]}..."

"""Numbers and verdicts as people read them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rlsearch.config.twins import SUFFIX, is_twin
from rlsearch.measures import Measure
from rlsearch.statistics.intervals import Interval
from rlsearch.units import Unit

MINUS = "\N{MINUS SIGN}"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with `digits` significant digits, or a dash when there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}g}".replace("-", MINUS)


def percent(value: float | None, digits: int = 2) -> str:
    """Return a share from 0 to 1 in per cent."""
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:.{digits}f} %".replace("-", MINUS)


def count(value: float | None) -> str:
    """Return a whole number with thin spaces between thousands."""
    return (
        # Thin spaces between groups of three, as the SI asks; no line may break there.
        "–" if value is None or not math.isfinite(value) else f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    )


def thousands(text: str) -> str:
    """Return a sentence with the separators of `count` in its numbers, where it has commas."""
    return re.sub(r"(?<=\d),(?=\d{3})", "\N{NARROW NO-BREAK SPACE}", text)


def between_counts(counts: Sequence[int], singular: str, plural: str) -> str:
    """Return "1 search", "6 searches" or "4 to 6 searches" for the smallest and the largest of some counts."""
    low, high = min(counts), max(counts)
    number = f"{low}" if low == high else f"{low} to {high}"
    return f"{number} {singular if high == 1 else plural}"


def flops(value: float | None) -> str:
    """Return floating-point operations with a prefix, e.g. "1.2 TFLOP"."""
    if value is None or not math.isfinite(value):
        return "–"
    prefixes = ("", "k", "M", "G", "T", "P", "E", "Z")
    # The 1e-12 keeps an exact power of 1000 from losing its prefix to rounding.
    power = 0 if value < 1 else min(int(math.log10(value) / 3 + 1e-12), len(prefixes) - 1)
    return f"{value / 1000**power:.3g} {prefixes[power]}FLOP"


def duration(seconds: float | None) -> str:
    """Return seconds as "41 s", "3 min 20 s" or "2 h 5 min"."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    # Rounded first: 119.6 s is 2 min 0 s, not 1 min 60 s.
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left} min" if hours else f"{minutes} min {rest} s"


def level(value: float | None, measure: Measure, digits: int | None = None) -> str:
    """Return a level of a measure, e.g. "96.69 %"."""
    return "–" if value is None or not math.isfinite(value) else measure.show(value, digits).replace("-", MINUS)


def effect(value: float | None, unit: Unit, *, sign: bool = True) -> str:
    """Return a difference in its unit: accuracies in percentage points."""
    return "–" if value is None else unit.amount(value, sign=sign).replace("-", MINUS)


def difference(value: float | None, unit: Unit, *, sign: bool = False) -> str:
    """Return the same without the unit, for a column whose head names it."""
    return "–" if value is None else unit.number(value, sign=sign).replace("-", MINUS)


def between(interval: Interval | None, unit: Unit) -> str:
    """Return an interval of a difference in its unit."""
    if interval is None:
        return "–"
    return f"{effect(interval.low, unit)} to {effect(interval.high, unit)}"


def tau(rank: Mapping[str, Any], *, brief: bool = False) -> str:
    """Return Kendall's tau with its interval; `brief` for headings."""
    if rank["tau"] is None:
        return "tau unknown"
    text = f"tau = {rank['tau']:.2f}"
    interval = rank["interval"]
    if interval:
        name = "" if brief else "95 % interval "
        text += f" ({name}{interval['low']:.2f} to {interval['high']:.2f})"
    return text.replace("-", MINUS)


def minus(text: str) -> str:
    """Return a sentence with true minus signs before its numbers."""
    # Not the hyphen in a name such as lenet-5 or in a range.
    return re.sub(r"(?<![\w.])-(?=\d)", MINUS, text)


def unbroken(text: str) -> str:
    """Return a list of labels in which only commas and semicolons allow a new line."""
    return re.sub(r"(?<![,;]) ", "\N{NO-BREAK SPACE}", text)


def listed(names: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def about_twins(labels: Iterable[str]) -> str:
    """Return what the twins among these arms are, as a sentence that follows others; nothing without any."""
    if not any(is_twin(label) for label in labels):
        return ""
    return f" Arms whose names end in {SUFFIX} propose as their agent does, with its seeds and budget, but never learn."

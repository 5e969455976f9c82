"""Readers of the artefacts that selection, claims and the report share. A damaged file is a RlsearchError."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rlsearch.files import csv_text, damaged, read_csv, read_json
from rlsearch.measures import Measure

TEXTS = frozenset(("agent", "key", "status", "slot", "phase", "name", "optimizer"))
"""Columns of curves and times that hold no numbers."""


def search_columns(measure: Measure) -> tuple[str, ...]:
    """Return the columns of searches.csv."""
    score = f"score_{measure.name}"
    return ("agent", "seed", "key", "label", "spec", score, "trials", "unique_evaluations", "flops", "bit_exact")


def _object(*needed: str) -> Callable[[Path], Mapping[str, Any]]:
    """Return the reader of a JSON file that has these keys (docs/artefacts.md)."""

    def read(path: Path) -> Mapping[str, Any]:
        value: Mapping[str, Any] = read_json(path, *needed)
        return value

    return read


summary = _object("answer", "cost", "provenance")
controls = _object("noise", "provenance")
slot = _object("status", "spec", "key")
retraining = _object("status", "runs", "provenance")
"""The summary of a search, an agent's controls, a filled slot, and a slot's retraining."""


def finalists(path: Path) -> list[dict[str, Any]]:
    """Return the rows of finalists.csv, the search's answer first; a number is None where its cell is empty."""
    try:
        return [_finalist(row) for row in read_csv(path)]
    except (KeyError, ValueError):
        raise damaged("the table is damaged", path) from None


def _finalist(row: Mapping[str, str]) -> dict[str, Any]:
    words = {"key": row["key"], "label": row["label"], "spec": json.loads(row["spec"])}
    numbers = {name: float(text) if text else None for name, text in row.items() if name not in words}
    return {**numbers, **words, "rank": int(row["rank"]), "replicates": int(row["replicates"])}


def q_table(path: Path) -> list[dict[str, Any]]:
    """Return the rows of q-table.csv: what is known as a number is one, all else is text."""
    numbers = ("depth", "index", "q", "visits", "q_first", "q_second")
    try:
        return [{k: float(v) if k in numbers else v for k, v in row.items()} for row in read_csv(path)]
    except ValueError:
        raise damaged("the table is damaged", path) from None


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a table of numbers: floats, NaN where a cell is empty; texts as they are."""
    try:
        return [{k: v if k in TEXTS else float(v or "nan") for k, v in row.items()} for row in read_csv(path)]
    except ValueError:
        raise damaged("the table is damaged", path) from None


def tested(metrics: Mapping[str, Any], measure: Measure) -> list[float]:
    """Return the finite test levels of a slot's runs, in the order of their seeds."""
    return levels((run.get(f"test_{measure.metric}") for run in metrics.get("runs") or ()), measure)


def scores(answers: Iterable[Mapping[str, Any]], measure: Measure) -> list[float]:
    """Return the finite scores of some answers, as summaries and searches.csv hold them."""
    return finite(answer[f"score_{measure.name}"] for answer in answers)


def searches(path: Path, measure: Measure) -> list[dict[str, Any]]:
    """Return the rows of searches.csv, one per search; empty cells (a search without an answer) are None."""
    try:
        return [{name: _cell(name, row[name]) for name in search_columns(measure)} for row in read_csv(path)]
    except (KeyError, ValueError):
        raise damaged("the table is damaged", path) from None


def _cell(name: str, text: str) -> Any:
    if text == "":
        return None
    if name in ("seed", "trials", "unique_evaluations", "flops"):
        return int(text)
    if name.startswith("score_"):
        return float(text)
    return text == "true" if name == "bit_exact" else text


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return a table as CSV text: floats in full precision, None as an empty cell, booleans as true and false."""
    return csv_text(columns, ([_text(row[name]) for name in columns] for row in rows))


def _text(value: Any) -> Any:
    # Before all else: csv would write True, which `_cell` does not know.
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def finite(values: Iterable[Any]) -> list[float]:
    """Return the finite numbers among `values`; null, NaN and infinities are left out."""
    return [float(value) for value in values if value is not None and math.isfinite(value)]


def levels(metrics: Iterable[Any], measure: Measure) -> list[float]:
    """Return the levels of the finite values of a measure's metric."""
    return list(map(measure.level, finite(metrics)))

"""Readers of the artefacts that selection, claims and the report share. A file that is not there yet reads as None."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rlsearch.config import artefacts
from rlsearch.files import damaged, read_csv, read_json, read_jsonl

SEARCH_COLUMNS = (
    "agent",
    "seed",
    "key",
    "label",
    "spec",
    "score_accuracy",
    "trials",
    "unique_evaluations",
    "flops",
    "bit_exact",
)


def trials(root: Path, study: str, agent: str, seed: int) -> list[Mapping[str, Any]] | None:
    """Return the ledger of one search in asking order."""
    path = root / artefacts.search_folder(study, agent, seed) / "trials.jsonl"
    return read_jsonl(path) if path.exists() else None


def summary(root: Path, study: str, agent: str, seed: int) -> Mapping[str, Any] | None:
    """Return the summary of one search."""
    return _json(root / artefacts.search_folder(study, agent, seed) / "summary.json", "answer", "cost", "provenance")


def manifest(root: Path, dataset: str, *keys: str) -> Mapping[str, Any] | None:
    """Return what is known of a fetched dataset (docs/artefacts.md)."""
    return _json(root / artefacts.data_folder(dataset) / "manifest.json", *keys)


def controls(root: Path, study: str, agent: str) -> Mapping[str, Any] | None:
    """Return an agent's null and planted controls."""
    return _json(root / artefacts.controls_file(study, agent), "noise", "provenance")


def slot(root: Path, study: str, name: str) -> Mapping[str, Any] | None:
    """Return a slot as the select phase filled it."""
    return _json(root / artefacts.select_folder(study) / f"{name}.json", "status", "spec", "key")


def retraining(root: Path, study: str, name: str) -> Mapping[str, Any] | None:
    """Return the measurements of a slot's retraining."""
    return _json(root / artefacts.retrain_folder(study, name) / "metrics.json", "status", "runs", "provenance")


def test_accuracies(metrics: Mapping[str, Any]) -> list[float]:
    """Return the finite test accuracies (0 to 1) of a slot's runs, in the order of their seeds."""
    return finite(run.get("test_accuracy") for run in metrics.get("runs") or ())


def searches(root: Path, study: str) -> list[dict[str, Any]] | None:
    """Return the rows of searches.csv, one per search; empty cells (a search without an answer) are None."""
    path = root / artefacts.select_folder(study) / "searches.csv"
    if not path.exists():
        return None
    try:
        return [{name: _cell(name, row[name]) for name in SEARCH_COLUMNS} for row in read_csv(path)]
    except (KeyError, ValueError):
        raise damaged("the table is damaged", path) from None


def _cell(name: str, text: str) -> Any:
    if text == "":
        return None
    if name in ("seed", "trials", "unique_evaluations", "flops"):
        return int(text)
    if name == "score_accuracy":
        return float(text)
    return text == "true" if name == "bit_exact" else text


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return a table as CSV text: floats in full precision, None as an empty cell, booleans as true and false."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_text(row[name]) for name in columns] for row in rows])
    return text.getvalue()


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def finite(values: Iterable[Any]) -> list[float]:
    """Return the finite numbers among `values`; null, NaN and infinities are left out."""
    return [float(value) for value in values if value is not None and math.isfinite(value)]


def _json(path: Path, *needed: str) -> Mapping[str, Any] | None:
    if not path.exists():
        return None
    value: Mapping[str, Any] = read_json(path, *needed)
    return value

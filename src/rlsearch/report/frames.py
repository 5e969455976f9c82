"""Ledgers, curves and times as data frames: what the report reads of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from rlsearch.evidence.tables import TEXTS
from rlsearch.measures import Measure

TRIAL_COLUMNS = ("agent", "seed", "index", "key", "action", "reward", "level", "status", "flops")
TIME_COLUMNS = ("phase", "name", "seconds", "cached")
Ledgers = Mapping[tuple[str, int], Sequence[Mapping[str, Any]]]
"""Of searches by (agent, seed)."""


def trials(ledgers: Ledgers, measure: Measure, records: Sequence[Measure] = ()) -> pd.DataFrame:
    """Return one row a trial from ledgers by (agent, seed): TRIAL_COLUMNS, then all numbers that agents report.

    These are a proposal's `info` and the `diagnostics` of an update, by name; NaN where a trial has none of that name.
    `records`: what is measured besides, in columns of its metrics' names.
    """
    rows = [_trial(*search, trial, (measure, *records)) for search, ledger in ledgers.items() for trial in ledger]
    reported = (name for row in rows for name in row)
    return frame(rows, tuple(dict.fromkeys((*TRIAL_COLUMNS, *reported))))


def _trial(agent: str, seed: int, trial: Mapping[str, Any], measures: Sequence[Measure]) -> dict[str, Any]:
    (measure, *records), metrics = measures, trial["metrics"]
    metric = metrics.get(measure.metric)
    return {
        # An agent's own numbers come first, so that none of them can replace a column of the ledger.
        **trial["info"],
        **trial["diagnostics"],
        **{record.metric: metrics.get(record.metric) for record in records},
        **{column: trial[column] for column in ("index", "key", "reward", "status", "flops")},
        "agent": agent,
        "seed": seed,
        "action": trial["actions"][0] if len(trial["actions"]) == 1 else None,
        "level": None if metric is None else measure.level(metric),
    }


def tell(ledgers: Ledgers, name: str) -> frozenset[str]:
    """Return the agents that tell a number of this name with every proposal: updates tell theirs of the last ones."""
    told: dict[str, list[bool]] = {}
    for (agent, _), ledger in ledgers.items():
        told.setdefault(agent, []).append(bool(ledger) and all(name in trial["info"] for trial in ledger))
    return frozenset(agent for agent, searches in told.items() if all(searches))


def curves(rows: Mapping[str, Sequence[Mapping[str, Any]]], columns: Sequence[str]) -> pd.DataFrame:
    """Return one row an epoch from the rows of each slot's retraining runs: `slot`, then these columns."""
    epochs = ({"slot": slot, **row} for slot, of_slot in rows.items() for row in of_slot)
    return frame(epochs, ("slot", *columns))


def times(rows: Mapping[tuple[str, str, int], Sequence[Mapping[str, Any]]]) -> pd.DataFrame:
    """Return one row a child from the rows of each (phase, agent or slot, seed)."""
    children = ({"phase": phase, "name": name, **row} for (phase, name, _), of_job in rows.items() for row in of_job)
    return frame(children, TIME_COLUMNS)


def frame(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return these columns of some rows; what a row lacks is NaN, in a column of texts None."""
    # One type whatever the rows: an empty column, or one of nothing but null, would otherwise hold objects.
    table = pd.DataFrame([{column: row.get(column) for column in columns} for row in rows], columns=list(columns))
    return table.astype({column: "float64" for column in columns if column not in TEXTS})

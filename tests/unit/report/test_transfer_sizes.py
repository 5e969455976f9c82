"""Transfers beside baselines: how large networks are, and by how much a baseline missed the size of what was found."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from rlsearch.measures import ACCURACY
from rlsearch.report.study import StudyData
from rlsearch.report.tables import transfers


def study(*slots: str, **parameters: int) -> StudyData:
    """Return a study of one transfer of these slots; `found` was selected twice, and `built` after it."""
    keys = {"found": "k", "top-1": "k", "built": "b", "fixed": "f"}
    runs = [{"test_accuracy": 0.5}, {"test_accuracy": 0.7}]
    made: dict[str, Any] = {
        "target_measure": ACCURACY,
        "name": "cells",
        "transfers": {
            "moved": SimpleNamespace(
                slots=slots,
                dataset="leaves",
                weights="none",
                train_on="train-and-validation",
                task=SimpleNamespace(network="simple-cnn"),
            )
        },
        "transferred": {
            ("moved", slot): {"label": slot, "key": keys[slot], "parameters": parameters.get(slot), "runs": runs}
            for slot in slots
        },
        "selected": {"built": {"matched_to": {"slot": "found", "key": "k"}}, "fixed": {}},
        "of_role": lambda role: [SimpleNamespace(name=name) for name in ("built", "fixed") if role == "reference"],
    }
    return cast(StudyData, SimpleNamespace(**made))


def test_a_baseline_says_by_how_much_it_missed_the_size_of_what_it_was_built_after() -> None:
    table = transfers.table(study("top-1", "built", "fixed", **{"top-1": 1000, "built": 980, "fixed": 70}))
    rows = {row["slot"]: (row["parameters"], row["beside"]) for row in table.rows}
    assert rows == {"top-1": (1000, None), "built": (980, pytest.approx(-0.02)), "fixed": (70, None)}
    (column,) = [column for column in table.columns if column.key == "beside"]
    assert column.cell(table.rows[1]) == "−2.0 %"
    assert "by how much it has more, where that network is in the transfer too" in table.note


def test_what_it_was_built_after_may_not_be_there() -> None:
    (row,) = transfers.table(study("built", built=980)).rows
    assert (row["parameters"], row["beside"]) == (980, None)


def test_transfers_without_a_baseline_are_told_as_before() -> None:
    table = transfers.table(study("found", found=1000))
    assert {"parameters", "beside"}.isdisjoint(column.key for column in table.columns)
    assert table.note.endswith("Nothing was selected here.")

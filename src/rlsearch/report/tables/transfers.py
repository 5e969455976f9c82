"""Transfers: what the candidates of this study do with another task on another dataset."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.evidence import tables
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, level_columns, level_spread, text

SECTION = "target"
ORDER = 31


def table(study: StudyData) -> Table:
    """One row per transfer of this study and slot."""
    name = f"test_{study.measure.name}"
    columns = (
        text("transfer", "transfer"),
        text("slot", "slot"),
        text("candidate", "candidate"),
        text("dataset", "dataset"),
        text("network", "network"),
        text("weights", "weights from"),
        Column("runs", "runs"),
        *level_columns(name, study.measure),
    )
    note = (
        "The candidates that this study selected, trained for another task on another dataset. Mean, 95 % t interval "
        "and standard deviation over the runs; each measured the test set once. Nothing was selected here."
    )
    return Table("Transfers", columns, list(_rows(study, name)), note)


def _rows(study: StudyData, column: str) -> Iterator[Row]:
    for (name, slot), retrained in study.transferred.items():
        transfer, values = study.transfers[name], tables.tested(retrained, study.measure)
        head = {"transfer": name, "slot": slot, "candidate": retrained["label"], "dataset": transfer.dataset}
        how = {"network": transfer.task.network, "weights": study.name if transfer.weights == "source" else "none"}
        yield {**head, **how, "runs": len(values), **level_spread(column, values, study.measure)}

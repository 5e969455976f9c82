"""What it is worth that optimizers keep their state over a switch, by groups of schedules."""

from __future__ import annotations

from functools import partial

from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text

SECTION = "sensitivity"
ORDER = 45


def table(study: StudyData) -> Table:
    """One row per group of schedules: carried less reset."""
    carry = study.loop.carry
    rows: list[Row] = [
        {
            "group": group.title,
            "schedules": group.schedules,
            "mean": group.mean,
            "low": group.interval.low if group.interval else None,
            "high": group.interval.high if group.interval else None,
        }
        for group in (carry.groups if carry else ())
    ]
    signed = partial(words.difference, unit=study.measure, sign=True)
    columns = (
        text("group", "schedules"),
        Column("schedules", "how many"),
        Column("mean", f"carried less reset ({study.measure.unit})", signed),
        Column("low", "from", signed),
        Column("high", "to", signed),
    )
    trainings = carry.trainings if carry else 0
    note = (
        f"Test {study.measure.label}, paired by training: the same {trainings} initial weights and orders of "
        f"{study.kind.noun} in both trees. 95 % t intervals over trainings, not corrected for the number of rows."
    )
    return Table("State carried over a switch", columns, rows, note)

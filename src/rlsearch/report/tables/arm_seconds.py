"""Every arm: wall-clock time of a run, which no conclusion rests on."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text
from rlsearch.report.tables._arms import arms_of

SECTION = "target"
ORDER = 34


def table(study: StudyData) -> Table:
    """One row per arm: wall-clock time of a run, which no conclusion rests on."""
    rows: list[Row] = []
    for slot, arm in arms_of(study):
        seconds = _seconds(study, slot.name)
        epochs = fmean(len(run.optimizers) for run in arm.runs)
        if seconds and epochs:
            rows.append(
                {"slot": slot.name, "seconds": fmean(seconds), "epoch": fmean(seconds) / epochs, "runs": len(seconds)}
            )
    columns = (
        text("slot", "arm"),
        Column("runs", "runs trained here"),
        Column("seconds", "seconds of a run", words.number),
        Column("epoch", "of an epoch", words.number),
    )
    note = "For information: means of runs trained here, without those from the store. They differ from run to run."
    return Table("Seconds of every arm", columns, rows, note, folded=True)


def _seconds(study: StudyData, slot: str) -> Sequence[float]:
    times = study.times
    chosen = (times["phase"] == "retrain") & (times["name"] == slot) & (times["cached"] == 0)
    return [float(value) for value in times[chosen]["seconds"]]

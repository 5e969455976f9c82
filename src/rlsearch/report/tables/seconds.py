"""One row per agent and one for the retraining: wall-clock time, which no conclusion rests on."""

from __future__ import annotations

from rlsearch.report import cost, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table, text

SECTION = "cost"
ORDER = 61


def table(study: StudyData) -> Table:
    """One row per agent and one for the retraining: wall-clock time, which no conclusion rests on."""
    phases = [("search", agent, agent) for agent in study.arms] + [("retrain", None, "retraining")]
    rows = [{"what": label, "seconds": cost.seconds_of(study, phase, name)} for phase, name, label in phases]
    columns = (text("what", "what"), Column("seconds", "child seconds, all searches", words.duration))
    note = (
        "For information: sums over children trained here, without those from the store. They differ from run to run."
    )
    return Table("Wall-clock time", columns, [row for row in rows if row["seconds"] is not None], note)

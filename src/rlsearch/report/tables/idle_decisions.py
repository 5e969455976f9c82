"""The decisions of a space that change nothing, and in which share of candidates."""

from __future__ import annotations

from functools import partial

from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table, text

SECTION = "space"
ORDER = 9


def table(study: StudyData) -> Table:
    """One row per decision that changes nothing in some candidates."""
    share = partial(words.percent, digits=1)
    columns = (
        text("name", "decision"),
        Column("options", "options", words.count),
        Column("asked", "asked in", share),
        Column("forced", "one option alone", share),
        Column("dead", "changes nothing", share),
    )
    audit = study.audit or {"decisions": ()}
    rows = [row for row in audit["decisions"] if row["dead"] or row["forced"]]
    return Table("Decisions that change nothing", columns, rows, _NOTE, ("continuous", "always"), folded=True)


_NOTE = (
    "Shares of the candidates in which a decision is asked: it has one option alone, or all others give the same key."
    " Decisions that count in every candidate are left out."
)

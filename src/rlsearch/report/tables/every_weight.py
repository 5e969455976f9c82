"""One row per setting of the reward's weights."""

from __future__ import annotations

from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table, text
from rlsearch.report.tables.weights import WEIGHTS, worth, worth_columns

SECTION = "sensitivity"
ORDER = 47


def table(study: StudyData) -> Table:
    """One row per setting of the reward's weights."""
    rows = [
        {
            **{name: getattr(weighted.weights, name) for name in WEIGHTS},
            "own": "yes" if weighted.own else None,
            "expected": weighted.expected,
            **worth(study, weighted),
        }
        for weighted in study.loop.weighted
    ]
    columns = (
        *(Column(name, title, words.number) for name, title in WEIGHTS.items()),
        text("own", "this study's"),
        Column("schedule", "highest expected return", words.unbroken, numeric=False),
        Column("expected", "return", words.number),
        *worth_columns(study),
    )
    return Table("Every setting of the weights", columns, rows, "", folded=True)

"""One row per search: its answer and its score."""

from __future__ import annotations

from functools import partial

from rlsearch.report import (
    cost,
    words,
)
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text
from rlsearch.report.tables._answers import answer_label

SECTION = "search"
ORDER = 11


def table(study: StudyData) -> Table:
    """One row per search: its answer and its score."""
    columns = (
        text("agent", "agent"),
        Column("seed", "search seed"),
        text("label", "answer"),
        Column(f"score_{study.measure.name}", "score", partial(words.level, measure=study.measure)),
        Column("trials", "trials", words.count),
        Column("unique_evaluations", cost.unique_name(study), words.count),
        Column("flops", "FLOPs of the trials", words.flops),
    )
    hidden = ("key", "bit_exact")
    rows = [{**row, "label": _answered(study, row)} for row in study.searches or ()]
    return Table("The answer of every search", columns, rows, "", hidden, folded=True)


def _answered(study: StudyData, row: Row) -> str | None:
    answer = study.summaries.get((row["agent"], row["seed"]), {}).get("answer") or {}
    return answer_label(study, answer) if answer.get("schedule") else row["label"]

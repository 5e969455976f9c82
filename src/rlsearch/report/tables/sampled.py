"""What repeated searches proposed at their end, beside what they answered."""

from __future__ import annotations

from functools import partial

from rlsearch.evidence import tables
from rlsearch.report import regret, repetitions, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, spread_columns, text

SECTION = "table"
ORDER = 24


def table(study: StudyData) -> Table:
    """One row per arm: regret of its late proposals and of its answers."""
    rows = [_row(study, label) for label in study.arms if label in study.regret]
    shown = partial(words.difference, unit=study.measure)
    missing = [str(row["agent"]) for row in rows if row["late"] is None]
    columns = (
        text("agent", "agent"),
        Column("runs", "searches", words.count),
        *spread_columns("late", f"proposed in the last quarter: regret ({study.measure.unit})", shown),
        *spread_columns("answer", f"answers: regret ({study.measure.unit})", shown),
    )
    note = (
        "Regret of what was proposed: mean over the last quarter of a search's trials"
        f"{regret.of_trainings(study, f' and over all trainings of each {study.noun}')}. "
        f"Regret of an answer: {regret.meaning(study, 'the answer')}. Means and 95 % t intervals over "
        f"searches.{words.about_twins(repetitions.agents(study))}"
        + (f" What was proposed was not kept of: {', '.join(missing)}." if missing else "")
    )
    # Where nothing was kept, the answers are in the table of final regret.
    return Table("Proposed and answered", columns, rows if len(missing) < len(rows) else [], note)


def _row(study: StudyData, label: str) -> Row:
    late = study.regret[label][study.measure.name]["late"]
    numbers = spread("late", tables.finite(late["values"]) if late else [])
    answers = spread("answer", tables.finite(regret.final(study, label).get("values", ())))
    return {"agent": label, "runs": repetitions.block(study, label)["runs"], **numbers, **answers}

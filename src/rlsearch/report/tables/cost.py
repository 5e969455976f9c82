"""One row per agent: the mean cost of its searches; the last row is the retraining."""

from __future__ import annotations

from rlsearch.report import cost, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text
from rlsearch.units import counted

SECTION = "cost"
ORDER = 60


def table(study: StudyData) -> Table:
    """One row per agent: the mean cost of its searches; the last row is the retraining."""
    names = ("searches", "proposals", "unique", "search_flops", "finalist_flops", "score_flops")
    rows: list[Row] = [
        {"agent": agent, **{name: getattr(value, name) for name in names}}
        for agent, value in cost.by_agent(study).items()
    ]
    if study.retrained:
        runs = sum(len(slot["runs"]) for slot in study.retrained.values())
        rows.append(
            {"agent": f"retraining ({counted(runs, 'run')} in all)", "search_flops": cost.retraining_flops(study)}
        )
    tries, flops = cost.tuning(study)
    if tries:
        rows.append({"agent": f"recipes of retraining ({counted(tries, 'training')} in all)", "search_flops": flops})
    columns = (
        text("agent", "agent"),
        Column("searches", "searches"),
        Column("proposals", "proposals", words.number),
        Column("unique", cost.unique_name(study), words.number),
        Column("search_flops", "FLOPs of the trials", words.flops),
        Column("finalist_flops", "of the finalists", words.flops),
        Column("score_flops", "of the scoring", words.flops),
    )
    note = (
        "Mean of one search. "
        + (
            "All answers of the surrogate cost the same, so that FLOPs count answers"
            + ("; those of the retraining are real." if study.retrained else ".")
            if study.settings.surrogate
            else "FLOPs: 3 × forward pass × training samples; outcomes taken from the store count in full."
        )
        + (" SAM passes twice over each batch and counts twice." if study.stepwise else "")
    )
    return Table("Compute spent", columns, rows, note)

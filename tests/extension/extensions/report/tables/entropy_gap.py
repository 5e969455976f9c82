"""How far each retrained reader of a text stays above the entropy of its source."""

from __future__ import annotations

from functools import partial

from rlsearch.evidence import tables
from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text

SECTION = "target"
ORDER = 35


def table(study: StudyData) -> Table:
    """One row per retrained slot, where the entropy of the source is known."""
    entropy = (study.manifest or {}).get("entropy")
    rows = [] if entropy is None else _rows(study, entropy)
    level = partial(words.level, measure=study.measure)
    columns = (
        text("slot", "slot"),
        text("candidate", study.noun),
        Column("level", f"test {study.measure.label}", level),
        Column("least", f"least {study.measure.label}", level),
        Column("gap", f"above the least ({study.measure.unit})", lambda gap: f"{gap:.1f}"),
    )
    note = "The least is what a reader would have who knew the law of the source: nobody does better on a long text."
    return Table("Distance to the entropy of the source", columns, rows, note)


def _rows(study: StudyData, entropy: float) -> list[Row]:
    least = study.measure.level(entropy)
    rows: list[Row] = []
    for slot in study.compared:
        levels = tables.tested(study.retrained.get(slot.name, {}), study.measure)
        if levels:
            mean = study.measure.mean(levels)
            head = {"slot": slot.name, "candidate": study.label(slot), "level": mean}
            rows.append({**head, "least": least, "gap": 100 * (mean / least - 1)})
    return rows

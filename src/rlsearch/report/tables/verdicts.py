"""One row per claim: the numbers behind the verdict."""

from __future__ import annotations

from rlsearch.report import (
    words,
)
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text
from rlsearch.units import Unit

SECTION = "summary"
ORDER = 1


def table(study: StudyData) -> Table:
    """One row per claim: the numbers behind the verdict."""
    rows = [
        {
            **{k: getattr(v, k) for k in ("claim", "kind", "agent", "against", "decision", "effect", "level")},
            "unit": v.unit.name,
            **{k: getattr(v, k) for k in ("p", "test", "margin", "mde")},
            "low": v.interval.low if v.interval else None,
            "high": v.interval.high if v.interval else None,
            **{f"headroom_{key}" if key != "gain" else "headroom": x for key, x in v.headroom.to_json().items()},
            "way": v.way,
            "spread": v.spread.to_text() if v.spread else None,
            "n_first": v.n[0],
            "n_second": v.n[1],
        }
        for v in study.verdicts
    ]
    shown = [{**row, **_in_unit(row, v.unit)} for row, v in zip(rows, study.verdicts, strict=True)]
    columns = (
        text("claim", "claim"),
        text("decision", "verdict"),
        *(Column(f"{key}_shown", title) for key, title in _EFFECTS.items()),
        text("unit_shown", "unit"),
        Column("p", "p", words.number),
        text("test", "test"),
        Column("level", "decided at", words.number),
        Column("n_first", "n"),
        Column("n_second", "against n"),
    )
    rooms = tuple(f"headroom_{key}" for key in ("floor", "ceiling", "low", "high", "source"))
    hidden = ("kind", "agent", "against", "unit", *_EFFECTS, *rooms, "way", "spread")
    note = (
        "p: two-sided, by the test beside it. Decided at: Holm's level within this study; the interval is at 1 minus "
        "it. Detectable: the effect that would have been found four times in five. Headroom: what the best chooser "
        "that we tried gains over the other arm; a margin above it can hardly be reached, one above its interval not "
        "at all."
    )
    return Table("The numbers behind the verdicts", columns, shown, note, hidden, folded=True)


_EFFECTS = {
    "effect": "effect",
    "low": "from",
    "high": "to",
    "margin": "margin",
    "mde": "detectable",
    "headroom": "headroom",
}


def _in_unit(row: Row, unit: Unit) -> dict[str, str]:
    """Return the effects without their unit, which has a column of its own."""
    return {
        **{f"{key}_shown": words.difference(row[key], unit, sign=True) for key in _EFFECTS},
        "unit_shown": unit.noted,
    }

"""What the space holds, and how far drawing decision by decision is from drawing all networks alike."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from rlsearch.evidence import audit_words
from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table

SECTION = "space"
ORDER = 8


def table(study: StudyData) -> Table:
    """One row: sizes, and three measures of how unequally likely networks are."""

    def number(count: float) -> str:
        return words.thousands(audit_words.number(count))

    columns = (
        Column("sequences", "sequences of decisions", number),
        Column("encodings", "of decisions that count", number),
        Column("networks", f"different {study.noun}s", number),
        Column("low", "from", number),
        Column("high", "to", number),
        Column("total_variation", "away from equally likely", partial(words.percent, digits=0)),
        Column("effective", "equally likely ones", number),
        Column("ratio", "likeliest over least likely", number),
    )
    audit = study.audit
    rows = [] if audit is None else [_row(audit)]
    return Table("What the space holds", columns, rows, _NOTE, ("over", "how", "kept_apart"), folded=True)


_NOTE = (
    "Decisions that count: those that change the key of some candidate. Away from equally likely: total variation"
    " between drawing decision by decision and drawing all alike. Equally likely ones: of so many, two draws would be"
    " the same as often (1 / sum of p²)."
)


def _row(audit: Mapping[str, Any]) -> Mapping[str, Any]:
    networks = audit["networks"] or {"count": None, "low": None, "high": None, "how": "unknown"}
    sizes = {name: audit[name]["count"] for name in ("sequences", "encodings")}
    found = {name: networks[name] for name in ("low", "high", "how")} | {"networks": networks["count"]}
    return {**sizes, **found, **audit["uniform"], "kept_apart": audit["kept_apart"]}

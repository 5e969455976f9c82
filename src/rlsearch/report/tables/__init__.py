"""One module per table. A new file in this folder is a new table in every report: nothing else needs to know it.

A module has `SECTION` (the id of the page's section it belongs to), `ORDER` (its place there, and everywhere) and the
function `table`. The name of its file is the name of the CSV.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Protocol, cast

from rlsearch.report import parts
from rlsearch.report.study import StudyData
from rlsearch.report.table import Table


class TableModule(Protocol):
    """What a table's module offers."""

    SECTION: str
    ORDER: int

    def table(self, study: StudyData) -> Table:
        """Return the table; without rows where the study has nothing for it."""


@cache
def modules() -> dict[str, TableModule]:
    """Return all tables by name, in the order of the page."""
    return {name: cast(TableModule, module) for name, module in parts.in_sections("tables").items()}


def build(study: StudyData) -> list[Table]:
    """Return the tables of a study that have rows, in the order of the page."""
    tables = ((name, module, module.table(study)) for name, module in modules().items())
    return [
        replace(table, name=name, section=table.section or module.SECTION)
        for name, module, table in tables
        if table.rows
    ]

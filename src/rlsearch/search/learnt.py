"""What an agent has learnt, as the files that a search leaves of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlsearch.config.search_files import LEARNT_FILES
from rlsearch.errors import RlsearchError
from rlsearch.files import canonical_json, csv_text

TABLE = "q_table"
"""The key under which a tabular agent tells its table."""
NEEDED = ("state", "option", "q")
"""Columns that every table has; figures by decision need `depth` (from 0) as well."""


def files(learnt: Any, names: Sequence[str], where: str) -> dict[str, str]:
    """Return the contents of the files with these names; null is what an agent that has learnt nothing tells.

    Args:
        learnt: what the agent told, as JSON holds it; names: of LEARNT_FILES; where: names the agent, for messages.

    Raises:
        RlsearchError: a table is due, and there is none.
    """
    # In one line: a table of thousands of values is no reading for people, and q-table.csv is.
    contents = {LEARNT_FILES[0]: f"{canonical_json(learnt)}\n"} if names else {}
    if LEARNT_FILES[1] in names:
        contents[LEARNT_FILES[1]] = csv_text(*_table(learnt, where))
    return contents


def _table(learnt: Any, where: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    table = learnt.get(TABLE) if isinstance(learnt, Mapping) else None
    if not isinstance(table, Mapping) or not {"columns", "rows"} <= set(table):
        fault = "told no table"
    elif missing := [name for name in NEEDED if name not in table["columns"]]:
        fault = f"told a table without a column {missing[0]!r}"
    elif any(len(row) != len(table["columns"]) for row in table["rows"]):
        fault = f"told a table with a row that has not {len(table['columns'])} values, one for each column"
    else:
        return table["columns"], table["rows"]
    raise RlsearchError(
        f"learnt() of a tabular agent {fault}",
        where=where,
        allowed=f'a dict whose key "{TABLE}" holds {{"columns": [...], "rows": [[...], ...]}}, with the columns '
        f"{', '.join(NEEDED)} and any others",
    )

"""What an agent has learnt, as the files that a search leaves of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlsearch.config.search_files import LEARNT_FILES
from rlsearch.errors import RlsearchError
from rlsearch.files import canonical_json, csv_text

TABLE = "q_table"
"""The key under which a tabular agent tells its table."""


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
        raise RlsearchError(
            "learnt() of a tabular agent told no table",
            where=where,
            allowed=f'a dict whose key "{TABLE}" holds {{"columns": [...], "rows": [[...], ...]}}',
        )
    return table["columns"], table["rows"]

"""What a Q-table says once a search is over: its rows in words, and the candidate of its highest values."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from rlsearch.agents._q_memory import Memory
from rlsearch.agents._q_table import Row, Table
from rlsearch.agents._q_tree import Tree

START = "start"
"""The state of a candidate of which nothing has been decided."""
COLUMNS = ("state", "depth", "option", "index", "q", "visits")
"""Of the table; where two tables are learnt, `q` is their mean, and `q_first` and `q_second` follow."""


def learnt(tree: Tree, memory: Memory, *, prefixes: bool) -> dict[str, Any]:
    """Return the number of candidates that were told, the greedy candidate, and the values of all that was visited.

    Args:
        prefixes: the states are prefixes, which are told by their options.
    """
    actions, path = tree.greedy()  # first: it may meet states that no candidate has passed
    texts = {id(row): _text(state, tree.table, prefixes) for state, row in tree.table.rows.items()}
    texts[id(tree.root.row)] = START
    spec = tree.space.decode(actions)
    greedy = {
        "actions": list(actions),
        "key": (key := tree.space.key(spec)),
        "label": tree.space.describe(spec),
        "reward": memory.reward(key),
        "states": [texts[id(step.node.row)] for step in path],
        "options": [step.node.row.labels[step.action] for step in path],
        "q": [step.node.row.worth(step.action) for step in path],
    }
    rows = [line for row in tree.table.rows.values() for line in _lines(texts[id(row)], row)]
    columns = [*COLUMNS, *(("q_first", "q_second") if tree.table.tables == 2 else ())]
    return {"candidates": len(memory.told), "greedy": greedy, "q_table": {"columns": columns, "rows": rows}}


def _lines(text: str, row: Row) -> list[list[Any]]:
    """Return a line for each option that a candidate has taken; the others have the value of the beginning."""
    return [
        [text, row.depth, row.labels[option], option, row.worth(option), visits, *_apart(row, option)]
        for option, visits in enumerate(row.visits)
        if visits
    ]


def _apart(row: Row, option: int) -> list[float]:
    return [values[option] for values in row.values] if len(row.values) > 1 else []


def _text(state: Hashable, table: Table, prefixes: bool) -> str:
    """Return a state in words: a prefix by its options, another by its parts."""
    if state == ():
        return START
    if isinstance(state, tuple) and prefixes:
        # Each beginning of a prefix has a row, since candidates pass it on their way.
        return " - ".join(table.rows[state[:place]].labels[option] for place, option in enumerate(state))
    return in_words(state)


def in_words(state: Hashable) -> str:
    """Return a state that is no prefix by its parts, as the table has it."""
    return ", ".join(map(str, state)) if isinstance(state, tuple) else str(state)

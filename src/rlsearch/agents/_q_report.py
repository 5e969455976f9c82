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
    words = _texts(tree.table, prefixes)
    texts = {id(row): words[state] for state, row in tree.table.rows.items()}
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


def _texts(table: Table, prefixes: bool) -> dict[Hashable, str]:
    """Return the states in words: a prefix by its options, another by its parts."""
    texts: dict[Hashable, str] = {}
    for state in table.rows:
        if not isinstance(state, tuple) or not prefixes:
            texts[state] = in_words(state)
        elif not state:
            texts[state] = START
        else:
            # Each beginning of a prefix has a row, and an earlier one, since candidates pass it on their way.
            before, label = state[:-1], table.rows[state[:-1]].labels[state[-1]]
            texts[state] = f"{texts[before]} - {label}" if before else label
    return texts


def in_words(state: Hashable) -> str:
    """Return a state that is no prefix by its parts, as the table has it."""
    return ", ".join(map(str, state)) if isinstance(state, tuple) else str(state)

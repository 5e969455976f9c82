"""The table of Q-learning: a row of action values for each state that a candidate has passed."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

NEVER = -math.inf
"""Stands for the value of an option that no candidate has taken, where a maximum runs over the others."""

Values = list[float]
Pick = Callable[[Values], Sequence[float]]


@dataclass(slots=True)
class Row:
    """One state.

    Attributes:
        values: of each option, in each table: one, or two that are learnt apart.
        seen: what maxima run over: `values` themselves, or copies that are NEVER where no candidate has been.
        depth: decisions before it, where it was first met.
        visits: how many candidates have taken each option, those that were drawn once more included.
        labels: the options in words.
    """

    values: tuple[Values, ...]
    seen: tuple[Values, ...]
    depth: int
    visits: list[int] = field(default_factory=list)
    labels: tuple[str, ...] = ()

    def worth(self, action: int) -> float:
        """Return the value by which an option is chosen: of two tables the mean, in the order of their sum."""
        return sum(values[action] for values in self.values) / len(self.values)


@dataclass(slots=True)
class Node:
    """A prefix: the row of its state, and the options that it allows.

    Attributes:
        pick: takes their values out of a row.
        children: the nodes that follow, as far as candidates went; None where the candidate is complete.
    """

    row: Row
    allowed: tuple[int, ...]
    pick: Pick
    children: dict[int, Node | None] = field(default_factory=dict)

    @classmethod
    def of(cls, row: Row, allowed: tuple[int, ...]) -> Node:
        """Return the node of a prefix that allows these options, in ascending order."""
        first, last = allowed[0], allowed[-1]
        gapless = last - first == len(allowed) - 1  # as without a mask: a slice is copied faster
        return cls(row, allowed, itemgetter(slice(first, last + 1)) if gapless else itemgetter(*allowed))


class Step(NamedTuple):
    """A decision of a candidate, with the lists of its row at hand for the loop over replays."""

    values: Values
    seen: Values
    action: int
    pick: Pick
    node: Node

    @classmethod
    def of(cls, node: Node, action: int) -> Step:
        """Return the decision for an option."""
        return cls(node.row.values[0], node.row.seen[0], action, node.pick, node)


Path = tuple[Step, ...]
"""A candidate, decision by decision."""


class Table:
    """All rows, in the order in which their states were first met.

    Args:
        q0: value of an option that no candidate has taken.
        tables: how many are learnt apart.
        visited: maxima leave out what no candidate has taken.
    """

    def __init__(self, q0: float, tables: int, *, visited: bool) -> None:
        self.q0, self.tables, self.visited = q0, tables, visited
        self.rows: dict[Hashable, Row] = {}

    def row(self, state: Hashable, labels: tuple[str, ...], depth: int) -> Row:
        """Return the row of a state that a candidate meets after so many decisions, with an entry for each option."""
        row = self.rows.get(state)
        if row is None:
            values: tuple[Values, ...] = tuple([] for _ in range(self.tables))
            seen: tuple[Values, ...] = tuple([] for _ in values) if self.visited else values
            row = self.rows[state] = Row(values, seen, depth)
        if len(labels) > len(row.labels):  # one prefix of a state may offer more options than another
            more, row.labels = len(labels) - len(row.labels), labels
            row.visits += [0] * more
            for values_of, seen_of in zip(row.values, row.seen, strict=True):
                values_of += [self.q0] * more
                if self.visited:
                    seen_of += [NEVER] * more
        return row

    def state(self) -> list[Any]:
        """Return the rows as JSON values."""
        return [
            [listed(state), list(row.labels), row.depth, [list(values) for values in row.values], list(row.visits)]
            for state, row in self.rows.items()
        ]

    def load(self, rows: Sequence[Any]) -> list[Row]:
        """Replace the rows by those of `state`; return them in order."""
        self.rows.clear()
        for state, labels, depth, tables, visits in rows:
            row = self.row(tupled(state), tuple(labels), depth)
            row.visits[:] = visits
            for values, seen, saved in zip(row.values, row.seen, tables, strict=True):
                values[:] = saved
                if self.visited:
                    seen[:] = [value if times else NEVER for value, times in zip(saved, visits, strict=True)]
        return list(self.rows.values())


def listed(state: Any) -> Any:
    """Return a state as JSON has it."""
    return [listed(part) for part in state] if isinstance(state, tuple) else state


def tupled(state: Any) -> Any:
    """Return a state as it was before `listed`."""
    return tuple(tupled(part) for part in state) if isinstance(state, list) else state

"""Which cells are one: operands in another order, independent blocks in another order, identity that is a 1x1."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

from rlsearch.cell_notation import INPUTS

Row = tuple[int, int, int, int, int]
"""A block as numbers: left state, right state, first operation, second operation, combination."""
Rows = tuple[Row, ...]

MOST_REMEMBERED = 2**14
"""Cells whose canonical form is kept: agents that have learnt something propose the same ones again and again."""


@dataclass(frozen=True)
class Codes:
    """What numbers in rows mean; -1: there is no such option.

    Attributes:
        identity, conv: the operations identity and conv-1x1.
        concat: the combination that makes a state of twice the width.
        strided: whether operations on the cell's own inputs stride, as in a reduction cell.
    """

    identity: int
    conv: int
    concat: int
    strided: bool


@dataclass(frozen=True)
class Form:
    """The canonical form of a cell.

    Attributes:
        rows: the first of all sequences of blocks that are this cell, identity written as conv-1x1 where it is one.
        output: the states of the output, those of `rows`.
        symmetries: in how many ways the blocks can change places without a change of `rows`.
        codes: what the numbers mean.
    """

    rows: Rows
    output: tuple[int, ...]
    symmetries: int
    codes: Codes

    @property
    def encodings(self) -> int:
        """How many sequences of blocks are this cell."""
        variants = prod(_variants(self.rows, row, self.codes) for row in self.rows)
        return _orders(self.rows) // self.symmetries * variants


@lru_cache(MOST_REMEMBERED)
def form(rows: Rows, output: tuple[int, ...], codes: Codes) -> Form:
    """Return the canonical form of a cell.

    Operands may change places: sums do not depend on their order, and of concatenations it only names the channels.
    Blocks may stand in any order in which none comes before one that it takes in. An identity that has to stride or
    to change the width of its input is a 1x1 convolution (Zoph et al. 2018, section 3), and so counts as conv-1x1.

    Args:
        output: states that are concatenated to the cell's output.
    """
    search = _Search(tuple(_merged(rows, row, codes) for row in rows), output)
    search.go([], dict(enumerate(range(INPUTS))), 1)
    assert search.best is not None, "some order of the blocks is always possible: the one in which they came"
    return Form(*search.best, search.symmetries, codes)


class _Search:
    """Goes through the orders of blocks that may be the first in lexicographic order.

    At each place only a block of the smallest row can stand. Of several, each may lead to the first sequence, but for
    those that no block takes in, which can be exchanged.
    """

    def __init__(self, rows: Rows, output: tuple[int, ...]) -> None:
        self.rows, self.output = rows, output
        self.taken = {state for row in rows for state in row[:2]}
        self.best: tuple[Rows, tuple[int, ...]] | None = None
        self.symmetries = 0  # orders that lead to the best

    def go(self, placed: list[Row], names: dict[int, int], ways: int) -> None:
        """Try all that may come next; `names` has the new state of every old one, `ways` counts exchanges so far."""
        if len(placed) == len(self.rows):
            found = tuple(placed), tuple(sorted(names[state] for state in self.output))
            if self.best is None or found < self.best:
                self.best, self.symmetries = found, 0
            self.symmetries += ways if found == self.best else 0
            return
        free = {
            state: _sorted(row, names)
            for state, row in enumerate(self.rows, INPUTS)
            if state not in names and row[0] in names and row[1] in names
        }
        smallest = min(free.values())
        tied = [state for state, row in free.items() if row == smallest]
        alike: dict[bool, list[int]] = {}
        for state in tied:
            if state not in self.taken:
                alike.setdefault(state in self.output, []).append(state)
        exchanged = [group[0] for group in alike.values()]
        for state in tied:
            if state in self.taken or state in exchanged:
                count = 1 if state in self.taken else len(alike[state in self.output])
                self.go([*placed, smallest], {**names, state: INPUTS + len(placed)}, ways * count)


def _merged(rows: Rows, row: Row, codes: Codes) -> Row:
    """Return a block whose identities are written as conv-1x1 where they are one."""
    left, right, first, second, combination = row
    return (
        left,
        right,
        codes.conv if first == codes.identity and _changes(rows, left, codes) else first,
        codes.conv if second == codes.identity and _changes(rows, right, codes) else second,
        combination,
    )


def _changes(rows: Rows, state: int, codes: Codes) -> bool:
    """Tell whether an operation on a state has to stride or to change its width, so that identity is a 1x1."""
    if min(codes.identity, codes.conv) < 0:
        return False
    return codes.strided if state < INPUTS else rows[state - INPUTS][4] == codes.concat


def _sorted(row: Row, names: dict[int, int]) -> Row:
    """Return a block under other names of states, its operands in their first order."""
    left, right, first, second, combination = row
    one, other = names[left], names[right]
    return min((one, other, first, second, combination), (other, one, second, first, combination))


def _variants(rows: Rows, row: Row, codes: Codes) -> int:
    """Return how many blocks are one: operands in either order, and conv-1x1 as either of its names."""
    left, right, first, second, combination = row

    def spellings(state: int, operation: int) -> list[int]:
        both = operation == codes.conv and _changes(rows, state, codes)
        return [operation, codes.identity] if both else [operation]

    spelt = set[Row]()
    for one, other in product(spellings(left, first), spellings(right, second)):
        spelt |= {(left, right, one, other, combination), (right, left, other, one, combination)}
    return len(spelt)


def _orders(rows: Rows) -> int:
    """Return in how many orders the blocks can stand."""
    needs = [{state - INPUTS for state in row[:2] if state >= INPUTS} for row in rows]

    @lru_cache(None)
    def rest(placed: frozenset[int]) -> int:
        free = [number for number, need in enumerate(needs) if number not in placed and need <= placed]
        return sum(rest(placed | {number}) for number in free) if free else 1

    return rest(frozenset())

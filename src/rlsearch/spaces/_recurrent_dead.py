"""Which recurrent cells nothing can be learnt with: those whose h depends on nothing, from a state of zeros on.

Each value of a step is zero, a constant other than zero, or depends on x and on weights. Nothing cancels: constants
are sums and products of activations of zero, none of which is negative. (Under `sin` or `max` a constant may be, or a
maximum may never depend on x; whether it does is then told by these rules too, and now and then wrongly.)
"""

from __future__ import annotations

from rlsearch.tree_cell import TreeCell, children

ZERO, CONSTANT, LIVE = range(3)


def dead(cell: TreeCell, *, bias: bool = False) -> bool:
    """Tell whether all gradients are 0, whatever the weights and the text, from h = c = 0 on.

    Args:
        bias: whether U_k h has a bias, so that it is never 0.
    """
    state, seen = (ZERO, ZERO), set[tuple[int, int]]()
    # A state that comes again: so does all that followed.
    while state not in seen:
        seen.add(state)
        state = _step(cell, *state, bias=bias)
        if state[0] == LIVE:
            return False
    return True


def _step(cell: TreeCell, h: int, c: int, *, bias: bool) -> tuple[int, int]:
    """Return what h and c are after a step."""
    values, after, recurrent = list[int](), ZERO, LIVE if bias else h
    for number, (combination, activation) in enumerate(cell.nodes):
        pair = children(cell.base, number)
        first, second = (LIVE, recurrent) if pair is None else (values[pair[0]], values[pair[1]])
        value = _combined(combination, first, second)
        after = value if number == cell.c_from else after
        value = _activated(activation, value)
        if number == cell.c_into:
            combination, activation = cell.inject
            value = _activated(activation, _combined(combination, value, c))
        values.append(value)
    return values[-1], after


def _combined(combination: str, first: int, second: int) -> int:
    if combination == "mult" and ZERO in (first, second):
        return ZERO
    return max(first, second)


def _activated(activation: str, value: int) -> int:
    return CONSTANT if activation == "sigmoid" and value == ZERO else value

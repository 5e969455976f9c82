"""Recurrent cells as trees (Zoph & Le 2017, section 3.4): what a space chooses and a network builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COMBINATIONS = ("add", "mult", "max")
ACTIVATIONS = ("identity", "tanh", "sigmoid", "relu", "sin")
BASES = (2, 4, 8)

Node = tuple[str, str]
"""(combination, activation)."""


@dataclass(frozen=True)
class TreeCell:
    """A binary tree of 2 x base - 1 nodes, each activation(combination(left, right)).

    Leaves are nodes 0 to base - 1 and combine W_k x and U_k h; the nodes of the next layer follow in order, and the
    last one is the root, whose value is h. c is the value of node `c_from` before its activation; the value v of node
    `c_into` becomes act(comb(v, c of the step before)) by `inject`, and this is what its parent, or h, sees.

    Attributes:
        base: leaves, 2, 4 or 8.
        nodes: (combination, activation) of each node. inject: (combination, activation).
        c_from, c_into: numbers of nodes.
    """

    base: int
    nodes: tuple[Node, ...]
    inject: Node
    c_from: int
    c_into: int

    @property
    def root(self) -> int:
        """The last node, whose value is h."""
        return len(self.nodes) - 1

    @property
    def layers(self) -> list[range]:
        """The numbers of the nodes, layer by layer: the leaves first, the root last."""
        return layers(self.base)

    @property
    def remembers(self) -> bool:
        """Whether c can carry something on: it is taken above where it goes in, so that it depends on its past.

        Elsewhere c is made of x and h of one step alone, and is forgotten after the next.
        """
        return self.c_from in above(self.base, self.c_into)

    def plain(self) -> dict[str, Any]:
        """Return the cell as JSON: `base`, `nodes`, `inject`, `from`, `into`."""
        return {
            "base": self.base,
            "nodes": [list(node) for node in self.nodes],
            "inject": list(self.inject),
            "from": self.c_from,
            "into": self.c_into,
        }


def cell_of(plain: Mapping[str, Any]) -> TreeCell:
    """Return the cell that `TreeCell.plain` wrote down.

    Raises:
        ValueError: a number of nodes that does not fit the base, or an unknown name or number.
    """
    base, nodes = int(plain["base"]), tuple((str(c), str(a)) for c, a in plain["nodes"])
    inject = tuple(map(str, plain["inject"]))
    if base not in BASES or len(nodes) != 2 * base - 1 or len(inject) != 2:
        raise ValueError(f"a cell of base {base} has {2 * base - 1} nodes and one injection; bases are {BASES}")
    for combination, activation in (*nodes, (inject[0], inject[1])):
        if combination not in COMBINATIONS or activation not in ACTIVATIONS:
            raise ValueError(f"a node is one of {COMBINATIONS} and one of {ACTIVATIONS}, not {combination, activation}")
    ends = int(plain["from"]), int(plain["into"])
    if not all(0 <= end < len(nodes) for end in ends):
        raise ValueError(f"`from` and `into` are numbers of nodes, 0 to {len(nodes) - 1}, not {ends}")
    return TreeCell(base, nodes, (inject[0], inject[1]), *ends)


def layers(base: int) -> list[range]:
    """Return the numbers of a tree's nodes, layer by layer.

    >>> layers(4)
    [range(0, 4), range(4, 6), range(6, 7)]
    """
    found, first, width = list[range](), 0, base
    while width:
        found.append(range(first, first + width))
        first, width = first + width, width // 2
    return found


def children(base: int, node: int) -> tuple[int, int] | None:
    """Return the two nodes that a node combines; None of a leaf, which combines W_k x and U_k h.

    >>> children(8, 8), children(8, 14), children(8, 7)
    ((0, 1), (12, 13), None)
    """
    return None if node < base else (2 * (node - base), 2 * (node - base) + 1)


def above(base: int, node: int) -> list[int]:
    """Return the nodes on the way from a node to the root, without the node itself.

    >>> above(8, 2), above(8, 14)
    ([9, 12, 14], [])
    """
    found = list[int]()
    while node < 2 * base - 2:
        node = base + node // 2
        found.append(node)
    return found


def canonical(cell: TreeCell) -> tuple[TreeCell, int]:
    """Return the cell that stands for all that compute the same, and how many cells these are.

    Every combination may have its operands in either order, to the last bit. Another order of leaves only renames the
    weights W_k and U_k. So the two branches below each node stand sorted, by what their nodes are from the top down:
    combination, activation, whether c goes in there, whether c is taken there. The number is 2 to the power of the
    nodes whose branches differ.
    """
    codes = list[Any]()
    for number, (combination, activation) in enumerate(cell.nodes):
        marks = number == cell.c_into, number == cell.c_from
        below = sorted(codes[child] for child in children(cell.base, number) or ())
        codes.append((_COMBINATION[combination], _ACTIVATION[activation], *marks, *below))
    rows, count = [[cell.root]], 1
    while (row := rows[-1])[0] >= cell.base:
        pairs = [sorted(children(cell.base, number) or (), key=codes.__getitem__) for number in row]
        count *= 2 ** sum(codes[first] != codes[second] for first, second in pairs)
        rows.append([number for pair in pairs for number in pair])
    order = [number for row in reversed(rows) for number in row]
    nodes = tuple(cell.nodes[number] for number in order)
    return TreeCell(cell.base, nodes, cell.inject, order.index(cell.c_from), order.index(cell.c_into)), count


_COMBINATION = {name: number for number, name in enumerate(COMBINATIONS)}
_ACTIVATION = {name: number for number, name in enumerate(ACTIVATIONS)}

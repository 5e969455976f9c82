"""Recurrent cells as texts, 0:add tanh, 1:mult relu | 2:mult sigmoid; c 1 -> 0 (add relu), and those with a name."""

from __future__ import annotations

import re

from rlsearch.tree_cell import ACTIVATIONS, BASES, COMBINATIONS, TreeCell, cell_of

_NODE = re.compile(r"(\d{1,2})\s*:\s*(\w+)\s+(\w+)")
_MEMORY = re.compile(r"c\s+(\d{1,2})\s*->\s*(\d{1,2})\s*\(\s*(\w+)\s+(\w+)\s*\)")


def write(cell: TreeCell) -> str:
    """Return the text of a cell: its nodes layer by layer, then from where c is taken, into where, and how it goes in.

    >>> write(read("0:add tanh,1:mult relu|2:mult sigmoid;c 1->0(add relu)"))
    '0:add tanh, 1:mult relu | 2:mult sigmoid; c 1 -> 0 (add relu)'
    """
    rows = (", ".join(f"{number}:{' '.join(cell.nodes[number])}" for number in row) for row in cell.layers)
    return f"{' | '.join(rows)}; c {cell.c_from} -> {cell.c_into} ({' '.join(cell.inject)})"


def read(text: str) -> TreeCell:
    """Return the cell that a text names: the inverse of `write`. Blanks do not count where there is a sign.

    Raises:
        ValueError: a part is no node, the nodes make no tree, or it is not said where c goes.
    """
    tree, _, memory = text.partition(";")
    rows = [[_node(part.strip()) for part in row.split(",")] for row in tree.split("|")]
    told = [number for row in rows for number, _ in row]
    if told != list(range(len(told))):
        raise ValueError(f"nodes are numbered 0, 1, 2, ... in the order of the text, not {', '.join(map(str, told))}")
    widths = [len(row) for row in rows]
    base = widths[0]
    if base not in BASES or widths != [base >> level for level in range(base.bit_length())]:
        allowed = ", ".join(" | ".join(str(base >> level) for level in range(base.bit_length())) for base in BASES)
        raise ValueError(f"layers of {' | '.join(map(str, widths))} nodes make no tree; a tree has {allowed}")
    found = _MEMORY.fullmatch(memory.strip())
    if found is None:
        raise ValueError(f"{memory.strip()!r} does not say where c goes; it is told as c 1 -> 0 (add relu)")
    nodes = [names for row in rows for _, names in row]
    plain = {"base": base, "nodes": nodes, "inject": found.groups()[2:], "from": found[1], "into": found[2]}
    return cell_of(plain)


def _node(text: str) -> tuple[int, tuple[str, str]]:
    found = _NODE.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} is no node; a node is NUMBER:COMBINATION ACTIVATION, of {', '.join(COMBINATIONS)} and of"
            f" {', '.join(ACTIVATIONS)}"
        )
    return int(found[1]), (found[2], found[3])


LSTM = read(
    "0:add identity, 1:add identity, 2:add sigmoid, 3:add tanh, 4:add identity, 5:add identity, 6:add identity, "
    "7:add identity | 8:add sigmoid, 9:mult identity, 10:add identity, 11:add identity | 12:add tanh, 13:add sigmoid | "
    "14:mult identity; c 12 -> 8 (mult identity)"
)
"""A long short-term memory (Hochreiter & Schmidhuber 1997, Gers et al. 2000) as a tree.

With the forget gate's weights in leaf 0, the input gate's in 2, the candidate's in 3, the output gate's in 4 and zeros
in 1, 5, 6 and 7 it is one to the bit. Networks build "lstm" without these leaves: with
them it would have twice the weights that it needs.
"""
NASCELL = read(
    "0:add sigmoid, 1:add relu, 2:add sigmoid, 3:mult relu, 4:add tanh, 5:add sigmoid, 6:add tanh, 7:add sigmoid | "
    "8:mult tanh, 9:add tanh, 10:mult tanh, 11:add sigmoid | 12:mult identity, 13:add tanh | 14:mult tanh; "
    "c 12 -> 8 (add tanh)"
)
"""The cell that Zoph & Le (2017) found, as TensorFlow's `NASCell` computes it."""

KNOWN = {"lstm": LSTM, "nascell": NASCELL}

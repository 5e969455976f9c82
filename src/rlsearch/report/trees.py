"""Candidates that are recurrent cells: which of them a report shows, and their nodes in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlsearch.report.cells import best
from rlsearch.report.study import StudyData
from rlsearch.tree_cell import Node, TreeCell, cell_of, children
from rlsearch.tree_notation import KNOWN

JOINED = {"add": "+", "mult": "×", "max": "max"}
"""Signs of combinations."""
_WORDS = {"add": "plus", "mult": "times"}


@dataclass(frozen=True)
class Tree:
    """A cell, and in `title` whose it is."""

    title: str
    cell: TreeCell


def shown(study: StudyData) -> list[Tree]:
    """Return the best that the searches found, and beside it the study's first baseline that is a tree; or none."""
    found = best(study)
    cell = None if found is None else _cell(found[1])
    if found is None or cell is None:
        return []
    # The space's own: slots are filled late, and of a study that retrains nothing not at all.
    fixed = study.space.baselines()
    beside = ((name, _cell(fixed.get(name))) for name in study.settings.baselines)
    trees = [Tree(name, other) for name, other in beside if other is not None]
    return [Tree(f"best found ({found[0]})", cell), *trees[:1]]


def in_words(cell: TreeCell) -> str:
    """Return the nodes of a cell and the way of c.

    >>> from rlsearch.tree_notation import read
    >>> in_words(read("0:add tanh, 1:max relu | 2:mult identity; c 1 -> 0 (add relu)"))
    'node 0 = tanh(Wx plus Uh), node 1 = relu(max of Wx and Uh), h = node 2 = node 0 times node 1; c is node 1 before \
its activation, and node 0 is then relu(node 0 plus c)'
    """
    nodes = []
    for number, node in enumerate(cell.nodes):
        pair = children(cell.base, number)
        name = f"h = node {number}" if number == cell.root and cell.c_into != cell.root else f"node {number}"
        operands = ("Wx", "Uh") if pair is None else (f"node {pair[0]}", f"node {pair[1]}")
        nodes.append(f"{name} = {_node(node, *operands)}")
    into = f"node {cell.c_into}"
    goes = f"h is {_node(cell.inject, into, 'c')}" if cell.c_into == cell.root else ""
    goes = goes or f"{into} is then {_node(cell.inject, into, 'c')}"
    return f"{', '.join(nodes)}; c is node {cell.c_from} before its activation, and {goes}"


def _node(node: Node, left: str, right: str) -> str:
    combination, activation = node
    joined = f"max of {left} and {right}" if combination == "max" else f"{left} {_WORDS[combination]} {right}"
    return joined if activation == "identity" else f"{activation}({joined})"


def _cell(spec: Mapping[str, Any] | None) -> TreeCell | None:
    """Return the tree of a spec; None where it is no recurrent cell, or one that is no tree."""
    try:
        cell = (spec or {})["network"]["cell"]
        return KNOWN.get(cell) if isinstance(cell, str) else cell_of(cell)
    except (KeyError, TypeError, ValueError):
        return None

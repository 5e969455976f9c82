"""Recurrent cells as network options give them, a tree or a name, and what they cost: settings need no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rlsearch.tree_cell import TreeCell, cell_of
from rlsearch.tree_notation import KNOWN

Bias = Literal["none", "recurrent"]
BIASES: tuple[Bias, ...] = ("none", "recurrent")
NAMES = ("lstm", "nascell", "gru", "rnn", "rhn", "rhn-DEPTH")
DEPTH = 2
"""Recurrent products of `rhn` a step, where its name does not say another number."""
OTHERS = {"gru": 3, "rnn": 1, "rhn": 3}
"""Gates of cells that are no trees."""

LEFT_OUT = {"lstm": (1, 5, 6, 7)}
"""Leaves of known trees that are not built, because their weights are 0."""


@dataclass(frozen=True)
class CellForm:
    """What a cell is made of.

    Attributes:
        name: of a cell that has one. tree: of a cell that is one; without: its leaves that are not built.
        gates: pairs of W_k x and U_k h in a step.
        rounds: recurrent products in a step, one behind the other; x enters the first.
    """

    name: str | None
    tree: TreeCell | None
    without: tuple[int, ...]
    gates: int
    rounds: int = 1

    def parameters(self, inputs: int, width: int, bias: Bias) -> int:
        """Return the number of weights of one layer; a bias is of the recurrent products."""
        recurrent = self.rounds * (width + (bias == "recurrent"))
        return self.gates * width * (inputs + recurrent)

    def flops(self, inputs: int, width: int) -> int:
        """Return the FLOPs of the products of one step of one sequence, a multiply-add as two."""
        return 2 * self.gates * width * (inputs + self.rounds * width)


def form_of(cell: str | Mapping[str, Any] | None) -> CellForm:
    """Return the form of a cell: a name, or a tree as `TreeCell.plain` writes it.

    Raises:
        ValueError: there is none, an unknown name, or a mapping that is no tree.
    """
    if cell is None:
        raise ValueError(f"a recurrent network needs a cell: a tree, or one of {', '.join(NAMES)}")
    if isinstance(cell, str):
        return _named(cell)
    if missing := [key for key in ("base", "nodes", "inject", "from", "into") if key not in cell]:
        raise ValueError(f"a cell that is a tree has base, nodes, inject, from and into; {', '.join(missing)} missing")
    tree = cell_of(cell)
    return CellForm(None, tree, (), tree.base)


def check_bias(bias: str) -> None:
    """Raise a ValueError for an unknown kind of bias."""
    if bias not in BIASES:
        raise ValueError(f"there is no bias {bias!r}; allowed: {', '.join(BIASES)}")


def _named(name: str) -> CellForm:
    if name in KNOWN:
        tree, without = KNOWN[name], LEFT_OUT.get(name, ())
        return CellForm(name, tree, without, tree.base - len(without))
    deep = re.fullmatch(r"rhn-([1-9][0-9]?)", name)
    if name == "rhn" or deep:
        return CellForm("rhn", None, (), OTHERS["rhn"], int(deep[1]) if deep else DEPTH)
    if name in OTHERS:
        return CellForm(name, None, (), OTHERS[name])
    raise ValueError(f"there is no cell {name!r}; it is a tree, or one of {', '.join(NAMES)} (a depth of 1 to 99)")

"""Weights of several layers that lie in one tensor: which of its blocks a layer has is no matter of the network.

One product with [W_1; W_2; ...] that is then cut into parts is the products with W_1, W_2, ... of their own. So a part
is a node on the product and on its block; blocks have no order, and the same block of two products is one node. Where
something reads the whole product, or a parameter in another way, the order counts and blocks keep their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from rlsearch.training.graph import Graph, Node, Source

Rows = tuple[Source, ...]
"""The parameters of which a product's last axis has the rows: a weight, and perhaps a bias."""
RESHAPED = frozenset({"view", "_unsafe_view", "reshape", "unsqueeze", "squeeze", "unbind", "select", "slice"})
"""Operators that leave numbers as they are; those among them that leave the last axis leave rows too."""


@dataclass(frozen=True)
class _Product:
    """What a tensor holds: `rows` along its last axis, or along the last two axes where it is cut in `blocks`."""

    rows: Rows
    blocks: int = 0


@dataclass
class StackedWeights:
    """Follows products with parameters through a graph while it is recorded."""

    graph: Graph
    _turned: dict[Source, Source] = field(default_factory=dict)
    _products: dict[Source, _Product] = field(default_factory=dict)
    _blocks: dict[tuple[Rows, int, int], int] = field(default_factory=dict)
    _whole: set[Source] = field(default_factory=set)
    _rows: dict[Source, tuple[Rows, int]] = field(default_factory=dict)
    _axis: dict[Source, bool] = field(default_factory=dict)

    def parts(
        self, name: str, args: Sequence[Any], sources: Sequence[Source], made: Sequence[Tensor]
    ) -> list[Source] | None:
        """Return the nodes of the parts that an operator cuts a product into; None where it does something else."""
        held = self._products.get(sources[0]) if sources else None
        if held is None or name not in ("split", "slice", "select", "unbind"):
            return None
        numbers = _numbers(name, args, held, made)
        if numbers is None:
            return None
        count, first = numbers
        self._agree(held.rows, count)
        found = list[Source]()
        for place, tensor in enumerate(made):
            block = self._block(held.rows, count, first + place)
            node = Node("part", f"->{tuple(tensor.shape)} {tensor.dtype}", (sources[0], block))
            found.append((self.graph.add(node), 0))
        return found

    def note(
        self, name: str, args: Sequence[Any], sources: Sequence[Source], made: Sequence[Tensor], number: int
    ) -> None:
        """Note what an operator that is node `number` makes of products and of parameters."""
        given = [argument for argument in args if isinstance(argument, Tensor)]
        if name in ("t", "transpose") and self._is_parameter(sources[0]) and given[0].dim() == 2:
            self._turned[number, 0] = sources[0]
        elif rows := self._of_product(name, sources):
            self._products[number, 0] = _Product(rows)
        elif name in RESHAPED and (held := self._products.get(sources[0])) and not held.blocks:
            self._reshaped(held, given[0], made, number)
        else:
            self.read(sources)

    def read(self, sources: Sequence[Source]) -> None:
        """Note that something reads whole products, or parameters in a way of its own: their order counts."""
        for source in sources:
            if source in self._products:
                self._whole |= set(self._products[source].rows)
            elif (weight := self._weight(source)) is not None:
                self._whole.add(weight)

    def anonymous(self) -> None:
        """Take the numbers off the blocks whose order does not count."""
        for (rows, _, _), number in self._blocks.items():
            if not self._whole & set(rows):
                self.graph.nodes[number] = replace(self.graph.nodes[number], about="")

    def _of_product(self, name: str, sources: Sequence[Source]) -> Rows:
        """Return the parameters of a product, where all its last axis are their rows."""
        biases, operands = (sources[:1], sources[1:]) if name == "addmm" else (sources[:0], sources)
        if name in ("mm", "addmm") and len(operands) == 2 and all(map(self._is_parameter, biases)):
            other, weight = operands
            if (found := self._weight(weight)) is not None and self._weight(other) is None:
                self.read([other])
                # Its rows in one product and its columns in another: no order of either is free.
                if self._axis.setdefault(found, weight in self._turned) != (weight in self._turned):
                    self._whole.add(found)
                return (*biases, found)
        if name == "add" and len(sources) == 2:
            for one, bias in (sources, sources[::-1]):
                held = self._products.get(one)
                if held is not None and not held.blocks and self._is_parameter(bias):
                    return (*held.rows, bias)
        return ()

    def _weight(self, source: Source) -> Source | None:
        return source if self._is_parameter(source) else self._turned.get(source)

    def _is_parameter(self, source: Source) -> bool:
        return self.graph.nodes[source[0]].name in ("parameter", "frozen")

    def _reshaped(self, held: _Product, given: Tensor, made: Sequence[Tensor], number: int) -> None:
        width = given.shape[-1]
        for place, tensor in enumerate(made):
            if tensor.dim() and tensor.shape[-1] == width:
                self._products[number, place] = held
            elif tensor.dim() > 1 and tensor.shape[-1] * tensor.shape[-2] == width:
                self._products[number, place] = _Product(held.rows, tensor.shape[-2])
            else:
                self._whole |= set(held.rows)

    def _agree(self, rows: Rows, count: int) -> None:
        """Note where parameters are cut in several ways, or are parts of several products that differ in others."""
        for row in rows:
            if self._rows.setdefault(row, (rows, count)) != (rows, count):
                self._whole |= {*rows, *self._rows[row][0]}

    def _block(self, rows: Rows, count: int, number: int) -> Source:
        key = rows, count, number
        if key not in self._blocks:
            self._blocks[key] = self.graph.add(Node("block", f"{number} of {count}", rows))
        return self._blocks[key], 0


def _numbers(name: str, args: Sequence[Any], held: _Product, made: Sequence[Tensor]) -> tuple[int, int] | None:
    """Return in how many blocks a product is cut, and which is the first of those made; None if it is not cut so."""
    given: Tensor = args[0]
    axis = int(args[2] if name == "split" and len(args) > 2 else 0 if name == "split" or len(args) < 2 else args[1])
    axis %= given.dim()
    if held.blocks:
        if name not in ("select", "unbind") or axis != given.dim() - 2:
            return None
        return held.blocks, int(args[2]) % held.blocks if name == "select" else 0
    if name == "slice" and len(args) > 4 and args[4] != 1:
        return None  # every second number is no block
    width, size = given.shape[-1], made[0].shape[-1] if made[0].dim() else 0
    if name not in ("split", "slice") or axis != given.dim() - 1 or not 0 < size < width or width % size:
        return None
    start = int(args[2] or 0) % width if name == "slice" else 0
    equal = all(tensor.shape[-1] == size for tensor in made) and start % size == 0
    return (width // size, start // size) if equal else None

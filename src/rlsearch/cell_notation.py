"""Cells as texts: 0.sep5+1.sep3, 0.id|2.conv1 names two blocks (Zoph et al. 2018, section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHORT = {
    "identity": "id",
    "conv-1x3-3x1": "1x3",
    "conv-1x7-7x1": "1x7",
    "dilated-conv-3x3": "dil3",
    "avg-pool-3x3": "avg3",
    "max-pool-3x3": "max3",
    "max-pool-5x5": "max5",
    "max-pool-7x7": "max7",
    "conv-1x1": "conv1",
    "conv-3x3": "conv3",
    "separable-conv-3x3": "sep3",
    "separable-conv-5x5": "sep5",
    "separable-conv-7x7": "sep7",
}
"""The operations by their names in settings, in the paper's order, and what texts call them."""
OPERATIONS = tuple(SHORT)
COMBINATIONS = {"add": "+", "concat": "|"}
"""How the two halves of a block are put together, and the sign for it in texts."""
INPUTS = 2
"""A cell's own inputs: state 0 is h_i, the output of the cell before it, and state 1 is h_(i-1), of the one before
that. Block b (from 0) makes state b + 2."""
MOST_BLOCKS = 20
"""No cell has more blocks: a slip of the pen is a message."""

_NAMES = {short: name for name, short in SHORT.items()}
_SIGNS = {sign: name for name, sign in COMBINATIONS.items()}
_BLOCK = re.compile(r"\s*(\d{1,2})\.([a-z0-9]+)\s*([+|])\s*(\d{1,2})\.([a-z0-9]+)\s*")


@dataclass(frozen=True)
class Block:
    """Two operations on two states, combined: `first` on state `left`, `second` on state `right`.

    >>> str(Block(0, 1, "separable-conv-5x5", "identity", "concat"))
    '0.sep5|1.id'
    """

    left: int
    right: int
    first: str
    second: str
    combination: str = "add"

    def __str__(self) -> str:
        sign = COMBINATIONS[self.combination]
        return f"{self.left}.{SHORT[self.first]}{sign}{self.right}.{SHORT[self.second]}"

    @property
    def operands(self) -> tuple[tuple[int, str], tuple[int, str]]:
        """(state, operation) of either half."""
        return (self.left, self.first), (self.right, self.second)


@dataclass(frozen=True)
class Cell:
    """The blocks of a cell, and the states whose concatenation is its output (`unused` blocks where none are named).

    Raises:
        ValueError: no block or too many, an unknown operation or combination, a state that is not there yet, or outputs
            that are none of its states.
    """

    blocks: tuple[Block, ...]
    output: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.blocks) <= MOST_BLOCKS:
            raise ValueError(f"a cell has 1 to {MOST_BLOCKS} blocks, got {len(self.blocks)}")
        for number, block in enumerate(self.blocks):
            _check(number, block)
        if not self.output:
            object.__setattr__(self, "output", self.unused)
        states = INPUTS + len(self.blocks)
        if sorted(set(self.output)) != list(self.output) or not all(0 <= state < states for state in self.output):
            raise ValueError(f"output {list(self.output)} has to name states 0 to {states - 1}, each once, in order")

    def __str__(self) -> str:
        blocks = ", ".join(map(str, self.blocks))
        outside = "" if self.output == self.unused else f" > {' '.join(map(str, self.output))}"
        return blocks + outside

    @property
    def unused(self) -> tuple[int, ...]:
        """The states of the blocks that no block takes in."""
        return unused([(block.left, block.right) for block in self.blocks])

    def plain(self) -> dict[str, Any]:
        """Return the cell as a spec has it: {"blocks": [[left, right, first, second, combination]], "output": []}."""
        rows = [[block.left, block.right, block.first, block.second, block.combination] for block in self.blocks]
        return {"blocks": rows, "output": list(self.output)}


def cell_of(plain: Mapping[str, Any]) -> Cell:
    """Return the cell of a spec: the inverse of `Cell.plain`.

    Raises:
        ValueError: it is none.
    """
    blocks = plain.get("blocks")
    if not isinstance(blocks, Sequence) or not all(isinstance(row, Sequence) and len(row) == 5 for row in blocks):
        raise ValueError("a cell's blocks are lists of five: two states, two operations, a combination")
    return Cell(tuple(Block(*row) for row in blocks), tuple(plain.get("output", ())))


def unused(inputs: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Return the states of the blocks that no block takes in: their concatenation is the output of a cell.

    Args:
        inputs: the left and the right state of each block.

    >>> unused([(0, 1), (2, 0)])
    (3,)
    """
    taken = {state for states in inputs for state in states}
    return tuple(state for state in range(INPUTS, INPUTS + len(inputs)) if state not in taken)


def read(text: str) -> Cell:
    """Return the cell that a text names: the inverse of `str`.

    Blanks do not count. "> 1 2 5" at the end names the states of the output; without it they are the unused blocks.

    >>> str(read("0.sep5+1.sep3,0.id | 2.conv1 > 2 3"))
    '0.sep5+1.sep3, 0.id|2.conv1 > 2 3'

    Raises:
        ValueError: a part is no block, or the blocks make no cell.
    """
    inside, _, outside = text.partition(">")
    if not re.fullmatch(r"[\d\s]*", outside):
        raise ValueError(f"the output {outside.strip()!r} has to be numbers of states, as in > 2 3")
    return Cell(tuple(map(_block, range(1, 10**6), inside.split(","))), tuple(map(int, outside.split())))


def _block(number: int, text: str) -> Block:
    found = _BLOCK.fullmatch(text)
    if found is None or not {found[2], found[5]} <= _NAMES.keys():
        forms = ", ".join(SHORT.values())
        raise ValueError(
            f"block {number} {text.strip()!r} is unknown; a block is STATE.OPERATION+STATE.OPERATION, with | to"
            f" concatenate; operations are {forms}"
        )
    return Block(int(found[1]), int(found[4]), _NAMES[found[2]], _NAMES[found[5]], _SIGNS[found[3]])


def _check(number: int, block: Block) -> None:
    for state, operation in block.operands:
        if not isinstance(state, int) or not 0 <= state < INPUTS + number:
            raise ValueError(f"block {number + 1} takes in state {state!r}; it may take 0 to {INPUTS + number - 1}")
        _known("operation", operation, OPERATIONS)
    _known("combination", block.combination, COMBINATIONS)


def _known(noun: str, name: str, names: Iterable[str]) -> None:
    if name not in names:
        raise ValueError(f"unknown {noun} {name!r}; there are {', '.join(names)}")

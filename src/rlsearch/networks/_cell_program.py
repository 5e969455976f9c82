"""A recurrent cell as a list of elementwise steps on registers, made once and gone through at every time step.

What a step of a tree costs beside its matrix product is mostly the call, not the arithmetic, so that nothing is left to
decide while a sequence is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rlsearch.tree_cell import TreeCell


@dataclass(frozen=True)
class Program:
    """What one time step computes of the products that enter it.

    Registers 0 to gates - 1 hold W_k x, the next `gates` hold U_k h (with its bias), then h and c of the step before;
    what follows is computed. A register may be read more than once.

    Attributes:
        gates: pairs of W_k x and U_k h.
        steps: (operation, result, first operand, second operand); operations on one operand name it twice.
        h, c: the registers of the new state; c is None in a cell that has none.
    """

    gates: int
    steps: tuple[tuple[str, int, int, int], ...]
    h: int
    c: int | None

    @property
    def registers(self) -> int:
        """How many there are."""
        return 2 * self.gates + 2 + len(self.steps)

    @property
    def separate(self) -> bool:
        """Whether a gate's W_k x and U_k h have different gradients: they do unless all gates are sums."""
        pairs = {("add", gate, self.gates + gate) for gate in range(self.gates)}
        return pairs != {(op, first, second) for op, _, first, second in self.steps if first < self.gates}

    @property
    def unread(self) -> tuple[int, ...]:
        """Registers that no gradient is made of: sums have none to keep, and most activations keep their result."""
        read = {2 * self.gates}
        for operation, result, first, second in self.steps:
            if operation in ("mult", "max", "sin"):
                read |= {first, second}
            elif operation not in ("add", "sub"):
                read.add(result)
        return tuple(sorted({*range(self.registers)} - read))


@dataclass
class _Writer:
    """Steps as they are written; a value of None is zero and is never computed."""

    gates: int
    steps: list[tuple[str, int, int, int]] = field(default_factory=list)

    @property
    def h(self) -> int:
        return 2 * self.gates

    @property
    def c(self) -> int:
        return 2 * self.gates + 1

    def add(self, operation: str, first: int, second: int | None = None) -> int:
        result = 2 * self.gates + 2 + len(self.steps)
        self.steps.append((operation, result, first, first if second is None else second))
        return result

    def combine(self, combination: str, first: int | None, second: int | None) -> int | None:
        if first is not None and second is not None:
            return self.add(combination, first, second)
        if combination != "add":
            raise ValueError("only a sum can do without one of its operands")
        return second if first is None else first

    def activate(self, activation: str, value: int | None) -> int | None:
        if value is None and activation == "sigmoid":
            raise ValueError("the sigmoid of a leaf that is left out would not be zero")
        return value if value is None or activation == "identity" else self.add(activation, value)

    def program(self, h: int | None, c: int | None) -> Program:
        assert h is not None
        return Program(self.gates, tuple(self.steps), h, c)


def of_tree(cell: TreeCell, without: Sequence[int] = ()) -> Program:
    """Return the steps of a tree, its nodes in the given order (Zoph & Le 2017, section 3.4).

    Args:
        without: leaves whose weights are held at 0, which are not computed; they stand below sums.

    Raises:
        ValueError: the tree cannot do without these leaves.
    """
    built = [leaf for leaf in range(cell.base) if leaf not in without]
    writer = _Writer(len(built))
    pairs: list[tuple[int | None, int | None]] = [(None, None)] * cell.base
    for gate, leaf in enumerate(built):
        pairs[leaf] = gate, len(built) + gate
    values, after = list[int | None](), None
    for number, (combination, activation) in enumerate(cell.nodes):
        below = 2 * (number - cell.base)
        first, second = pairs[number] if number < cell.base else values[below : below + 2]
        value = writer.combine(combination, first, second)
        after = value if number == cell.c_from else after
        value = writer.activate(activation, value)
        if number == cell.c_into:
            value = writer.activate(cell.inject[1], writer.combine(cell.inject[0], value, writer.c))
        values.append(value)
    if after is None:
        raise ValueError("c cannot be the value of a leaf that is left out")
    return writer.program(values[-1], after)


def of_elman() -> Program:
    """Return h = tanh(W x + U h) (Elman 1990)."""
    writer = _Writer(1)
    return writer.program(writer.add("tanh", writer.add("add", 0, 1)), None)


def of_gru() -> Program:
    """Return a gated recurrent unit (Cho et al. 2014) as PyTorch and cuDNN have it.

    r = sigmoid(W_0 x + U_0 h), z = sigmoid(W_1 x + U_1 h), n = tanh(W_2 x + r (U_2 h + b)), h' = n + z (h - n). The
    paper multiplies r and h before the product; behind it one product a step is enough.
    """
    writer = _Writer(3)
    reset, update = (writer.add("sigmoid", writer.add("add", gate, 3 + gate)) for gate in (0, 1))
    new = writer.add("tanh", writer.add("add", 2, writer.add("mult", reset, 5)))
    kept = writer.add("mult", update, writer.add("sub", writer.h, new))
    return writer.program(writer.add("add", new, kept), None)

"""What a file of a network holds that other programs run: a graph of tensors, whose inputs and outputs have names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

Nested = Sequence["int | Nested | None"]


@dataclass(frozen=True)
class Graph:
    """A network as it is traced.

    Attributes:
        network: what is called with `inputs`, and returns tensors.
        inputs: examples of two samples each; tensors, or tuples of tensors.
        axes: nested as `inputs`, of each tensor the axis along which its samples lie; None: it has none.
        input_names, output_names: of the tensors, in order.
    """

    network: nn.Module
    inputs: tuple[Tensor | tuple[Tensor, ...], ...]
    axes: Nested
    input_names: list[str]
    output_names: list[str]

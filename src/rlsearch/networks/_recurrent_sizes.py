"""Widths, parameters and FLOPs of language models and translators, from settings alone: they need no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rlsearch.networks._named_cells import Bias, CellForm, check_bias, form_of

WIDTH = 48
"""Width where neither it nor a number of parameters is asked for."""
Cell = str | Mapping[str, Any]


@dataclass(frozen=True)
class Stack:
    """Layers of one cell above an embedding.

    Attributes:
        cell: of all layers; layers: how many.
        embedding, width: features of a word, and of h.
        bias: of the cell.
    """

    cell: CellForm
    layers: int
    embedding: int
    width: int
    bias: Bias

    def inputs(self, layer: int) -> int:
        """Return the features that enter a layer."""
        return self.width if layer else self.embedding

    @property
    def parameters(self) -> int:
        """Weights of all layers."""
        return sum(self.cell.parameters(self.inputs(layer), self.width, self.bias) for layer in range(self.layers))

    @property
    def flops(self) -> int:
        """FLOPs of one step of one sequence."""
        return sum(self.cell.flops(self.inputs(layer), self.width) for layer in range(self.layers))


def lm_stack(
    vocabulary: int,
    cell: Cell | None,
    layers: int,
    embedding: int | None,
    width: int | None,
    parameters: int | None,
    tied: bool,
    bias: Bias,
) -> Stack:
    """Return the layers of a language model, its width fitted where `parameters` says so.

    Raises:
        ValueError: options that contradict each other, an unknown cell or bias, or fewer parameters than width 1 has.
    """
    if tied and embedding is not None and parameters is not None:
        raise ValueError("a tied model of fitted width has an embedding of that width: leave `embedding` out")

    def sized(wide: int) -> int:
        return lm_parameters(vocabulary, _stack(cell, layers, embedding, wide, bias), tied)

    found = _stack(cell, layers, embedding, _width(sized, width, parameters, "a language model"), bias)
    if tied and found.embedding != found.width:
        raise ValueError(
            f"a tied model has one matrix for embedding and output: embedding {found.embedding} and width "
            f"{found.width} must be equal (an embedding that is left out is as wide as the cell)"
        )
    return found


def lm_parameters(vocabulary: int, stack: Stack, tied: bool) -> int:
    """Return the parameters of a language model: embedding, layers, and output with its bias."""
    output = 0 if tied else vocabulary * stack.width
    return vocabulary * stack.embedding + stack.parameters + output + vocabulary


def forward_flops(
    input_shape: tuple[int, ...],
    outputs: int,
    cell: Cell | None = None,
    layers: int = 1,
    embedding: int | None = None,
    width: int | None = None,
    parameters: int | None = None,
    tied: bool = False,
    bias: Bias = "recurrent",
    embedding_dropout: float = 0.0,
    input_dropout: float = 0.0,
    output_dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
) -> int:
    """Return the FLOPs of a language model for one token, without building it.

    Raises:
        ValueError: as the network does.
    """
    check_rates(
        embedding_dropout=embedding_dropout,
        input_dropout=input_dropout,
        output_dropout=output_dropout,
        recurrent_dropout=recurrent_dropout,
    )
    stack = lm_stack(outputs, cell, layers, embedding, width, parameters, tied, bias)
    return stack.flops + 2 * stack.width * outputs


def translator_stack(
    words: tuple[int, int],
    cell: Cell | None,
    layers: int,
    embedding: int | None,
    width: int | None,
    parameters: int | None,
    bias: Bias,
) -> Stack:
    """Return the layers of a translator's encoder, and of its decoder, for so many words of source and target.

    Raises:
        ValueError: as `lm_stack`.
    """

    def sized(wide: int) -> int:
        return translator_parameters(words, _stack(cell, layers, embedding, wide, bias))

    return _stack(cell, layers, embedding, _width(sized, width, parameters, "a translator"), bias)


def translator_parameters(words: tuple[int, int], stack: Stack) -> int:
    """Return the parameters of a translator: embeddings, both stacks, attention's layer, output with its bias."""
    source, target = words
    own = source * stack.embedding + target * stack.embedding + 2 * stack.parameters
    return own + 2 * stack.width**2 + target * stack.width + target


def translator_flops(words: tuple[int, int], stack: Stack, source: int, target: int) -> int:
    """Return the FLOPs of a translator for one pair of so many source and target tokens.

    Scores and means of attention are products of every target with every source token.
    """
    width = stack.width
    attention = target * (4 * source * width + 4 * width**2)
    return (source + target) * stack.flops + attention + 2 * target * width * words[1]


def check_rates(**rates: float) -> None:
    """Raise a ValueError for a rate of dropout that leaves nothing, or is none."""
    for name, rate in rates.items():
        if isinstance(rate, bool) or not 0 <= rate < 1:
            raise ValueError(f"{name} is a rate from 0 to below 1, not {rate!r}")


def _stack(cell: Cell | None, layers: int, embedding: int | None, width: int, bias: Bias) -> Stack:
    check_bias(bias)
    wide = width if embedding is None else embedding
    for name, number in {"layers": layers, "width": width, "embedding": wide}.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} of a recurrent network is a whole number of at least 1, not {number!r}")
    return Stack(form_of(cell), layers, wide, width, bias)


def _width(sized: Callable[[int], int], width: int | None, parameters: int | None, what: str) -> int:
    """Return the width: as given, or the one whose parameters are nearest to a number (the smaller of two)."""
    if parameters is None:
        return WIDTH if width is None else width
    if width is not None:
        raise ValueError(f"{what} has a `width` or a number of `parameters` to which it is fitted, not both")
    if parameters < (least := sized(1)):
        raise ValueError(f"{what} with these options has at least {least:,} parameters (width 1), not {parameters:,}")
    low, high = 1, 2
    while sized(high) <= parameters:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if sized(middle) <= parameters else (low, middle)
    return low if parameters - sized(low) <= sized(high) - parameters else high

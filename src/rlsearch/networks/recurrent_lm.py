"""A language model of recurrent cells: a tree that a space chose, or one that has a name (Zoph & Le 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from rlsearch.networks._named_cells import Bias
from rlsearch.networks._recurrent_layers import Layers, States, WordEmbedding, locked
from rlsearch.networks._recurrent_sizes import check_rates, lm_stack
from rlsearch.networks._recurrent_sizes import forward_flops as forward_flops


class RecurrentLM(nn.Module):
    """An embedding, layers of a cell, and a linear layer to the vocabulary.

    >>> network = RecurrentLM((), 103, cell="lstm", parameters=20_000)
    >>> sum(parameter.numel() for parameter in network.parameters()), network.layers.width
    (19863, 45)

    Args:
        input_shape: (): a sample is a token.
        outputs: words of the vocabulary.
        cell: "lstm", "nascell", "gru", "rnn", "rhn", "rhn-DEPTH", or a tree (`TreeCell.plain`).
        layers: of the cell, one above the other.
        embedding: features of a word; null: as many as `width`.
        width: of the cell; null: 48, or fitted.
        parameters: of the whole network: its width is the one that comes nearest.
        tied: whether the output's matrix is that of the embedding (Press & Wolf 2017, Inan et al. 2017).
        bias: "recurrent", of U h (as in TensorFlow's cells), at first in U(-0.1, 0.1); or "none", as published.
        embedding_dropout: rate at which words are left out, all their occurrences in a window of all streams.
        input_dropout: of what enters a layer; output_dropout: of what enters the linear layer; recurrent_dropout: of h
            in the recurrent product. Each has one mask for a stream and a window (Gal & Ghahramani 2016).

    Raises:
        ValueError: unknown cell or bias, a number out of its range, `width` and `parameters`, fewer parameters than
            width 1 has, or `tied` with an embedding of another width.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        cell: str | Mapping[str, Any] | None = None,
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
    ) -> None:
        super().__init__()
        check_rates(
            embedding_dropout=embedding_dropout,
            input_dropout=input_dropout,
            output_dropout=output_dropout,
            recurrent_dropout=recurrent_dropout,
        )
        stack = lm_stack(outputs, cell, layers, embedding, width, parameters, tied, bias)
        assert cell is not None
        self.embedding = WordEmbedding(outputs, stack.embedding, embedding_dropout, tied=tied)
        self.layers = Layers(cell, stack, input_dropout, recurrent_dropout)
        self.output_dropout = output_dropout
        self.output = nn.Linear(stack.width, outputs)
        if tied:
            self.output.weight = self.embedding.weight

    def forward(self, tokens: Tensor, state: States | None = None) -> tuple[Tensor, States]:
        """Map tokens (streams, window) and the state before them to logits (streams, window, words) and a state.

        The state is a tuple of a tuple a layer, h and (where the cell has it) c, each (streams, width); None: zeros.
        """
        outputs, state = self.layers(self.embedding(tokens), state)
        logits: Tensor = self.output(locked(outputs, self.output_dropout, self.training))
        return logits, state


NETWORK, NEEDS, FLOPS = RecurrentLM, ("cell",), "rlsearch.networks._recurrent_sizes"
TAKES = "text"
TEST_SETTINGS = {"cell": "lstm"}

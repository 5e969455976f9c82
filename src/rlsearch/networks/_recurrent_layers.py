"""What language models and translators are made of: word embeddings and layers of a cell, with their dropouts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rlsearch.networks._recurrent_cells import State, build
from rlsearch.networks._recurrent_sizes import Stack

States = tuple[State, ...]
"""One state a layer, the lowest first."""


def locked(values: Tensor, rate: float, training: bool) -> Tensor:
    """Return values (n, time, features) with features left out: one mask for all time steps of a sequence."""
    if not training or not rate:
        return values
    return values * functional.dropout(torch.ones_like(values[:, :1]), rate)


class WordEmbedding(nn.Embedding):
    """As torch's; in training words are left out, all their occurrences in a window alike (Gal & Ghahramani 2016).

    Args:
        dropout: rate. tied: its matrix is the output's too and is drawn as that of a linear layer; otherwise from
            N(0, 1), as torch draws embeddings.
    """

    def __init__(self, words: int, features: int, dropout: float = 0.0, *, tied: bool = False) -> None:
        super().__init__(words, features)
        self.dropout = dropout
        if tied:
            # From N(0, 1) logits would have a standard deviation of sqrt(width), and losses start far above chance.
            bound = 1 / math.sqrt(features)
            nn.init.uniform_(self.weight, -bound, bound)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (n, time) to features (n, time, features)."""
        found = super().forward(tokens)
        if not self.training or not self.dropout:
            return found
        kept = functional.dropout(found.new_ones(self.num_embeddings, 1), self.dropout)
        return found * functional.embedding(tokens, kept)


class Layers(nn.ModuleList):
    """Layers of one cell; each reads the outputs of the one below.

    Args:
        cell: its name or tree. stack: its form and sizes.
        input_dropout: of what enters each layer. recurrent_dropout: of h in the recurrent product.
    """

    def __init__(
        self, cell: str | Mapping[str, Any], stack: Stack, input_dropout: float, recurrent_dropout: float
    ) -> None:
        made = (
            build(cell, stack.inputs(layer), stack.width, stack.bias, recurrent_dropout)
            for layer in range(stack.layers)
        )
        super().__init__(made)
        self.width, self.input_dropout = stack.width, input_dropout

    def forward(
        self, inputs: Tensor, states: States | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, States]:
        """Return the outputs (n, time, width) of the last layer, and the states of all.

        Args:
            inputs: (n, time, features). states: before; None: zeros.
            lengths: (n,): states are those after so many steps of each sequence.
        """
        after = list[State]()
        for number, layer in enumerate(self):
            inputs, state = layer(
                locked(inputs, self.input_dropout, self.training), None if states is None else states[number], lengths
            )
            after.append(state)
        return inputs, tuple(after)

"""A translator of recurrent cells, encoder and decoder with attention (Sutskever et al. 2014, Luong et al. 2015)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rlsearch.networks._beam import search
from rlsearch.networks._named_cells import Bias
from rlsearch.networks._recurrent_layers import Layers, States, WordEmbedding, locked
from rlsearch.networks._recurrent_sizes import check_rates, translator_stack
from rlsearch.word_numbers import STOP

Reading = tuple[States, Tensor, Tensor]
"""A decoder's states, the encoder's outputs (n, s, width), and which of them are words (n, s)."""


class RecurrentTranslator(nn.Module):
    """Encoder and decoder of one cell, the decoder starting from the encoder's states, with Luong's dot attention.

    h of the decoder's last layer attends to the encoder's outputs: weights are softmax(h . h_s) over the words of the
    source, and tanh(W [mean; h]) goes into the linear layer (Luong et al. 2015, global attention, equations 5, 7 and
    8, without input feeding). Padding changes nothing: it has no weight, and the state that is handed over is that
    after a sentence's own words.

    Args:
        input_shape: (words of the source,).
        outputs: words of the target.
        cell, layers, embedding, width, parameters, bias: as in `recurrent-lm`, of encoder and decoder alike.
        embedding_dropout, input_dropout, output_dropout, recurrent_dropout: as there, a sentence being a window.
        beam: beginnings kept in translating; 1: greedy.

    Raises:
        ValueError: as `recurrent-lm`, or a beam below 1.
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
        bias: Bias = "recurrent",
        embedding_dropout: float = 0.0,
        input_dropout: float = 0.0,
        output_dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        beam: int = 1,
    ) -> None:
        super().__init__()
        check_rates(
            embedding_dropout=embedding_dropout,
            input_dropout=input_dropout,
            output_dropout=output_dropout,
            recurrent_dropout=recurrent_dropout,
        )
        if isinstance(beam, bool) or beam < 1:
            raise ValueError(f"beam is the number of beginnings that are kept, at least 1, not {beam!r}")
        words = int(input_shape[0]), outputs
        stack = translator_stack(words, cell, layers, embedding, width, parameters, bias)
        assert cell is not None
        self.beam, self.output_dropout = beam, output_dropout
        self.source, self.target = (WordEmbedding(count, stack.embedding, embedding_dropout) for count in words)
        self.encoder, self.decoder = (Layers(cell, stack, input_dropout, recurrent_dropout) for _ in range(2))
        self.attention = nn.Linear(2 * stack.width, stack.width, bias=False)
        self.output = nn.Linear(stack.width, outputs)

    def forward(self, sources: Tensor, targets_in: Tensor) -> Tensor:
        """Map sentences (n, s), and those of the target moved on by one (n, t), to logits (n, t, target words)."""
        return self._decode(targets_in, self._encode(sources))[0]

    @torch.no_grad()
    def translate(self, sources: Tensor, most: int) -> Tensor:
        """Return the translation of sentences (n, s): words (n, at most `most`), filled up with `STOP`."""

        def step(words: Tensor, reading: Reading) -> tuple[Tensor, Reading]:
            logits, states = self._decode(words[:, None], reading)
            return functional.log_softmax(logits[:, 0], 1), (states, *reading[1:])

        return search(step, _pick, self._encode(sources), len(sources), most, self.beam, sources.device)

    def _encode(self, sources: Tensor) -> Reading:
        """Return what a decoder starts from: of each sentence its words and the first of the ends behind them."""
        lengths = ((sources != STOP).sum(1) + 1).clamp(max=sources.shape[1])
        words = torch.arange(sources.shape[1], device=sources.device) < lengths[:, None]
        outputs, states = self.encoder(self.source(sources), None, lengths)
        # Behind a sentence the cell goes on reading ends, and may grow without bound: 0 x infinity would be no number.
        return states, outputs.masked_fill(~words[..., None], 0), words

    def _decode(self, targets_in: Tensor, reading: Reading) -> tuple[Tensor, States]:
        states, memory, words = reading
        outputs, after = self.decoder(self.target(targets_in), states)
        scores = torch.bmm(outputs, memory.transpose(1, 2)).masked_fill(~words[:, None], -torch.inf)
        mean = torch.bmm(functional.softmax(scores, 2).to(memory.dtype), memory)
        found = torch.tanh(self.attention(torch.cat([mean, outputs], 2)))
        logits: Tensor = self.output(locked(found, self.output_dropout, self.training))
        return logits, after


def _pick(reading: Reading, rows: Tensor) -> Reading:
    states, memory, words = reading
    return tuple(tuple(part[rows] for part in state) for state in states), memory[rows], words[rows]


NETWORK, NEEDS = RecurrentTranslator, ("cell",)
TAKES = "pairs"
TEST_SETTINGS = {"cell": "lstm"}

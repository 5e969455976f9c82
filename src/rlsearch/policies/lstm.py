"""An autoregressive LSTM over the decisions of a candidate (Zoph & Le 2017, sections 3.1 and 3.3).

All weights carry a leading dimension of independent runs, as in `gaussian_mlp`: a search uses one, repetitions on a
truth table train hundreds side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import torch
from torch import Tensor, nn

from rlsearch.policies.vocabulary import Vocabulary
from rlsearch.spaces.base import Choice


class Sizes(Protocol):
    """What shapes the network: `AgentSettings` of the LSTM agents have these."""

    embedding: int
    hidden: int
    layers: int
    init_range: float


@dataclass
class State:
    """Hidden and cell states of all layers, (runs, batch, hidden) each, and the outputs at earlier places."""

    hidden: list[Tensor]
    cell: list[Tensor]
    at: dict[int, Tensor] = field(default_factory=dict)

    @property
    def output(self) -> Tensor:
        """The top layer's output."""
        return self.hidden[-1]


class Trunk(nn.Module):
    """Token embedding and stacked LSTM layers of `runs` independent networks; all weights from U[-range, range]."""

    def __init__(self, runs: int, tokens: int, sizes: Sizes, generator: torch.Generator) -> None:
        super().__init__()
        self.width = sizes.hidden
        draw = partial(_uniform, sizes.init_range, generator)
        # One token more than there are options: the start.
        self.embedding = draw((runs, tokens + 1, sizes.embedding))
        inputs = [sizes.embedding, *[sizes.hidden] * (sizes.layers - 1)]
        # All layers' weights, then all biases: in another order the same seed gives other networks.
        self.weights = nn.ParameterList([draw((runs, i + sizes.hidden, 4 * sizes.hidden)) for i in inputs])
        self.biases = nn.ParameterList([draw((runs, 1, 4 * sizes.hidden)) for _ in inputs])

    def start(self, batch: int) -> tuple[Tensor, State]:
        """Return the embedded start token (runs, batch, embedding) and zero states."""
        runs = self.embedding.shape[0]
        zeros = [torch.zeros(runs, batch, self.width) for _ in self.weights]
        return self.embedding[:, -1:].expand(-1, batch, -1), State(list(zeros), list(zeros))

    def embed(self, tokens: Tensor) -> Tensor:
        """Return the embeddings of tokens (runs, batch) as (runs, batch, embedding)."""
        index = tokens[..., None].expand(-1, -1, self.embedding.shape[2])
        return torch.gather(self.embedding, 1, index)

    def step(self, inputs: Tensor, state: State, place: int) -> None:
        """Advance the state by one step and remember its output as that of a place."""
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            gates = torch.baddbmm(bias, torch.cat([inputs, state.hidden[layer]], 2), weight)
            enter, forget, output, new = gates.chunk(4, 2)
            # +1: an LSTM that forgets from the start learns slowly (Jozefowicz et al. 2015).
            state.cell[layer] = torch.sigmoid(forget + 1) * state.cell[layer] + torch.sigmoid(enter) * torch.tanh(new)
            state.hidden[layer] = torch.sigmoid(output) * torch.tanh(state.cell[layer])
            inputs = state.hidden[layer]
        state.at[place] = state.output


class LSTMPolicy(nn.Module):
    """A distribution over the options of each decision, given the options taken before.

    A softmax over the options of the decision's kind. The questions "does part j feed part i?" of one place i share
    one LSTM step and are answered independently, by P = sigmoid(v . tanh(W_prev h_j + W_curr h_i)), where h_j is the
    output at the last step of part j (the paper's anchor points).

    Args:
        runs: independent policies.
        words: the tokens of the space.
        sizes: of the network; generator: draws the initial weights.
    """

    def __init__(self, runs: int, words: Vocabulary, sizes: Sizes, generator: torch.Generator) -> None:
        super().__init__()
        self.words = words
        self.trunk = Trunk(runs, words.size, sizes, generator)
        draw = partial(_uniform, sizes.init_range, generator)
        self.head, self.bias = draw((runs, sizes.hidden, words.size)), draw((runs, 1, words.size))
        shapes = [(runs, sizes.hidden, sizes.hidden), (runs, sizes.hidden, sizes.hidden), (runs, sizes.hidden, 1)]
        self.anchor = nn.ParameterList([draw(shape) for shape in shapes] if words.anchors else [])

    def follow(self, batch: int) -> Follower:
        """Return what walks along `batch` candidates of each run."""
        return Follower(self.trunk, batch)

    def logits(self, decision: Choice | None, state: State) -> Tensor:
        """Return the logits of a decision's options (runs, batch, options), or of all tokens where rows differ."""
        if decision is None:
            return torch.baddbmm(self.bias, state.output, self.head)
        begin, count = self.words.begin(decision), len(decision.options)
        if decision.source is None:
            stop = begin + count
            return torch.baddbmm(self.bias[:, :, begin:stop], state.output, self.head[:, :, begin:stop])
        previous, current, vector = self.anchor
        joined = torch.tanh(state.at[decision.source] @ previous + state.output @ current)
        score = joined @ vector
        # softmax(0, s) gives "yes" the probability sigmoid(s).
        return torch.cat([torch.zeros_like(score), score], 2)

    def unmasked(self, decision: Choice | None, state: State, offered: Tensor | None) -> Tensor:
        """Return the logits that share a softmax before anything is forbidden: those of the decision's options."""
        scores = self.logits(decision, state)
        return scores if offered is None else scores.masked_fill(~offered, -torch.inf)


class Critic(nn.Module):
    """Predicts the return before each decision: an LSTM of its own, so that it cannot pull at the policy's weights.

    `offset` (runs, 1) is where predictions start: the mean reward of the first batch.
    """

    offset: Tensor

    def __init__(self, runs: int, words: Vocabulary, sizes: Sizes, generator: torch.Generator) -> None:
        super().__init__()
        self.trunk = Trunk(runs, words.size, sizes, generator)
        self.head = _uniform(sizes.init_range, generator, (runs, sizes.hidden, 1))
        self.register_buffer("offset", torch.full((runs, 1), torch.nan))

    def follow(self, batch: int) -> Follower:
        """Return what walks along `batch` candidates of each run."""
        return Follower(self.trunk, batch)

    def value(self, state: State) -> Tensor:
        """Return the predicted return (runs, batch)."""
        # 0 until the first batch has set the offset.
        return (state.output @ self.head)[..., 0] + torch.nan_to_num(self.offset)


class Follower:
    """Feeds a trunk with the options taken so far, one step for each question or group of anchor questions."""

    def __init__(self, trunk: Trunk, batch: int) -> None:
        self.trunk = trunk
        self.inputs, self.state = trunk.start(batch)
        self._group: int | None = None
        self._taken: list[Tensor] = []

    def ask(self, decision: Choice | None) -> State:
        """Return the state in which a decision is answered (None: rows answer different ones)."""
        group = decision.place if decision is not None and decision.source is not None else None
        if group is None or group != self._group:
            if self._taken:
                # A step has one input: the answers of a group enter as the mean of their embeddings.
                self.inputs = torch.stack(self._taken).mean(0)
            self.trunk.step(self.inputs, self.state, 0 if decision is None else decision.place)
            self._group, self._taken = group, []
        return self.state

    def answer(self, tokens: Tensor) -> None:
        """Take note of the tokens (runs, batch) that were chosen."""
        self._taken.append(self.trunk.embed(tokens))


def _uniform(bound: float, generator: torch.Generator, shape: Sequence[int]) -> nn.Parameter:
    return nn.Parameter(torch.empty(tuple(shape)).uniform_(-bound, bound, generator=generator))

"""A perceptron over the options taken so far, as code of Salvucci (2025) has it.

All weights carry a leading dimension of independent runs, as in `gaussian_mlp`.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor, nn

from rlsearch.policies.gaussian_mlp import through
from rlsearch.policies.vocabulary import OneHead
from rlsearch.spaces.base import Choice


class Sizes(Protocol):
    """What shapes the network: the settings of MLP agents have these."""

    hidden: int
    layers: int


class Body(nn.Module):
    """`runs` perceptrons with ReLU: weights by Glorot & Bengio 2010 (eq. 16, uniform), biases of 0.

    Args:
        length: decisions of the longest candidate, which are the inputs: the index of the option taken, -1 before.
        outputs: of the last layer, which is linear.
    """

    def __init__(self, runs: int, length: int, outputs: int, sizes: Sizes, generator: torch.Generator) -> None:
        super().__init__()
        self.length = length
        widths = [length, *[sizes.hidden] * sizes.layers, outputs]
        shapes = [(runs, i, o) for i, o in pairwise(widths)]
        self.weights = nn.ParameterList([_glorot(shape, generator) for shape in shapes])
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(runs, 1, o)) for _, _, o in shapes])

    def forward(self, taken: Tensor) -> Tensor:
        """Map options (runs, batch, length) to outputs (runs, batch, outputs)."""
        return through(self.weights, self.biases, taken)


class Follower:
    """Writes the options taken so far into the inputs of a body."""

    def __init__(self, body: Body, batch: int) -> None:
        self.body, self.place = body, 0
        self.taken = torch.full((body.weights[0].shape[0], batch, body.length), -1.0)

    def ask(self, decision: Choice | None) -> Tensor:
        """Return the outputs (runs, batch, outputs) with which a decision is answered.

        Raises:
            ValueError: a candidate is longer than the space is known to make them.
        """
        if self.place == self.body.length:
            raise ValueError(
                f"a candidate goes on after {self.place} decisions, the most that exploring the space did show: "
                "let the space say how long they are (`extent`)"
            )
        return torch.as_tensor(self.body(self.taken))

    def answer(self, options: Tensor) -> None:
        """Take note of the options (runs, batch) that were chosen."""
        # A copy: the gradient needs the inputs of earlier decisions as they were.
        self.taken = self.taken.clone()
        self.taken[:, :, self.place] = options.to(self.taken.dtype)
        self.place += 1


class MLPPolicy(nn.Module):
    """A distribution over the options of each decision, given the options taken before.

    One softmax serves all decisions: option i of any of them is output i, and what a decision does not offer is masked.

    Args:
        runs: independent policies.
        words: the outputs; length: decisions of the longest candidate.
        sizes: of the network; generator: draws the initial weights.
    """

    def __init__(self, runs: int, words: OneHead, length: int, sizes: Sizes, generator: torch.Generator) -> None:
        super().__init__()
        self.words = words
        self.body = Body(runs, length, words.size, sizes, generator)

    def follow(self, batch: int) -> Follower:
        """Return what walks along `batch` candidates of each run."""
        return Follower(self.body, batch)

    def logits(self, decision: Choice | None, state: Tensor) -> Tensor:
        """Return the logits of a decision's options (runs, batch, options), or of all outputs where rows differ."""
        return state if decision is None else state[:, :, : len(decision.options)]

    def unmasked(self, decision: Choice | None, state: Tensor, offered: Tensor | None) -> Tensor:
        """Return the logits that share a softmax before anything is masked: all of them."""
        return state


class MLPCritic(nn.Module):
    """Predicts the return before each decision: a perceptron of its own; `offset` as in `lstm.Critic`."""

    offset: Tensor

    def __init__(self, runs: int, length: int, sizes: Sizes, generator: torch.Generator) -> None:
        super().__init__()
        self.body = Body(runs, length, 1, sizes, generator)
        self.register_buffer("offset", torch.full((runs, 1), torch.nan))

    def follow(self, batch: int) -> Follower:
        """Return what walks along `batch` candidates of each run."""
        return Follower(self.body, batch)

    def value(self, state: Tensor) -> Tensor:
        """Return the predicted return (runs, batch)."""
        return state[..., 0] + torch.nan_to_num(self.offset)


def _glorot(shape: tuple[int, int, int], generator: torch.Generator) -> nn.Parameter:
    bound = math.sqrt(6 / (shape[1] + shape[2]))
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound, generator=generator))

"""A text as tensors: the windows of an epoch, with the state that passes between them, and the measuring pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rlsearch import seeds
from rlsearch.data.kinds.base import Batch, Form, Resident
from rlsearch.data.text import windows
from rlsearch.data.text.npz import arrays
from rlsearch.data.text.states import State, mapped
from rlsearch.data.text.vocabulary import guess, unigram_loss
from rlsearch.measures import PERPLEXITY

if TYPE_CHECKING:
    from rlsearch.config.task_models import TaskSettings

LOGITS = 1 << 22
"""Logits that are in memory at a time while measuring."""
LONGEST = 64
"""Tokens of a window of a measurement."""


def detached(state: State) -> State:
    """Return a state through which no gradient flows back."""
    return mapped(state, Tensor.detach)


class Carried:
    """The state of a network after a window, once that has been read; None before."""

    state: State = None
    read = False


@dataclass(frozen=True)
class Window(Batch):
    """What one step reads.

    Attributes:
        tokens: int64 (streams, window); following: those that are predicted from them, likewise.
        before: the state of the streams before.
    """

    tokens: Tensor
    following: Tensor
    before: State
    carried: Carried = field(default_factory=Carried)

    @property
    def size(self) -> int:  # type: ignore[override]
        """Predicted tokens."""
        return self.tokens.numel()

    def loss(self, model: nn.Module) -> tuple[Tensor, Tensor]:
        """Return the mean cross-entropy of a token; perplexity needs no further sum.

        A second pass begins with the state with which the first one began, and the first one's is handed on.
        """
        logits, state = model(self.tokens, self.before)
        if not self.carried.read:
            self.carried.state, self.carried.read = detached(state), True
        return functional.cross_entropy(logits.flatten(0, 1), self.following.flatten()), logits.new_zeros(())


@dataclass(frozen=True)
class Stream(Resident):
    """One part of a text: `tokens` int64 (n,), and the `frequencies` (words,) of all tokens in the training part."""

    tokens: Tensor
    frequencies: np.ndarray[Any, np.dtype[np.int64]]

    @property
    def form(self) -> Form:
        """The vocabulary's size."""
        return Form((), len(self.frequencies))

    @property
    def guessed(self) -> float:
        """What the unigram model of the training part makes of this part."""
        counted = torch.bincount(self.tokens[1:].cpu(), minlength=self.form.outputs).numpy()
        return guess(unigram_loss(counted, self.frequencies), self.form.outputs)

    @property
    def device(self) -> torch.device:
        """Where the tokens are."""
        return self.tokens.device

    def __len__(self) -> int:
        return len(self.tokens)

    def to(self, device: torch.device | str) -> Stream:
        """Return the same on a device."""
        return Stream(self.tokens.to(device), self.frequencies)

    def joined(self, other: Stream) -> Stream:
        """Return this text and, behind it, that of another part.

        Raises:
            ValueError: they have other vocabularies.
        """
        if not np.array_equal(self.frequencies, other.frequencies):
            raise ValueError(f"cannot join {self.form} and {other.form}: they are no parts of one text")
        return Stream(torch.cat([self.tokens, other.tokens]), self.frequencies)

    def shuffled(self, seed: int) -> Stream:
        """Return the tokens in an order drawn by name: only how frequent they are can be learnt."""
        order = torch.from_numpy(seeds.generator("permuted-tokens", seed).permutation(len(self)))
        return Stream(self.tokens[order.to(self.device)], self.frequencies)

    def inputs(self, count: int, task: TaskSettings) -> Tensor:
        """Return the first windows, int64 (count, window); shorter ones where there are too few tokens."""
        size = max(1, min(windows.window(task), len(self) // count))
        return self.tokens[: count * size].cpu().view(-1, size)

    def batches(self, task: TaskSettings, order: torch.Generator, augmentation: torch.Generator) -> Iterator[Window]:
        """Yield window after window of all streams, which begin at an offset drawn anew and without a state."""
        plan = windows.plan(len(self), task)
        offset = int(torch.randint(plan.offsets, (), generator=order))
        end, state = offset + plan.streams * plan.length, None
        tokens = self.tokens[offset:end].view(plan.streams, plan.length)
        following = self.tokens[offset + 1 : end + 1].view(plan.streams, plan.length)
        for here, coming in zip(*(part.split(windows.window(task), 1) for part in (tokens, following)), strict=True):
            window = Window(here, coming, state)
            yield window
            state = window.carried.state

    def level(self, loss: float, score: float) -> float:
        """Return the perplexity."""
        return float(PERPLEXITY.level(loss))

    def measured(self, model: nn.Module, task: TaskSettings, *, thorough: bool = False) -> dict[str, float]:
        """Return {"loss": mean cross-entropy of a token in nats}: of all tokens but the first, each once."""
        plan = windows.reading(len(self))
        positions = torch.from_numpy(plan.positions).to(self.device)
        counted = torch.from_numpy(plan.counted).to(self.device)
        size = min(LONGEST, max(1, LOGITS // (len(positions) * self.form.outputs)))
        total, state = torch.zeros((), dtype=torch.float64, device=self.device), None
        for here, counts in zip(positions.split(size, 1), counted.split(size, 1), strict=True):
            logits, state = model(self.tokens[here], state)
            # Under autocast logits are bfloat16, too coarse for a loss.
            losses = functional.cross_entropy(
                logits.float().flatten(0, 1), self.tokens[here + 1].flatten(), reduction="none"
            )
            # Selected, not multiplied by 0, which is NaN where a loss is infinite.
            total += losses[counts.flatten()].double().sum()
        return {"loss": total.item() / (len(self) - 1)}


def load(path: Path) -> Stream:
    """Read a file that the fetch phase wrote.

    Raises:
        DataError: it is missing or not such a file.
    """
    found = arrays(path, {"tokens": 1, "frequencies": 1})
    return Stream(torch.from_numpy(found["tokens"].astype(np.int64)), found["frequencies"])


def noise(form: Form, count: int, device: torch.device) -> Stream:
    """Return tokens that count up."""
    return Stream(torch.arange(count, device=device) % form.outputs, np.ones(form.outputs, np.int64))

"""A kind of data that is not images, to hold the contract to: one stream of tokens, read in windows, and its network.

Parts are cut in the stream's order. `batch_size` streams are read side by side, `window` tokens at a time; the state
of the network is handed from window to window. A sample is a token that is predicted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from rlsearch import seeds
from rlsearch.config.dataset_models import DatasetSettings
from rlsearch.config.task_models import TaskSettings
from rlsearch.data.archive import npz
from rlsearch.data.kinds.base import Batch, Fault, Form, Kind, Resident
from rlsearch.data.sources.base import Extent, Source
from rlsearch.measures import PERPLEXITY, Measure

Tokens = NDArray[np.uint16]
State = Any


@dataclass(frozen=True)
class RawTokens:
    """A stream before the cut, uint16 (n,), its vocabulary and the length of a window."""

    train: Tokens
    words: int
    window: int
    files: Mapping[str, Any] = field(default_factory=dict)


class Reading:
    """The state of a network, handed from one window to the next."""

    def __init__(self) -> None:
        self.state: State = None


@dataclass(frozen=True)
class Window(Batch):
    """Tokens (streams, window), those that follow each of them, and the state before the first."""

    tokens: Tensor
    following: Tensor
    reading: Reading
    before: State
    size: int

    def loss(self, model: nn.Module) -> tuple[Tensor, Tensor]:
        """Return the mean cross-entropy of a token; a second pass starts from the same state."""
        logits, state = model(self.tokens, self.before)
        self.reading.state = state.detach()
        return functional.cross_entropy(logits.flatten(0, 1), self.following.flatten()), logits.new_zeros(())


@dataclass(frozen=True)
class Stream(Resident):
    """Tokens int64 (n,) on a device."""

    tokens: Tensor
    words: int
    window: int

    @property
    def form(self) -> Form:
        return Form((self.window,), self.words)

    @property
    def device(self) -> torch.device:
        return self.tokens.device

    def __len__(self) -> int:
        return len(self.tokens)

    def to(self, device: torch.device | str) -> Stream:
        return Stream(self.tokens.to(device), self.words, self.window)

    def joined(self, other: Stream) -> Stream:
        if self.form != other.form:
            raise ValueError(f"cannot join {self.form} and {other.form}")
        return Stream(torch.cat([self.tokens, other.tokens]), self.words, self.window)

    def shuffled(self, seed: int) -> Stream:
        order = torch.from_numpy(seeds.generator("permuted-tokens", seed).permutation(len(self)))
        return Stream(self.tokens[order.to(self.device)], self.words, self.window)

    def inputs(self, count: int, task: TaskSettings) -> Tensor:
        return self.tokens[: count * self.window].cpu().view(-1, self.window)[:count]

    def batches(self, task: TaskSettings, order: torch.Generator, augmentation: torch.Generator) -> Iterator[Window]:
        yield from self._windows(task.batch_size)

    def _windows(self, streams: int) -> Iterator[Window]:
        length = (len(self) - 1) // streams
        tokens = self.tokens[: length * streams].view(streams, length)
        following = self.tokens[1 : length * streams + 1].view(streams, length)
        reading = Reading()
        for start in range(0, length, self.window):
            here = slice(start, start + self.window)
            size = tokens[:, here].numel()
            yield Window(tokens[:, here], following[:, here], reading, reading.state, size)

    def level(self, loss: float, score: float) -> float:
        return float(PERPLEXITY.level(loss))

    def measured(self, model: nn.Module, task: TaskSettings, *, thorough: bool = False) -> dict[str, float]:
        total, count = torch.zeros((), device=self.device), 0
        for window in self._windows(1):
            loss, _ = window.loss(model)
            total, count = total + loss * window.size, count + window.size
        return {"loss": total.item() / count}


class TokenStreams(Kind):
    """Streams of tokens: a network maps (streams, window) and a state to logits and a state."""

    name: ClassVar[str] = "tokens"
    noun: ClassVar[str] = "tokens"
    measure: ClassVar[Measure] = PERPLEXITY
    form_keys: ClassVar[tuple[str, ...]] = ("words", "window")
    card: ClassVar[tuple[str, ...]] = ("words", "window")

    def split(self, raw: RawTokens, settings: DatasetSettings) -> dict[str, Tokens]:
        train, validation, test = self.cuts(settings, Extent(len(raw.train), 0, 2))
        bounds = np.cumsum([train, validation, test])
        return dict(zip(("train", "validation", "test"), np.split(raw.train[: bounds[-1]], bounds[:-1]), strict=True))

    def file(self, part: Tokens, raw: RawTokens) -> bytes:
        return npz({"tokens": part, "words": np.int64(raw.words), "window": np.int64(raw.window)})

    def about(self, raw: RawTokens, parts: Mapping[str, Tokens], settings: DatasetSettings) -> dict[str, Any]:
        return {"words": raw.words, "window": raw.window}

    def remarks(self, manifest: Mapping[str, Any]) -> list[str]:
        return []

    def facts(self, manifest: Mapping[str, Any]) -> dict[str, str]:
        return {"tokens": str(sum(manifest["counts"].values())), "vocabulary": str(manifest["words"])}

    def cuts(self, settings: DatasetSettings, extent: Extent) -> tuple[int, int, int]:
        test = math.ceil((settings.test_share or 0.2) * extent.train)
        validation = math.ceil(settings.validation_share * (extent.train - test))
        return extent.train - test - validation, validation, test

    def faults(self, settings: DatasetSettings, source: Source) -> Iterator[Fault]:
        yield from ()

    def imagined(self, extent: Extent) -> Form:
        return Form((8,), 50)

    def form(self, manifest: Mapping[str, Any]) -> Form:
        return Form((int(manifest["window"]),), int(manifest["words"]))

    def form_of(self, path: Path) -> Form:
        with np.load(path, allow_pickle=False) as file:
            return Form((int(file["window"]),), int(file["words"]))

    def describe(self, form: Form) -> str:
        return f"windows of {form.shape[0]} tokens, {form.outputs} words"

    def stored_bytes(self, form: Form, count: int) -> int:
        return 2 * count

    def on_card(self, form: Form, task: TaskSettings) -> dict[str, Any]:
        return {"words": form.outputs, "window": form.shape[0]}

    def form_on_card(self, card: Mapping[str, Any]) -> Form:
        return Form((card["window"],), card["words"])

    def load(self, path: Path) -> Stream:
        with np.load(path, allow_pickle=False) as file:
            return Stream(torch.from_numpy(file["tokens"].astype(np.int64)), int(file["words"]), int(file["window"]))

    def noise(self, form: Form, count: int, device: torch.device) -> Stream:
        return Stream(torch.arange(count, device=device) % form.outputs, form.outputs, form.shape[0])

    def example(self, form: Form, count: int = 1) -> Tensor:
        return torch.zeros(count, 1, dtype=torch.int64)

    def epoch_samples(self, form: Form, count: int, task: TaskSettings) -> int:
        return (count - 1) // task.batch_size * task.batch_size

    def step_samples(self, form: Form, task: TaskSettings) -> int:
        return task.batch_size * form.shape[0]


class Recurrent(nn.Module):
    """An embedding, an Elman network and a linear layer."""

    def __init__(self, input_shape: tuple[int, ...], outputs: int, hidden: int = 16) -> None:
        super().__init__()
        self.embedding = nn.Embedding(outputs, hidden)
        self.inner = nn.RNN(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, tokens: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        found, state = self.inner(self.embedding(tokens), state)
        return self.head(found), state


def raw(count: int = 1200, words: int = 5) -> RawTokens:
    """Return a stream in which each word is followed by the next one, nine times in ten."""
    rng = seeds.generator("token-kind")
    tokens = np.cumsum(np.where(rng.random(count) < 0.9, 1, rng.integers(0, words, count))) % words
    return RawTokens(tokens.astype(np.uint16), words, 8)


KIND = TokenStreams()

"""Pairs of sentences as tensors: batches in random order, the loss of the translations, and their BLEU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rlsearch import seeds
from rlsearch.data.kinds.base import Batch, Form, Resident
from rlsearch.data.text.bleu import bleu
from rlsearch.data.text.npz import arrays
from rlsearch.data.text.parts import UNKNOWN
from rlsearch.data.text.vocabulary import guess, unigram_loss
from rlsearch.errors import RlsearchError
from rlsearch.measures import PERPLEXITY
from rlsearch.word_numbers import STOP

if TYPE_CHECKING:
    from rlsearch.config.task_models import TaskSettings

MEASURE_BATCH = 256
NOT_COUNTED = -100
"""Stands in targets for what fills a row up; `cross_entropy` leaves it out."""


@dataclass(frozen=True)
class PairBatch(Batch):
    """Sentences int64 (n, longest of them), each with its end and filled up with `STOP`.

    Attributes:
        sources, targets: of both languages.
    """

    sources: Tensor
    targets: Tensor

    @property
    def size(self) -> int:  # type: ignore[override]
        """Pairs."""
        return len(self.sources)

    def losses(self, model: nn.Module, reduction: str) -> Tensor:
        """Return the cross-entropy of the target tokens, ends included, as their mean or sum."""
        # Each token is predicted from those before it; before the first stands an end.
        given = functional.pad(self.targets[:, :-1], (1, 0), value=STOP)
        # Under autocast logits are bfloat16, too coarse for a loss.
        logits = model(self.sources, given).float()
        wanted = self.targets.masked_fill(~in_sentences(self.targets), NOT_COUNTED)
        return functional.cross_entropy(
            logits.flatten(0, 1), wanted.flatten(), ignore_index=NOT_COUNTED, reduction=reduction
        )

    def loss(self, model: nn.Module) -> tuple[Tensor, Tensor]:
        """Return the mean loss of a target token; perplexity needs no further sum."""
        mean = self.losses(model, "mean")
        return mean, mean.new_zeros(())


@dataclass(frozen=True)
class Translations(Resident):
    """One part of a corpus of pairs.

    Attributes:
        sources, targets: int64 (n, longest), filled up with `STOP`.
        source_words: how many there are; frequencies: of the target's words in the training part.
        length: mean tokens of a sentence there; unknown: the number of `<unk>` among the target's words, or -1.
    """

    sources: Tensor
    targets: Tensor
    source_words: int
    frequencies: np.ndarray[Any, np.dtype[np.int64]]
    length: int
    unknown: int = -1

    @property
    def form(self) -> Form:
        """Both vocabularies, and the mean length."""
        return Form((self.source_words,), len(self.frequencies), self.length)

    @property
    def guessed(self) -> float:
        """What the unigram model of the training part makes of the target tokens."""
        counted = torch.bincount(self.targets[in_sentences(self.targets)].cpu(), minlength=self.form.outputs).numpy()
        return guess(unigram_loss(counted, self.frequencies), self.form.outputs)

    @property
    def device(self) -> torch.device:
        """Where the sentences are."""
        return self.sources.device

    def __len__(self) -> int:
        return len(self.sources)

    def to(self, device: torch.device | str) -> Translations:
        """Return the same on a device."""
        return replace(self, sources=self.sources.to(device), targets=self.targets.to(device))

    def joined(self, other: Translations) -> Translations:
        """Return the pairs of both parts.

        Raises:
            ValueError: they have other vocabularies.
        """
        if self.form != other.form or not np.array_equal(self.frequencies, other.frequencies):
            raise ValueError(f"cannot join {self.form} and {other.form}: they are no parts of one corpus")
        sources, targets = _joined(self.sources, other.sources), _joined(self.targets, other.targets)
        return replace(self, sources=sources, targets=targets)

    def shuffled(self, seed: int) -> Translations:
        """Return the words of all targets in an order drawn by name; sentences keep their lengths."""
        words, targets = self.targets != STOP, self.targets.clone()
        order = seeds.generator("permuted-words", seed).permutation(int(words.sum()))
        targets[words] = self.targets[words][torch.from_numpy(order).to(self.device)]
        return replace(self, targets=targets)

    def inputs(self, count: int, task: TaskSettings) -> Tensor:
        """Return the first source sentences."""
        return self.sources[:count].cpu()

    def batches(self, task: TaskSettings, order: torch.Generator, augmentation: torch.Generator) -> Iterator[PairBatch]:
        """Yield the pairs in random order."""
        for rows in torch.split(torch.randperm(len(self), generator=order), task.batch_size):
            yield self._batch(rows)

    def level(self, loss: float, score: float) -> float:
        """Return the perplexity."""
        return float(PERPLEXITY.level(loss))

    def measured(self, model: nn.Module, task: TaskSettings, *, thorough: bool = False) -> dict[str, float]:
        """Return {"loss": mean cross-entropy of a target token, ends included, in nats}.

        Args:
            model: in evaluation mode.
            task: its record `bleu` adds "bleu", 0..100, of what the network translates by itself.
            thorough: add "bleu".
        """
        total, found = torch.zeros((), dtype=torch.float64, device=self.device), list[list[int]]()
        asked = thorough or "bleu" in task.record
        for rows in torch.arange(len(self)).split(MEASURE_BATCH):
            batch = self._batch(rows)
            total += batch.losses(model, "sum").double()
            if asked:
                found += self._translated(model, batch)
        metrics = {"loss": total.item() / int(in_sentences(self.targets).sum())}
        return {**metrics, "bleu": bleu(found, self._references())} if asked else metrics

    @cached_property
    def _lengths(self) -> tuple[Tensor, Tensor]:
        """Tokens of each sentence with its end, (n,) each, on the CPU: no batch waits for the device."""
        source, target = ((side != STOP).sum(1).cpu() + 1 for side in (self.sources, self.targets))
        return source, target

    def _batch(self, rows: Tensor) -> PairBatch:
        """Return pairs by their positions (on the CPU), no longer than the longest sentence among them."""
        longest, here = [int(lengths[rows].max()) for lengths in self._lengths], rows.to(self.device)
        return PairBatch(self.sources[here, : longest[0]], self.targets[here, : longest[1]])

    def _translated(self, model: nn.Module, batch: PairBatch) -> list[list[int]]:
        translate = getattr(model, "translate", None)
        if translate is None:
            raise RlsearchError(
                f"BLEU needs a network that translates, and {type(model).__name__} has no method `translate`",
                remedy="give the network one (docs/extending.md), or take `bleu` out of `record`",
            )
        # The same bound for all batches, so that none changes what a sentence becomes.
        return [sentence(row) for row in translate(batch.sources, 2 * self.sources.shape[1] + 8).tolist()]

    def _references(self) -> list[list[int]]:
        # Nothing that is translated counts as right for standing in for an unknown word.
        return [[-1 if word == self.unknown else word for word in sentence(row)] for row in self.targets.tolist()]


def in_sentences(rows: Tensor) -> Tensor:
    """Return which tokens of rows (n, longest) belong to their sentences: bool, the first `STOP` is the last."""
    ends = rows == STOP
    return ends.cumsum(1) - ends.long() == 0


def sentence(row: list[int]) -> list[int]:
    """Return the tokens of a row before its end."""
    return row[: row.index(STOP)] if STOP in row else row


def _joined(first: Tensor, second: Tensor) -> Tensor:
    width = max(first.shape[1], second.shape[1])
    return torch.cat([functional.pad(rows, (0, width - rows.shape[1]), value=STOP) for rows in (first, second)])


def load(path: Path) -> Translations:
    """Read a file that the fetch phase wrote.

    Raises:
        DataError: it is missing or not such a file.
    """
    dimensions = {"sources": 2, "targets": 2, "source_words": 1, "target_words": 1, "frequencies": 1, "length": 1}
    found = arrays(path, dimensions)
    sources, targets = (torch.from_numpy(found[name].astype(np.int64)) for name in ("sources", "targets"))
    unknown = np.flatnonzero(found["target_words"] == UNKNOWN)
    number = int(unknown[0]) if len(unknown) else -1
    words, length = len(found["source_words"]), int(found["length"][0])
    return Translations(sources, targets, words, found["frequencies"], length, number)


def noise(form: Form, count: int, device: torch.device) -> Translations:
    """Return one pair of the mean length, seen many times."""
    row = torch.ones(1, form.length, dtype=torch.int64, device=device)
    row[0, -1] = STOP
    rows, frequencies = row.expand(count, form.length), np.ones(form.outputs, np.int64)
    return Translations(rows, rows, form.shape[0], frequencies, form.length)

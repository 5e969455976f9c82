"""Rows of glyphs as tensors: the batches of an epoch, the loss of one, and what a network is measured by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from rlsearch import seeds
from rlsearch.config.task_models import TaskSettings
from rlsearch.data.kinds.base import Batch, Form, Resident
from rlsearch.measures import PERPLEXITY

MEASURED = 4096
"""Rows that are measured at a time."""


@dataclass(frozen=True)
class GlyphBatch(Batch):
    """Rows of one step, int64 (n, window + 1)."""

    rows: Tensor

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many they are."""
        return len(self.rows)

    def loss(self, model: nn.Module) -> tuple[Tensor, Tensor]:
        """Return the mean cross-entropy; perplexity needs no further sum."""
        found = functional.cross_entropy(model(self.rows[:, :-1]), self.rows[:, -1])
        return found, found.new_zeros(())


@dataclass(frozen=True)
class GlyphRows(Resident):
    """Rows int64 (n, window + 1) of so many different glyphs, on a device."""

    rows: Tensor
    glyphs: int

    @property
    def form(self) -> Form:
        """What a network has to know."""
        return Form((self.rows.shape[1] - 1,), self.glyphs)

    @property
    def device(self) -> torch.device:
        """Where the rows are."""
        return self.rows.device

    def __len__(self) -> int:
        return len(self.rows)

    def to(self, device: torch.device | str) -> GlyphRows:
        """Return the same on a device."""
        return GlyphRows(self.rows.to(device), self.glyphs)

    def joined(self, other: GlyphRows) -> GlyphRows:
        """Return these and those of another part."""
        if self.form != other.form:
            raise ValueError(f"cannot join {self.form} and {other.form}")
        return GlyphRows(torch.cat([self.rows, other.rows]), self.glyphs)

    def shuffled(self, seed: int) -> GlyphRows:
        """Return the glyphs to predict in another order, those before them as they are."""
        order = torch.from_numpy(seeds.generator("permuted-glyphs", seed).permutation(len(self)))
        return GlyphRows(torch.cat([self.rows[:, :-1], self.rows[order.to(self.device), -1:]], dim=1), self.glyphs)

    def inputs(self, count: int, task: TaskSettings) -> Tensor:
        """Return what the network sees of the first rows."""
        return self.rows[:count, :-1].cpu()

    def batches(self, task: TaskSettings, order: torch.Generator, augmentation: torch.Generator) -> Iterator[Batch]:
        """Yield all rows in an order of their own for each epoch."""
        for chosen in torch.randperm(len(self), generator=order).split(task.batch_size):
            yield GlyphBatch(self.rows[chosen.to(self.device)])

    def level(self, loss: float, score: float) -> float:
        """Return the perplexity."""
        return float(PERPLEXITY.level(loss))

    def measured(self, model: nn.Module, task: TaskSettings, *, thorough: bool = False) -> dict[str, float]:
        """Return the mean cross-entropy of a glyph."""
        total = sum(GlyphBatch(rows).loss(model)[0].double() * len(rows) for rows in self.rows.split(MEASURED))
        return {"loss": float(total) / len(self)}

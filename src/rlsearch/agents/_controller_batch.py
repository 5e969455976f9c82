"""Candidates of many runs: as they are drawn, and as they are learnt from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlsearch.policies.unroll import Unrolled


@dataclass(frozen=True)
class Sampled:
    """A draw: actions (runs, batch, decisions), padded with 0, their lengths and log-probabilities (runs, batch)."""

    actions: NDArray[np.int64]
    lengths: NDArray[np.int64]
    log_prob: Tensor


@dataclass(frozen=True)
class Candidates:
    """Candidates to follow: `actions` (runs, batch, decisions) and `lengths` (runs, batch).

    `temperature` is that of all of them, or of each (1 or runs, batch, 1).
    """

    actions: Tensor
    lengths: Tensor
    temperature: float | Tensor


@dataclass(frozen=True)
class Batch:
    """Candidates to learn from; tensors are (runs, batch) where nothing else is said.

    Attributes:
        reward: what they earned; credit: what is left of it, less baseline and so on.
        counted: 1.0 for those that are learnt from, else 0.0.
        before: log-probabilities of the decisions when the batch was drawn (runs, batch, decisions); None: not known.
    """

    candidates: Candidates
    reward: Tensor
    credit: Tensor
    counted: Tensor
    before: Tensor | None = None

    def since(self, walk: Unrolled) -> Batch:
        """Return the batch with the log-probabilities that its decisions have on a walk."""
        return replace(self, before=walk.log_prob.detach())

    def parts(self, size: int, generator: torch.Generator) -> Iterator[Batch]:
        """Yield its candidates `size` at a time, the last ones fewer, in an order drawn anew for each run."""
        order = torch.rand(self.reward.shape, generator=generator).argsort(1)
        for rows in order.split(size, dim=1):
            one, heat = self.candidates, self.candidates.temperature
            yield Batch(
                Candidates(
                    _taken(one.actions, rows),
                    _taken(one.lengths, rows),
                    _taken(heat, rows) if isinstance(heat, Tensor) else heat,
                ),
                _taken(self.reward, rows),
                _taken(self.credit, rows),
                _taken(self.counted, rows),
                None if self.before is None else _taken(self.before, rows),
            )


def _taken(values: Tensor, rows: Tensor) -> Tensor:
    """Return the rows (runs, some) of each run, of values (1 or runs, batch) or with a third dimension."""
    wide = rows if values.dim() == 2 else rows[..., None].expand(-1, -1, values.shape[2])
    return torch.gather(values.expand(len(rows), *values.shape[1:]), 1, wide)

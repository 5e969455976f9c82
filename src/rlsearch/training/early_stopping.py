"""Early stopping: the best moment of a training, and when waiting for a better one is over.

Goodfellow et al. 2016, algorithm 7.1, whose p is the patience.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn


@dataclass
class EarlyStopping:
    """Follows a training from moment to moment: its epochs, or its steps where these are chosen one by one.

    Attributes:
        patience: moments in a row without a better one after which a training ends; None: never.
        rank: of the best moment, by `Measure.key_of`; moment: its number, from 1; 0 before there is one.
        weights: what the network was then; None without patience, which alone goes back to them.
    """

    patience: int | None
    rank: float = -math.inf
    moment: int = 0
    weights: dict[str, Tensor] | None = None

    def note(self, rank: float, moment: int, model: nn.Module) -> None:
        """Take in how good a network is after a moment; of equal moments the first is the best."""
        if rank > self.rank:
            # A state dict shares the weights' memory, and training goes on.
            self.weights = copy.deepcopy(model.state_dict()) if self.patience is not None else None
            self.rank, self.moment = rank, moment

    def over(self, moment: int) -> bool:
        """Tell whether none of the last `patience` moments was better than the best before them."""
        return self.patience is not None and moment - self.moment >= self.patience

    def restore(self, model: nn.Module) -> None:
        """Put the weights of the best moment back; without patience the network stays as it is."""
        if self.weights is not None:
            model.load_state_dict(self.weights)

    def state(self) -> list[Any]:
        """Return what has been seen so far, for a checkpoint."""
        return [self.rank, self.moment, self.weights]

    def load(self, state: list[Any]) -> None:
        """Go on where `state` was taken."""
        self.rank, self.moment, self.weights = state

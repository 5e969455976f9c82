"""How far a child in training has come, and all of its state, as a checkpoint holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import nn

from rlsearch.training.early_stopping import EarlyStopping
from rlsearch.training.optimizers._making import optimizer_to
from rlsearch.training.scope import generator_states, set_generators


@dataclass
class Progressed:
    """How far a child has come: `curve` holds the training loss (nats) and level of the main measure of each epoch.

    `measured` holds what `after_epoch` returned, by epoch. All of this is of the present try; `restarts` tries before
    it, which were given up, took `given_up` epochs and samples.
    """

    epochs: int = 0
    samples: int = 0
    diverged: bool = False
    curve: list[tuple[float, float]] = field(default_factory=list)
    measured: dict[int, dict[str, float]] = field(default_factory=dict)
    restarts: int = 0
    given_up: tuple[int, int] = (0, 0)

    @property
    def spent(self) -> tuple[int, int]:
        """Epochs and samples of all tries."""
        return self.given_up[0] + self.epochs, self.given_up[1] + self.samples

    def again(self) -> Progressed:
        """Return the beginning of another try."""
        return Progressed(restarts=self.restarts + 1, given_up=self.spent)


@dataclass(frozen=True)
class InTraining:
    """The parts of a child whose states make up its own.

    Attributes:
        model, optimizer: of its present try; stopping: what it would go back to.
        generators: of the order of the samples and of what is done to them.
        device: of the model.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    stopping: EarlyStopping
    generators: tuple[torch.Generator, torch.Generator]
    device: torch.device

    def state(self, progress: Progressed) -> dict[str, Any]:
        """Return everything needed to go on, as tensors and plain values."""
        return {
            "progress": asdict(progress),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generators": [rng.get_state() for rng in self.generators],
            "global": generator_states(self.device),
            "best": self.stopping.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> Progressed:
        """Go on where `state` was taken, and return how far that was."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        optimizer_to(self.optimizer, self.device)
        self.stopping.load(state["best"])
        for rng, saved in zip(self.generators, state["generators"], strict=True):
            rng.set_state(saved)
        # Dropout draws from the global generators.
        set_generators(state["global"], self.device)
        return Progressed(**state["progress"])

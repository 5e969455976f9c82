"""One part of a dataset as tensors, and the batches of its epochs: what a kind of data gives to training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rlsearch.data.kinds._form import Form

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from rlsearch.config.task_models import TaskSettings


class Batch(ABC):
    """What one training step sees. A step of two passes asks twice, and must be answered alike.

    Attributes:
        size: samples in it, for means and for the cost.
    """

    size: int

    @abstractmethod
    def loss(self, model: nn.Module) -> tuple[Tensor, Tensor]:
        """Return the mean loss of a sample, which `backward` is called on, and a sum that `Resident.level` reads."""


class Resident(ABC):
    """One part of a dataset as tensors on a device."""

    @property
    @abstractmethod
    def form(self) -> Form:
        """What a network has to know of these samples."""

    @property
    def guessed(self) -> float:
        """What `Measure.chance` makes the level of a network on these samples of that has learned nothing.

        The probability that one answer, always the same and the best there is, is right; of samples with an answer for
        every token, the geometric mean of the probabilities that their frequencies give them (the unigram model).
        """
        return self.form.guessed

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """Where the tensors are."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of samples: images, tokens."""

    @abstractmethod
    def to(self, device: torch.device | str) -> Resident:
        """Return the same samples on a device."""

    @abstractmethod
    def joined(self, other: Any) -> Resident:
        """Return these samples and those of another part of the same dataset.

        Raises:
            ValueError: the two do not fit together.
        """

    @abstractmethod
    def shuffled(self, seed: int) -> Resident:
        """Return a null control: as many samples, the answers in an order drawn by name, so that none can be learnt."""

    @abstractmethod
    def inputs(self, count: int, task: TaskSettings) -> Tensor:
        """Return the first `count` samples on the CPU, as a network is given them in this task."""

    @abstractmethod
    def batches(self, task: TaskSettings, order: torch.Generator, augmentation: torch.Generator) -> Iterator[Batch]:
        """Yield the batches of one epoch, of `task.batch_size`; all that is random comes from the two CPU generators.

        The number of their samples is `Kind.epoch_samples`.
        """

    @abstractmethod
    def level(self, loss: float, score: float) -> float:
        """Return the level of the main measure, from the mean loss (nats) and the mean of `Batch.loss`'s sums."""

    @abstractmethod
    def measured(self, model: nn.Module, task: TaskSettings, *, thorough: bool = False) -> dict[str, float]:
        """Return what a network does on these samples: "loss" (nats) and what the main measure is made of.

        Args:
            model: in evaluation mode; no gradients are kept.
            task: how samples are prepared; they are never augmented here. Of `Kind.records`, what `task.record` names
                is measured as well.
            thorough: add what only a final network is asked for, which may take longer.
        """

"""The contract of a kind of data. A new one is a file in this folder that sets `KIND` to an object of its class.

A kind is what fetching, planning, training and reporting ask about data, so that none of them knows whether they are
images or text. These modules import torch inside functions only: settings are checked and data fetched without it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from rlsearch.data.kinds._form import Form as Form  # known from here, wherever it is defined
from rlsearch.measures import Measure

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from rlsearch.config.dataset_models import DatasetSettings
    from rlsearch.config.task_models import TaskSettings
    from rlsearch.data.sources.base import Extent, Source

Fault = tuple[str, str, Any]
"""A key of a dataset entry, what is wrong with it, and its value."""
Pictures = Sequence[tuple[str, "NDArray[np.uint8]"]]
"""Names, and what is to be seen under them: (n, height, width, 1 or 3), grey or RGB."""


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
        """The probability that one answer, always the same and the best there is, is right on these samples."""
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


class Kind(ABC):
    """One kind of data.

    Attributes:
        name: as `Source.KIND` and a network's `TAKES` have it.
        noun: what its samples are called, in the plural.
        measure: the main measure of a task on such data.
        augmentations: what a task's `augment` may name; sized: what it may name with a size behind it, "cutout-16".
        records: what else can be measured, by the name in a task's `record`; a number of each network that is kept
            with its outcome.
        form_keys: keys of the manifest that tell the form.
        card: keys of model.json by which `on_card` says how a network is built and fed.
    """

    name: ClassVar[str]
    noun: ClassVar[str]
    measure: ClassVar[Measure]
    augmentations: ClassVar[tuple[str, ...]] = ()
    sized: ClassVar[tuple[str, ...]] = ()
    records: ClassVar[Mapping[str, Measure]] = MappingProxyType({})
    form_keys: ClassVar[tuple[str, ...]]
    card: ClassVar[tuple[str, ...]]

    # From raw files to data/<dataset>/: numpy, no torch.

    @abstractmethod
    def split(self, raw: Any, settings: DatasetSettings) -> dict[str, Any]:
        """Return the parts "train", "validation" and "test" of what a source read; equal settings, equal parts.

        Raises:
            DataError: the data cannot be cut as the settings ask.
        """

    @abstractmethod
    def file(self, part: Any, raw: Any) -> bytes:
        """Return an .npz of one part whose bytes depend on the samples alone: `rlsearch.data.archive.npz` makes it."""

    @abstractmethod
    def about(self, raw: Any, parts: Mapping[str, Any], settings: DatasetSettings) -> dict[str, Any]:
        """Return what manifest.json says of the samples besides their counts; `form` has to be told from it."""

    @abstractmethod
    def remarks(self, manifest: Mapping[str, Any]) -> list[str]:
        """Return what a user should know, in sentences."""

    @abstractmethod
    def facts(self, manifest: Mapping[str, Any]) -> dict[str, str]:
        """Return what the report says of the data, by what it is about."""

    def pictures(self, path: Path, manifest: Mapping[str, Any], each: int, groups: int) -> Pictures | None:
        """Return the first samples of a part as they look; None where they do not look like anything.

        At most `each` of one group (of images: a class) and so many groups, from a file that `file` wrote: DataError
        where it is missing or not such a file.
        """
        return None

    # What is known of a dataset before and after it is fetched.

    @abstractmethod
    def cuts(self, settings: DatasetSettings, extent: Extent) -> tuple[int, int, int]:
        """Return the samples to train on, to validate on and to test on that `split` will find."""

    @abstractmethod
    def faults(self, settings: DatasetSettings, source: Source) -> Iterator[Fault]:
        """Yield what can be seen to be wrong with the cuts of an entry without reading the data."""

    @abstractmethod
    def imagined(self, extent: Extent) -> Form:
        """Return the form of a dataset that is not fetched yet; sizes may be assumed."""

    @abstractmethod
    def form(self, manifest: Mapping[str, Any]) -> Form:
        """Return the form of a dataset from its manifest."""

    @abstractmethod
    def form_of(self, path: Path) -> Form:
        """Return the form of a part from its file."""

    @abstractmethod
    def describe(self, form: Form) -> str:
        """Return a form in words."""

    @abstractmethod
    def stored_bytes(self, form: Form, count: int) -> int:
        """Return about how many bytes so many samples take in data/<dataset>/."""

    @abstractmethod
    def on_card(self, form: Form, task: TaskSettings) -> dict[str, Any]:
        """Return what model.json says of the form and of how samples are prepared: the keys of `card`."""

    @abstractmethod
    def form_on_card(self, card: Mapping[str, Any]) -> Form:
        """Return the form that `on_card` wrote down."""

    def largest(self, form: Form) -> int | None:
        """Return the largest size of an augmentation of such data that has one; None: any will do."""
        return None

    # Training. Only what is here may import torch.

    @abstractmethod
    def load(self, path: Path) -> Resident:
        """Read a file that `file` wrote, onto the CPU.

        Raises:
            DataError: it is missing or not such a file.
        """

    @abstractmethod
    def noise(self, form: Form, count: int, device: torch.device) -> Resident:
        """Return so many made-up samples, in little memory, to measure what training on them costs."""

    @abstractmethod
    def example(self, form: Form, count: int = 1) -> Tensor:
        """Return `count` samples of zeros as a network is given them; FLOPs are counted on one."""

    @abstractmethod
    def epoch_samples(self, form: Form, count: int, batch_size: int) -> int:
        """Return how many of `count` samples one epoch trains on."""

    def step_samples(self, form: Form, batch_size: int) -> int:
        """Return how many samples one step trains on."""
        return batch_size

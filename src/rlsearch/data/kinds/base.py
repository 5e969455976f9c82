"""The contract of a kind of data. A new one is a file in this folder that sets `KIND` to an object of its class.

A kind is what fetching, planning, training and reporting ask about data, so that none of them knows whether they are
images or text. These modules import torch inside functions only: settings are checked and data fetched without it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from rlsearch.data.kinds._form import Form as Form  # known from here, wherever they are defined
from rlsearch.data.kinds._graph import Graph as Graph
from rlsearch.data.kinds._resident import Batch as Batch
from rlsearch.data.kinds._resident import Resident as Resident
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


class Kind(ABC):
    """One kind of data.

    Attributes:
        name: as `Source.KIND` and a network's `TAKES` have it.
        noun: what its samples are called, in the plural.
        measure: the main measure of a task on such data.
        augmentations: what a task's `augment` may name; sized: what it may name with a size behind it, "cutout-16".
        windowed: whether samples are read in windows of `task.bptt`, so that a task may have that key.
        closed_loops: whether the recipe of a training on such data may be chosen while it goes on.
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
    windowed: ClassVar[bool] = False
    closed_loops: ClassVar[bool] = True
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

    def guessed(self, manifest: Mapping[str, Any]) -> float:
        """Return `Resident.guessed` of a dataset, from its manifest: of a guess among all answers, or better."""
        return self.form(manifest).guessed

    def answers(self, path: Path) -> dict[str, Any]:
        """Return what model.json says of the answers besides `on_card`, from a part's file: the words of a text."""
        return {}

    def state_on_card(self, build: Callable[[], nn.Module]) -> dict[str, Any]:
        """Return what model.json says of the state that a network hands on; `build` returns one, with any weights."""
        return {}

    def too_few(self, count: int, task: TaskSettings) -> str | None:
        """Return why a task cannot train on so many samples, and what would be enough; None where it can."""
        return None

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
    def example(self, form: Form, count: int = 1) -> Tensor | tuple[Tensor, ...]:
        """Return `count` samples of zeros as a network is given them; FLOPs are counted on one.

        Several tensors where a network's `forward` takes several.
        """

    def graph(self, model: nn.Module) -> Graph | None:
        """Return how a network, in eval mode, becomes a graph of tensors; None: from one `example` to its logits.

        Raises:
            RlsearchError: it cannot be one.
        """
        return None

    @abstractmethod
    def epoch_samples(self, form: Form, count: int, task: TaskSettings) -> int:
        """Return how many of `count` samples one epoch trains on, whatever is drawn in it."""

    def step_samples(self, form: Form, task: TaskSettings) -> int:
        """Return how many samples one step trains on; the last step of an epoch may have fewer."""
        return task.batch_size

"""Labelled images as tensors: resident on the device as uint8, augmented and scaled a batch at a time.

Images have the shape (n, channels, height, width) and lie in memory as channels-last, which convolutions want:
`images[index]` and everything below keep it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from rlsearch import seeds
from rlsearch.data.images import cutout
from rlsearch.data.images.parts import read_npz
from rlsearch.data.kinds._outputs import with_auxiliary
from rlsearch.data.kinds.base import Batch, Form, Resident

if TYPE_CHECKING:
    from rlsearch.config.task_models import TaskSettings

PADDING = 4
MEASURE_BATCH = 1024


@dataclass(frozen=True)
class ImageBatch(Batch):
    """Images uint8 (n, c, h, w), augmented already, with their labels (n,) and the way in which they are scaled.

    `hidden`, bool (n, 1, h, w): pixels that are 0 once the images are scaled.
    """

    images: Tensor
    labels: Tensor
    inputs: Literal["unit", "symmetric"]
    size: int
    hidden: Tensor | None = None

    def loss(self, model: nn.Module) -> tuple[Tensor, Tensor]:
        """Return the mean cross-entropy, with that of an auxiliary head, and the number of right answers."""
        seen = scale(self.images, self.inputs)
        outputs = model(seen if self.hidden is None else seen.masked_fill_(self.hidden, 0))
        loss, logits = with_auxiliary(outputs, lambda answers: functional.cross_entropy(answers, self.labels))
        return loss, (logits.detach().argmax(1) == self.labels).sum()


@dataclass(frozen=True)
class Split(Resident):
    """One part of a dataset: `images` uint8 (n, c, h, w), `labels` int64 (n,) in 0..classes-1."""

    images: Tensor
    labels: Tensor
    classes: int

    @property
    def form(self) -> Form:
        """(channels, height, width) and classes."""
        return Form(tuple(self.images.shape[1:]), self.classes)

    @property
    def guessed(self) -> float:
        """The share of the commonest class."""
        return torch.bincount(self.labels.cpu()).max().item() / len(self)

    @property
    def device(self) -> torch.device:
        """Where the images are."""
        return self.images.device

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> Split:
        """Return the split on a device."""
        return Split(self.images.to(device), self.labels.to(device), self.classes)

    def joined(self, other: Split) -> Split:
        """Return both splits as one, as retraining on train + validation needs.

        Raises:
            ValueError: they differ in image shape, number of classes or device.
        """
        if self.form != other.form:
            raise ValueError(f"cannot join {tuple(self.images.shape)} and {tuple(other.images.shape)}")
        images, labels = torch.cat([self.images, other.images]), torch.cat([self.labels, other.labels])
        return Split(images.contiguous(memory_format=torch.channels_last), labels, self.classes)

    def shuffled(self, seed: int) -> Split:
        """Return the split with its labels shuffled by name: a null control on which nothing can be learnt."""
        order = torch.from_numpy(seeds.generator("permuted-labels", seed).permutation(len(self)))
        return Split(self.images, self.labels[order.to(self.labels.device)], self.classes)

    def inputs(self, count: int, task: TaskSettings) -> Tensor:
        """Return the first images, scaled, float32."""
        return scale(self.images[:count].cpu(), task.inputs)

    def batches(
        self, task: TaskSettings, order: torch.Generator, augmentation: torch.Generator
    ) -> Iterator[ImageBatch]:
        """Yield the images in random order; a last batch of one is left out."""
        # Drawn on the CPU and moved, so that the order does not depend on the device.
        drawn = torch.randperm(len(self), generator=order).to(self.device)
        crop, holes = "crop-flip" in task.augment, cutout.sizes(task.augment)
        for number, index in enumerate(torch.split(drawn, task.batch_size)):
            if len(index) == 1 and number:
                break  # batch normalisation has no variance to divide by in a batch of one
            images = self.images[index]
            images = crop_flip(images, augmentation) if crop else images
            hidden = cutout.hidden(images, holes, augmentation) if holes else None
            yield ImageBatch(images, self.labels[index], task.inputs, len(index), hidden)

    def level(self, loss: float, score: float) -> float:
        """Return the share of right answers, 0 to 1."""
        return score

    def measured(self, model: nn.Module, task: TaskSettings, *, thorough: bool = False) -> dict[str, float]:
        """Return {"accuracy": 0..1, "loss": mean cross-entropy in nats}.

        Args:
            model: in evaluation mode.
            task: how images are scaled. Its record `one-class` adds "one_class": 1 where one class alone is answered.
            thorough: add "macro_f1", "macro_precision" and "macro_recall", 0..1.
        """
        loss_sum = torch.zeros((), device=self.device)
        correct = torch.zeros((), device=self.device)
        predicted = []
        for images, labels in zip(
            *(torch.split(part, MEASURE_BATCH) for part in (self.images, self.labels)), strict=True
        ):
            # Under autocast logits are bfloat16, too coarse for a loss.
            logits = model(scale(images, task.inputs)).float()
            # A sum, divided once at the end: the last batch may be smaller.
            loss_sum += functional.cross_entropy(logits, labels, reduction="sum")
            predicted.append(logits.argmax(1))
            correct += (predicted[-1] == labels).sum()
        answers = torch.cat(predicted)
        metrics = {"accuracy": correct.item() / len(self), "loss": loss_sum.item() / len(self)}
        if "one-class" in task.record:
            metrics["one_class"] = float((answers == answers[0]).all())
        return {**metrics, **(macro(self.labels, answers) if thorough else {})}


def macro(labels: Tensor, predicted: Tensor) -> dict[str, float]:
    """Return macro F1, precision and recall of predicted classes (n,) int64, beside the true ones.

    Macro: the plain mean over the classes that occur among labels or predictions, whatever their sizes; a class that
    is never predicted has precision 0. Where all classes are equally frequent, macro recall is the accuracy.
    """
    # Here, since it takes a second that most children need not spend.
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        labels.cpu().numpy(), predicted.cpu().numpy(), average="macro", zero_division=0
    )
    return {"macro_f1": float(f1), "macro_precision": float(precision), "macro_recall": float(recall)}


def load_split(path: Path) -> Split:
    """Read one file that the fetch phase wrote.

    Raises:
        DataError: it is missing or not such a file.
    """
    part, classes = read_npz(path)
    images = torch.from_numpy(part.images).contiguous(memory_format=torch.channels_last)
    return Split(images, torch.from_numpy(part.labels), classes)


def noise(form: Form, count: int, device: torch.device) -> Split:
    """Return so many times one image of noise, with labels in turn."""
    pixels = seeds.generator("calibrate").integers(0, 256, (1, *form.shape), dtype="uint8")
    image = torch.from_numpy(pixels).contiguous(memory_format=torch.channels_last).to(device)
    labels = torch.arange(count, device=device) % form.outputs
    return Split(image.expand(count, *form.shape), labels, form.outputs)


def scale(images: Tensor, inputs: Literal["unit", "symmetric"], dtype: torch.dtype = torch.float32) -> Tensor:
    """Turn pixels 0..255 into network inputs: "unit" = [0, 1], "symmetric" = [-1, 1] (mean and sd 0.5).

    Computed in float32, then cast: bfloat16 cannot hold 256 steps of [-1, 1].
    """
    factor, shift = (1 / 127.5, 1.0) if inputs == "symmetric" else (1 / 255, 0.0)
    # A copy, so that the operations in place cannot reach the caller's images.
    floats = images.to(torch.float32, memory_format=torch.channels_last, copy=True).mul_(factor)
    return (floats.sub_(shift) if shift else floats).to(dtype)


def crop_flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Crop each image at random out of a copy with a black border of 4 pixels, and mirror one in two.

    The usual augmentation of CIFAR-10 (He et al. 2016, section 4.2), for the whole batch at once.

    Args:
        images: (n, c, h, w), pixels of any type where 0 is black; before `scale`.
        generator: all randomness; with a CPU generator the result does not depend on the images' device.

    Returns:
        The same shape, type and device, channels-last.
    """
    count, channels, height, width = images.shape
    tall, wide = height + 2 * PADDING, width + 2 * PADDING
    padded = images.new_zeros((count, tall, wide, channels))
    padded[:, PADDING:-PADDING, PADDING:-PADDING] = images.permute(0, 2, 3, 1)
    index = _pixel_index(count, (height, width), (tall, wide), generator).to(images.device)
    # One gather of whole pixels is 2 to 3 times as fast as indexing with three index tensors.
    pixels = padded.view(-1, channels).index_select(0, index)
    return pixels.view(count, height, width, channels).permute(0, 3, 1, 2)


def _pixel_index(count: int, size: tuple[int, int], padded: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Return, for every pixel of the result, its position in the flattened padded images, int64 (count * h * w,)."""
    device = generator.device
    # + 1, since `randint` excludes its upper end: all 9 x 9 positions can be drawn.
    corner = torch.randint(0, 2 * PADDING + 1, (2, count, 1), generator=generator, device=device)
    mirrored = torch.randint(0, 2, (count, 1), generator=generator, device=device).bool()
    across = torch.arange(size[1], device=device)
    rows = corner[0] + torch.arange(size[0], device=device)
    columns = corner[1] + torch.where(mirrored, across.flip(0), across)
    images = torch.arange(count, device=device).view(-1, 1, 1) * padded[0]
    return ((images + rows[:, :, None]) * padded[1] + columns[:, None, :]).view(-1)

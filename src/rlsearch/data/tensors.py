"""Datasets as tensors: resident on the device as uint8, augmented and scaled a batch at a time.

Images have the shape (n, channels, height, width) and lie in memory as channels-last, which convolutions want:
`images[index]` and everything below keep it.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from rlsearch import seeds
from rlsearch.errors import DataError

PADDING = 4


@dataclass(frozen=True)
class Split:
    """One part of a dataset: `images` uint8 (n, c, h, w), `labels` int64 (n,) in 0..classes-1."""

    images: Tensor
    labels: Tensor
    classes: int

    def to(self, device: torch.device | str) -> Split:
        """Return the split on a device."""
        return Split(self.images.to(device), self.labels.to(device), self.classes)

    def __len__(self) -> int:
        return len(self.labels)


def load(folder: Path, splits: Sequence[str]) -> dict[str, Split]:
    """Read the named splits ("train", "validation", "test") of a fetched dataset, and no other file."""
    return {name: load_split(folder / f"{name}.npz") for name in splits}


BROKEN = (
    *(OSError, EOFError, LookupError, TypeError, ValueError, AttributeError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
"""What reading a damaged npz file may raise: each was seen with one bit flipped, or the file cut short."""


def load_split(path: Path) -> Split:
    """Read one file that the fetch phase wrote.

    Raises:
        DataError: it is missing or not such a file.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            images, labels = torch.from_numpy(file["images"]), torch.from_numpy(file["labels"])
            classes = int(file["classes"])
    except BROKEN as error:
        raise DataError(
            f"cannot read a split: {error}", where=str(path), remedy="delete the folder and fetch the dataset again"
        ) from None
    return Split(images.contiguous(memory_format=torch.channels_last), labels, classes)


def concatenate(first: Split, second: Split) -> Split:
    """Return both splits as one, as retraining on train + validation needs.

    Raises:
        ValueError: they differ in image shape, number of classes or device.
    """
    if first.images.shape[1:] != second.images.shape[1:] or first.classes != second.classes:
        raise ValueError(f"cannot join {tuple(first.images.shape)} and {tuple(second.images.shape)}")
    images, labels = torch.cat([first.images, second.images]), torch.cat([first.labels, second.labels])
    return Split(images.contiguous(memory_format=torch.channels_last), labels, first.classes)


def permute_labels(split: Split, seed: int) -> Split:
    """Return the split with its labels shuffled by name: a null control on which nothing can be learnt."""
    order = torch.from_numpy(seeds.generator("permuted-labels", seed).permutation(len(split)))
    return Split(split.images, split.labels[order.to(split.labels.device)], split.classes)


def scale(images: Tensor, inputs: Literal["unit", "symmetric"], dtype: torch.dtype = torch.float32) -> Tensor:
    """Turn pixels 0..255 into network inputs: "unit" = [0, 1], "symmetric" = [-1, 1] (mean and sd 0.5).

    Computed in float32, then cast: bfloat16 cannot hold 256 steps of [-1, 1].
    """
    factor, shift = (1 / 127.5, 1.0) if inputs == "symmetric" else (1 / 255, 0.0)
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
    corner = torch.randint(0, 2 * PADDING + 1, (2, count, 1), generator=generator, device=device)
    mirrored = torch.randint(0, 2, (count, 1), generator=generator, device=device).bool()
    across = torch.arange(size[1], device=device)
    rows = corner[0] + torch.arange(size[0], device=device)
    columns = corner[1] + torch.where(mirrored, across.flip(0), across)
    images = torch.arange(count, device=device).view(-1, 1, 1) * padded[0]
    return ((images + rows[:, :, None]) * padded[1] + columns[:, None, :]).view(-1)

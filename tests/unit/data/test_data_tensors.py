"""Tensors: loading, joining, scaling, the batched augmentation, permuted labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rlsearch.data.images.parts import Part, npz_bytes
from rlsearch.data.images.tensors import PADDING, Split, crop_flip, load_split, scale
from rlsearch.errors import DataError

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def random_images(count: int, channels: int = 3, height: int = 6, width: int = 5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(1, 256, (count, channels, height, width), generator=generator, dtype=torch.uint8)


def save(path: Path, count: int, seed: int = 0) -> Part:
    random = np.random.default_rng(seed)
    part = Part(random.integers(0, 256, (count, 3, 6, 5), dtype=np.uint8), random.integers(0, 4, count))
    path.write_bytes(npz_bytes(part, 4))
    return part


def test_a_split_is_read_as_it_was_written(tmp_path: Path) -> None:
    part = save(tmp_path / "train.npz", 7)
    split = load_split(tmp_path / "train.npz")
    np.testing.assert_array_equal(split.images.numpy(), part.images)
    np.testing.assert_array_equal(split.labels.numpy(), part.labels)
    assert split.images.dtype == torch.uint8 and split.labels.dtype == torch.int64 and split.classes == 4
    assert split.images[torch.tensor([3, 1])].is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("content", [None, b"", b"text", b"PK\x03\x04 cut off"])
def test_a_missing_or_broken_split_is_a_data_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "train.npz").write_bytes(content)
    with pytest.raises(DataError, match="cannot read a split"):
        load_split(tmp_path / "train.npz")


def test_joining_keeps_order_and_layout() -> None:
    first = Split(random_images(3), torch.tensor([0, 1, 2]), 3)
    second = Split(random_images(2).flip(0), torch.tensor([2, 0]), 3)
    both = first.joined(second)
    assert len(both) == 5 and both.labels.tolist() == [0, 1, 2, 2, 0]
    assert torch.equal(both.images[3:], second.images)
    assert both.images.is_contiguous(memory_format=torch.channels_last)
    with pytest.raises(ValueError, match="cannot join"):
        first.joined(Split(random_images(2, channels=1), second.labels, 3))


@pytest.mark.parametrize(("inputs", "low"), [("unit", 0.0), ("symmetric", -1.0)])
def test_scale_covers_the_range_exactly(inputs: str, low: float) -> None:
    images = torch.arange(256, dtype=torch.uint8).repeat(3).view(1, 3, 16, 16)
    before = images.clone()
    scaled = scale(images, inputs)  # type: ignore[arg-type]
    assert scaled.dtype == torch.float32 and scaled.is_contiguous(memory_format=torch.channels_last)
    assert scaled.min().item() == pytest.approx(low, abs=1e-6) and scaled.max().item() == pytest.approx(1.0, abs=1e-6)
    assert torch.equal(images, before)
    floats = images.float().contiguous(memory_format=torch.channels_last)
    assert torch.equal(scale(floats, inputs), scaled)  # type: ignore[arg-type]
    assert torch.equal(floats, before.float())
    assert torch.equal(scale(images, inputs, torch.bfloat16), scaled.bfloat16())  # type: ignore[arg-type]


def reference(images: torch.Tensor, results: torch.Tensor) -> list[tuple[int, int, bool]]:
    """Find, image by image, the crop and flip that explain each result."""
    found = []
    for image, result in zip(images, results, strict=True):
        height, width = image.shape[1:]
        padded = torch.nn.functional.pad(image, (PADDING,) * 4)
        matches = [
            (top, left, mirrored)
            for top in range(2 * PADDING + 1)
            for left in range(2 * PADDING + 1)
            for mirrored in (False, True)
            for crop in [padded[:, top : top + height, left : left + width]]
            if torch.equal(crop.flip(2) if mirrored else crop, result)
        ]
        assert matches
        found.append(matches[0])
    return found


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_every_result_is_a_crop_of_its_own_image(device: str, dtype: torch.dtype) -> None:
    images = random_images(200).to(dtype)
    results = crop_flip(images.to(device), torch.Generator().manual_seed(1))
    assert results.shape == images.shape and results.dtype == dtype and results.device.type == device
    assert results.is_contiguous(memory_format=torch.channels_last)
    tops, lefts, mirrored = zip(*reference(images, results.cpu()), strict=True)
    assert set(tops) == set(lefts) == set(range(2 * PADDING + 1))
    assert 60 < sum(mirrored) < 140


@pytest.mark.parametrize("device", DEVICES)
def test_the_generator_decides_the_augmentation(device: str) -> None:
    images = random_images(20, channels=1)

    def augment(seed: int, batch: torch.Tensor) -> torch.Tensor:
        return crop_flip(batch, torch.Generator().manual_seed(seed)).cpu()

    assert torch.equal(augment(1, images), augment(1, images.to(device)))
    assert not torch.equal(augment(1, images), augment(2, images))
    channels_last = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(augment(1, images), augment(1, channels_last))


def test_permuted_labels_keep_images_and_counts() -> None:
    split = Split(random_images(60), torch.arange(60) % 3, 3)
    permuted = split.shuffled(5)
    assert permuted.images is split.images
    assert torch.equal(permuted.labels.bincount(), split.labels.bincount())
    assert 5 < (permuted.labels == split.labels).sum() < 40
    assert torch.equal(permuted.labels, split.shuffled(5).labels)
    assert not torch.equal(permuted.labels, split.shuffled(6).labels)

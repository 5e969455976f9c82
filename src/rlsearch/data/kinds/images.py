"""Labelled images: networks map (n, channels, height, width) to logits of classes and are measured by accuracy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rlsearch.data.images import cuts, duplicates
from rlsearch.data.images.parts import Part, Raw, first_of_each, npz_bytes
from rlsearch.data.images.split import split
from rlsearch.data.kinds.base import Fault, Form, Kind, Pictures
from rlsearch.measures import ACCURACY, ONE_CLASS, Measure

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from rlsearch.config.dataset_models import DatasetSettings
    from rlsearch.config.task_models import TaskSettings
    from rlsearch.data.images.tensors import Split
    from rlsearch.data.sources.base import Extent, Source

ASSUMED_CLASSES = 10
"""Until a dataset is fetched: a source knows its size, not its labels. Only the last layer depends on it."""

PIXELS = {"unit": (0.0, 1.0), "symmetric": (-1.0, 1.0)}
"""What the pixels 0 and 255 become under a task's `inputs`; all others lie between them in proportion."""


class LabelledImages(Kind):
    """Images of one size, each of one class."""

    name: ClassVar[str] = "images"
    noun: ClassVar[str] = "images"
    measure: ClassVar[Measure] = ACCURACY
    augmentations: ClassVar[tuple[str, ...]] = ("crop-flip",)
    sized: ClassVar[tuple[str, ...]] = ("cutout",)
    records: ClassVar[Mapping[str, Measure]] = {"one-class": ONE_CLASS}
    form_keys: ClassVar[tuple[str, ...]] = ("shape", "classes")
    card: ClassVar[tuple[str, ...]] = ("input_shape", "classes", "inputs")

    def split(self, raw: Raw, settings: DatasetSettings) -> dict[str, Part]:
        """Cut stratified by label; all copies of a picture stay on one side."""
        return split(raw, settings)

    def file(self, part: Part, raw: Raw) -> bytes:
        """Return `images`, `labels` and `classes`."""
        return npz_bytes(part, raw.classes)

    def about(self, raw: Raw, parts: Mapping[str, Part], settings: DatasetSettings) -> dict[str, Any]:
        """Return shape, classes, how often each occurs, and duplicates."""
        counts = {name: np.bincount(part.labels, minlength=raw.classes).tolist() for name, part in parts.items()}
        return {
            "shape": list(parts["train"].images.shape[1:]),
            "classes": raw.classes,
            "class_names": list(raw.class_names) or None,
            "class_counts": counts,
            "duplicates": duplicates.count(parts, copied=settings.validation == "published-test"),
        }

    def remarks(self, manifest: Mapping[str, Any]) -> list[str]:
        """Return what is said of duplicates."""
        return duplicates.remarks(manifest["duplicates"])

    def facts(self, manifest: Mapping[str, Any]) -> dict[str, str]:
        """Return the numbers of images and which class is which number."""
        names = manifest.get("class_names")
        listed = ", ".join(f"{number} = {name}" for number, name in enumerate(names or ()))
        counts = ", ".join(f"{manifest['counts'][name]} {name}" for name in ("train", "validation", "test"))
        return {"images": counts, "classes": listed or f"{manifest['classes']}, numbered from 0 without names"}

    def pictures(self, path: Path, manifest: Mapping[str, Any], each: int, groups: int) -> Pictures:
        """Return the first images of each class, under its name or number."""
        names = manifest.get("class_names") or list(map(str, range(manifest["classes"])))
        return list(zip(names, first_of_each(path, each, range(min(groups, len(names)))), strict=False))

    def cuts(self, settings: DatasetSettings, extent: Extent) -> tuple[int, int, int]:
        """Return the images of each part; copies, which stay together, can move a few more to one side."""
        return cuts.cuts(settings, extent.train, extent.test, extent.validation)

    def faults(self, settings: DatasetSettings, source: Source) -> Iterator[Fault]:
        """Yield parts that could not hold every class."""
        return cuts.faults(settings, source)

    def imagined(self, extent: Extent) -> Form:
        """Return square images of one or three channels; of the same area where they are not square."""
        side, pixels = math.isqrt(extent.sample_bytes), extent.sample_bytes
        if side * side == pixels or pixels % 3:
            return Form((1, side, math.ceil(pixels / side)), ASSUMED_CLASSES)
        side = math.isqrt(pixels // 3)
        return Form((3, side, math.ceil(pixels / 3 / side)), ASSUMED_CLASSES)

    def form(self, manifest: Mapping[str, Any]) -> Form:
        """Return shape and classes."""
        return Form(tuple(manifest["shape"]), int(manifest["classes"]))

    def form_of(self, path: Path) -> Form:
        """Return shape and classes."""
        with np.load(path, allow_pickle=False) as file:
            return Form(tuple(file["images"].shape[1:]), int(file["classes"]))

    def describe(self, form: Form) -> str:
        """Return e.g. "images of 1x8x8, 10 classes"."""
        return f"images of {'x'.join(map(str, form.shape))}, {form.outputs} classes"

    def stored_bytes(self, form: Form, count: int) -> int:
        """Return the bytes of uint8 images and int64 labels."""
        return count * (math.prod(form.shape) + 8)

    def on_card(self, form: Form, task: TaskSettings) -> dict[str, Any]:
        """Return shape, classes and what pixels become."""
        low, high = PIXELS[task.inputs]
        return {
            "input_shape": list(form.shape),
            "classes": form.outputs,
            "inputs": {"scaling": task.inputs, "pixel_0": low, "pixel_255": high},
        }

    def form_on_card(self, card: Mapping[str, Any]) -> Form:
        """Return shape and classes."""
        return Form(tuple(card["input_shape"]), int(card["classes"]))

    def largest(self, form: Form) -> int:
        """Return the shorter side: a larger square would hide whole images."""
        return min(form.shape[1:])

    def load(self, path: Path) -> Split:
        """Read images and labels."""
        from rlsearch.data.images.tensors import load_split

        return load_split(path)

    def noise(self, form: Form, count: int, device: torch.device) -> Split:
        """Return one image of noise, seen many times, so that a large dataset takes no memory."""
        from rlsearch.data.images.tensors import noise

        return noise(form, count, device)

    def example(self, form: Form, count: int = 1) -> Tensor:
        """Return black images."""
        import torch

        return torch.zeros(count, *form.shape)

    def epoch_samples(self, form: Form, count: int, task: TaskSettings) -> int:
        """Return all but a last batch of one image, which batch normalisation has no variance for."""
        # What `Split.batches` does, worked out without the data: costs are known before they are fetched.
        return count - (1 if count % task.batch_size == 1 and count > 1 else 0)


KIND = LabelledImages()

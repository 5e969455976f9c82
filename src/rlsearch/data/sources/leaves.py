"""Leaves: made-up grey images of up to 64x64 pixels, leaf or no leaf, as a garden robot sees the ground."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from rlsearch import seeds
from rlsearch.config.base import LARGEST, Share
from rlsearch.config.dataset_models import DatasetSettings
from rlsearch.data.images.parts import Part, Raw
from rlsearch.data.sources._leaves_drawing import block_means, picture
from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.store import RawStore

CLASSES = ("no leaf", "leaf")


class LeavesSettings(DatasetSettings):
    """Settings of `leaves`; `test` is the share held out first, by default that of the published study.

    Attributes:
        size: side of the images; a smaller one than 64 takes means of blocks.
        rotate: whether leaves lie at any angle. The published generator computed the angle and drew all of them level.
        seed: another one makes other images; the first n are the same however many there are.
    """

    source: Literal["leaves"] = "leaves"
    images: Annotated[int, Field(ge=50, le=100_000)] = 4000
    size: Literal[4, 8, 16, 32, 64] = 64
    rotate: bool = True
    seed: Annotated[int, Field(ge=0, le=LARGEST)] = 0
    test: Share = 0.3

    @property
    def test_share(self) -> float:
        """The share of the images held out first."""
        return self.test

    @property
    def drawn_from(self) -> str:
        """The images of a seed: one without a leaf is the same at any angle, and however many there are."""
        return f"the images of seed {self.seed}"


class Leaves(Source):
    """The dataset of Salvucci (2025, case study on MetaQNN and NASNet), drawn by rules of our own.

    The published study drew with Pillow, whose polygons differ between versions. What shows how it drew (numbers,
    sizes, greys) is kept; where a pixel begins (`_leaves_shapes`) and where shapes lie are choices of this source.
    """

    OUTPUTS: ClassVar[int | None] = 2
    settings: LeavesSettings

    def read(self, store: RawStore) -> Raw:
        """Return the images, shape (images, 1, size, size), drawn anew; the store is not used."""
        ask = self.settings
        images = np.empty((ask.images, 1, ask.size, ask.size), np.uint8)
        labels = np.empty(ask.images, np.int64)
        for number in range(ask.images):
            pixels, labels[number] = picture(seeds.generator("leaves", ask.seed, number), turned=ask.rotate)
            images[number, 0] = block_means(pixels, ask.size)
        return Raw(Part(images, labels), None, len(CLASSES), class_names=CLASSES)

    def extent(self) -> Extent:
        """Return the size that the settings ask for."""
        return Extent(self.settings.images, 0, self.settings.size**2)


SETTINGS, SOURCE = LeavesSettings, Leaves
TEST_SETTINGS = {"images": 200, "size": 8}

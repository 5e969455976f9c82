"""scikit-learn's handwritten digits: 1,797 grey images of 8x8 pixels, 10 classes, part of the package."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from rlsearch.config.base import Share
from rlsearch.config.dataset_models import DatasetSettings
from rlsearch.data.images.parts import Part, Raw
from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.store import RawStore


class DigitsSettings(DatasetSettings):
    """Settings of `digits`: `test` is the share of the images held out first."""

    source: Literal["digits"] = "digits"
    test: Annotated[Share, Field(description="the share to hold out (0.2): the source has no test set of its own")]

    @property
    def test_share(self) -> float:
        """The share of the images held out first."""
        return self.test

    @property
    def drawn_from(self) -> str:
        """The package's only such images."""
        return "scikit-learn's digits"


class Digits(Source):
    """Pixel values 0..16 are spread over 0..255, so that every dataset has the same range."""

    OUTPUTS: ClassVar[int | None] = 10

    def read(self, store: RawStore) -> Raw:
        """Return the images, shape (1797, 1, 8, 8); the store is not used."""
        from sklearn.datasets import load_digits  # a second of import time that other sources need not pay

        digits = load_digits()
        # Rounded, not cut: 255/16 is no whole number.
        images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[:, None]
        return Raw(Part(images, digits.target.astype(np.int64)), None, 10, class_names=tuple("0123456789"))

    def extent(self) -> Extent:
        """Return the known size."""
        return Extent(1797, 0, 64)


SETTINGS = DigitsSettings
SOURCE = Digits

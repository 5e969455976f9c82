"""scikit-learn's handwritten digits: 1,797 grey images of 8x8 pixels, 10 classes, part of the package."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from rlsearch.data.sources.base import Extent, Part, Raw, Source
from rlsearch.data.store import RawStore


class Digits(Source):
    """Pixel values 0..16 are spread over 0..255, so that every dataset has the same range."""

    HAS_TEST: ClassVar[bool | None] = False
    CLASSES: ClassVar[int | None] = 10

    def read(self, store: RawStore) -> Raw:
        """Return the images, shape (1797, 1, 8, 8); the store is not used."""
        from sklearn.datasets import load_digits  # a second of import time that other sources need not pay

        digits = load_digits()
        images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[:, None]
        return Raw(Part(images, digits.target.astype(np.int64)), None, 10, class_names=tuple("0123456789"))

    def extent(self) -> Extent:
        """Return the known size."""
        return Extent(1797, 0, 64)


SOURCE = Digits

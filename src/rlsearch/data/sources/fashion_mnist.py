"""Fashion-MNIST (Xiao, Rasul & Vollgraf 2017, arXiv 1708.07747): 60,000 + 10,000 grey 28x28 images, 10 classes; MIT."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from pathlib import Path
from typing import ClassVar

import numpy as np

from rlsearch.config.dataset_models import DatasetSettings
from rlsearch.data.images.parts import Part, Raw
from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.store import RawFile, RawStore
from rlsearch.errors import DataError
from rlsearch.files import naming

# What unpacking and torchvision's reader raise on content that is no idx file.
_DAMAGE = (gzip.BadGzipFile, EOFError, zlib.error, AssertionError, KeyError, TypeError, ValueError, RuntimeError)

NAMES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
URL = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"


def _file(name: str, md5: str, size: int) -> RawFile:
    return RawFile(f"fashion-mnist/{name}", md5, size, url=URL + name)


class FashionMnist(Source):
    """The four official idx files, read by torchvision's own reader."""

    OUTPUTS: ClassVar[int | None] = 10
    FILES: ClassVar[tuple[RawFile, ...]] = (
        _file("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
        _file("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe", 29_515),
        _file("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79", 4_422_102),
        _file("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310", 5_148),
    )

    def read(self, store: RawStore) -> Raw:
        """Return the published training and test sets, images (n, 1, 28, 28)."""
        store.obtain(self.FILES)
        train_images, train_labels, test_images, test_labels = (_read_idx(store, file) for file in self.FILES)
        train = Part(train_images[:, None].astype(np.uint8), train_labels.astype(np.int64))
        test = Part(test_images[:, None].astype(np.uint8), test_labels.astype(np.int64))
        return Raw(train, test, 10, class_names=NAMES)

    def extent(self) -> Extent:
        """Return the known size."""
        return Extent(60_000, 10_000, 28 * 28)


def _read_idx(store: RawStore, file: RawFile) -> np.ndarray:
    """Unpack one file for torchvision, whose reader takes plain files only."""
    from torchvision.datasets.mnist import read_image_file, read_label_file

    read = read_image_file if "images" in file.path else read_label_file
    content = store.read(file)
    try:
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "plain"
            unpacked = gzip.decompress(content)
            with naming(plain):
                plain.write_bytes(unpacked)
            return np.asarray(read(str(plain)).numpy())
    except _DAMAGE as error:
        raise DataError(f"{file.path} is not a gzipped idx file: {error}", remedy="use the official files") from None


SETTINGS = DatasetSettings
SOURCE = FashionMnist

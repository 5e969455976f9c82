"""CIFAR-10 (Krizhevsky 2009): 50,000 + 10,000 colour images of 32x32 pixels, 10 classes."""

from __future__ import annotations

import io
import pickle
from typing import Any, ClassVar

import numpy as np

from rlsearch.config.dataset_models import DatasetSettings
from rlsearch.data.images.parts import Part, Raw
from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.store import RawFile, RawStore
from rlsearch.errors import DataError

ARCHIVE = RawFile(
    "cifar-10/cifar-10-python.tar.gz",
    "c58f30108f718f92721af3b95e74349a",
    170_498_071,
    url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
)
FOLDER = "cifar-10/cifar-10-batches-py"
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

_ALLOWED: dict[tuple[str, str], Any] = {
    # What NumPy itself names as an array's rebuilder: its module moved between versions.
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


# What unpickling and the checks after it raise on content that is no batch.
_DAMAGE = (pickle.PickleError, EOFError, LookupError, TypeError, ValueError, AttributeError, ImportError, OverflowError)


def _batch(name: str, md5: str, size: int) -> RawFile:
    return RawFile(f"{FOLDER}/{name}", md5, size, archive=ARCHIVE)


class Cifar10(Source):
    """The six official pickled batches, by a reader that can build nothing but arrays."""

    OUTPUTS: ClassVar[int | None] = 10
    FILES: ClassVar[tuple[RawFile, ...]] = (
        _batch("data_batch_1", "c99cafc152244af753f735de768cd75f", 31_035_704),
        _batch("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec", 31_035_320),
        _batch("data_batch_3", "54ebc095f3ab1f0389bbae665268c751", 31_035_999),
        _batch("data_batch_4", "634d18415352ddfa80567beed471001a", 31_035_696),
        _batch("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb", 31_035_623),
        _batch("test_batch", "40351d587109b95175f43aff81a1287e", 31_035_526),
    )

    def read(self, store: RawStore) -> Raw:
        """Return the published training and test sets, images (n, 3, 32, 32) in RGB."""
        store.obtain(self.FILES)
        *batches, test = (read_batch(store.read(file), file.path) for file in self.FILES)
        images = np.concatenate([batch.images for batch in batches])
        return Raw(Part(images, np.concatenate([batch.labels for batch in batches])), test, 10, class_names=NAMES)

    def extent(self) -> Extent:
        """Return the known size."""
        return Extent(50_000, 10_000, 3 * 32 * 32)


class _ArrayUnpickler(pickle.Unpickler):
    """Refuses every global but the three that rebuild a NumPy array; the batches were pickled by Python 2."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a CIFAR-10 batch") from None


def read_batch(content: bytes, where: str) -> Part:
    """Decode one pickled batch: `data` uint8 (n, 3072), red, green and blue planes, and `labels`.

    Raises:
        DataError: the pickle asks for anything but NumPy arrays, or does not hold a batch.
    """
    try:
        # Strings of Python 2 were bytes, the arrays' contents among them, which the default (ASCII) cannot decode.
        batch = _ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
        images = np.asarray(batch[b"data"]).reshape(-1, 3, 32, 32)
        labels = np.asarray(batch[b"labels"])
        if images.dtype != np.uint8 or labels.dtype.kind != "i" or len(images) != len(labels):
            raise ValueError(f"data {images.dtype} {images.shape}, labels {labels.dtype} {labels.shape}")
    except _DAMAGE as error:
        raise DataError(
            f"not a CIFAR-10 batch: {error}",
            where=where,
            allowed="the official python version of CIFAR-10",
            remedy="delete the file, so that it is downloaded again",
        ) from None
    return Part(images, labels.astype(np.int64))


SETTINGS = DatasetSettings
SOURCE = Cifar10

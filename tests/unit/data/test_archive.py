"""Archives of arrays: what is written is read, in the same bytes on every Python."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import Any

import numpy as np
import pytest

from rlsearch.data.archive import npz

ARRAYS: dict[str, Any] = {
    "images": np.arange(60, dtype=np.uint8).reshape(3, 4, 5),
    "labels": np.array([2, 0, 1]),
    "classes": np.int64(3),
    "seconds": 1.5,
    "columns": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
}


@pytest.mark.parametrize("compressed", [False, True])
def test_numpy_reads_what_was_written(compressed: bool) -> None:
    read = np.load(io.BytesIO(npz(ARRAYS, compressed=compressed)), allow_pickle=False)
    assert list(read) == list(ARRAYS)
    for name, array in ARRAYS.items():
        expected = np.asanyarray(array)
        assert read[name].dtype == expected.dtype and read[name].shape == expected.shape
        assert np.array_equal(read[name], expected)


def test_the_bytes_are_these_on_every_python() -> None:
    assert hashlib.sha256(npz(ARRAYS)).hexdigest() == "69e74b884daebf0c49db3c87adca907fedcea1b9d8a1576b98e5c5b5190bd325"


def test_compression_is_used() -> None:
    plain, small = npz({"zeros": np.zeros(10_000)}), npz({"zeros": np.zeros(10_000)}, compressed=True)
    assert len(small) < len(plain) / 50
    assert zipfile.ZipFile(io.BytesIO(small)).testzip() is None


def test_objects_are_refused() -> None:
    with pytest.raises(ValueError, match="Object arrays"):
        npz({"names": np.array(["a", None], dtype=object)})


def test_bytes_hang_on_the_arrays_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    first = npz(ARRAYS)
    monkeypatch.setattr("time.localtime", lambda *_: (2031, 5, 4, 3, 2, 1, 0, 0, 0))
    assert npz(ARRAYS) == first

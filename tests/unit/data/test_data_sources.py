"""The sources: the readers of published files on made-up small ones."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlsearch.data import registry
from rlsearch.data.sources.cifar_10 import Cifar10, read_batch
from rlsearch.data.sources.fashion_mnist import FashionMnist
from rlsearch.data.store import RawFile, RawStore
from rlsearch.errors import DataError

RANDOM = np.random.default_rng(0)


def pixels(*shape: int) -> np.ndarray:
    return RANDOM.integers(0, 256, shape, dtype=np.uint8)


def put(root: Path, files: tuple[RawFile, ...], contents: list[bytes]) -> tuple[RawFile, ...]:
    """Write contents under the files' names and return the files with the checksums of these contents."""
    changed = []
    for file, content in zip(files, contents, strict=True):
        place = root / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        changed.append(RawFile(file.path, found, len(content), file.url, file.archive))
    return tuple(changed)


def test_every_source_is_found_by_its_file_name() -> None:
    images = ["cifar-10", "digits", "fashion-mnist", "image-folder", "leaves", "npz"]
    text = ["ptb", "python-docs", "tinyshakespeare", "toy-language", "wikitext-2"]
    assert registry.names() == sorted([*images, *text, "pairs-folder", "toy-translation"])
    with pytest.raises(DataError, match="did you mean 'digits'"):
        registry.load("digit")


def test_digits_fill_the_range_of_a_byte() -> None:
    raw = registry.create(registry.settings(source="digits", test=0.2)).read(RawStore([]))
    assert raw.train.images.shape == (1797, 1, 8, 8) and raw.train.images.dtype == np.uint8
    assert raw.train.images.min() == 0 and raw.train.images.max() == 255
    assert raw.test is None and raw.classes == 10
    assert np.bincount(raw.train.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def idx(array: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(header + array.tobytes())


def test_fashion_mnist_reads_gzipped_idx_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = [pixels(12, 28, 28), np.arange(12, dtype=np.uint8) % 10, pixels(4, 28, 28), np.arange(4, dtype=np.uint8)]
    monkeypatch.setattr(FashionMnist, "FILES", put(tmp_path, FashionMnist.FILES, [idx(array) for array in arrays]))
    raw = registry.create(registry.settings(source="fashion-mnist")).read(RawStore([tmp_path]))
    assert raw.test is not None
    np.testing.assert_array_equal(raw.train.images, arrays[0][:, None])
    np.testing.assert_array_equal(raw.train.labels, arrays[1])
    np.testing.assert_array_equal(raw.test.images[:, 0], arrays[2])
    np.testing.assert_array_equal(raw.test.labels, arrays[3])
    assert raw.train.labels.dtype == np.int64


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"\x00\x00", mtime=0), gzip.compress(b"no idx file at all", mtime=0)]
)
def test_a_file_that_is_not_idx_is_a_data_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(FashionMnist, "FILES", put(tmp_path, FashionMnist.FILES, [content] * 4))
    with pytest.raises(DataError, match="not a gzipped idx file"):
        registry.create(registry.settings(source="fashion-mnist")).read(RawStore([tmp_path]))


def python2_batch(images: np.ndarray, labels: list[int]) -> bytes:
    """Spell a batch as Python 2 pickled it: byte strings as such, NumPy's old module name.

    Python 3 cannot write that: its protocol 2 sends byte strings through `_codecs.encode`, which the reader refuses.
    """

    def text(value: bytes) -> bytes:
        return b"T" + len(value).to_bytes(4, "little") + value  # BINSTRING, Python 2's str

    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00t" + text(b"b") + b"tR"
    dtype = (
        b"cnumpy\ndtype\n("
        + text(b"u1")
        + b"K\x00K\x01tR(K\x03"
        + text(b"|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    )
    flat = images.reshape(len(images), -1)
    shape = b"(" + b"".join(b"J" + size.to_bytes(4, "little") for size in flat.shape) + b"t"
    state = b"(K\x01" + shape + dtype + b"I00\n" + text(flat.tobytes()) + b"tb"
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(" + text(b"data") + array + state + text(b"labels") + numbers + b"u."


def test_cifar_10_joins_its_five_batches_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = [pixels(4, 3, 32, 32) for _ in range(6)]
    contents = [python2_batch(images, [number] * 4) for number, images in enumerate(arrays)]
    monkeypatch.setattr(Cifar10, "FILES", put(tmp_path, Cifar10.FILES, contents))
    raw = registry.create(registry.settings(source="cifar-10")).read(RawStore([tmp_path]))
    assert raw.test is not None
    np.testing.assert_array_equal(raw.train.images, np.concatenate(arrays[:5]))
    assert raw.train.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4
    np.testing.assert_array_equal(raw.test.images, arrays[5])


class Evil:
    """Runs a command when a plain unpickler reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_malicious_pickle_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    content = pickle.dumps({b"data": Evil(trace), b"labels": []}, protocol=2)
    with pytest.raises(DataError, match="is not allowed"):
        read_batch(content, "data_batch_1")
    assert not trace.exists()
    pickle.loads(content)  # the attack itself works
    assert trace.exists()


@pytest.mark.parametrize("call", [b"cos\nsystem\n(S'true'\ntR.", b"c__builtin__\neval\n(S'1'\ntR.", b"cnumpy\nload\n."])
def test_no_other_global_gets_through(call: bytes) -> None:
    with pytest.raises(DataError, match="is not allowed"):
        read_batch(call, "data_batch_1")


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps({}), pickle.dumps([1], protocol=2)])
def test_a_pickle_that_is_no_batch_is_a_data_error(content: bytes) -> None:
    with pytest.raises(DataError, match="not a CIFAR-10 batch"):
        read_batch(content, "data_batch_1")


def test_the_plan_and_the_registry_do_not_import_torch() -> None:
    code = (
        "import sys; from rlsearch.data import digest, fetch, registry; from rlsearch.data.images.cuts import cuts;"
        "from rlsearch.overview.sizes import raw_bytes as raw;"
        "D = registry.settings;"
        "[registry.load(name) for name in registry.names()];"
        "d = D(source='digits', test=0.2);"
        "assert cuts(d, registry.create(d).extent().train, 0) == (1149, 288, 360);"
        "assert raw([D(source='cifar-10')])[0] == 170498071;"
        "assert raw([D(source='fashion-mnist')])[0] == 30878645;"
        "assert 'torch' not in sys.modules and 'sklearn' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"RLSEARCH_DATA": "/nowhere", "PYTHONPATH": ":".join(sys.path)}
    )

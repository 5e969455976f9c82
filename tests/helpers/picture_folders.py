"""Folders of small pictures, and how a test reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rlsearch.config.models import DatasetSettings
from rlsearch.data import registry
from rlsearch.data.images.parts import Raw
from rlsearch.data.store import RawStore
from rlsearch.errors import DataError


def settings(**more: Any) -> DatasetSettings:
    return registry.settings(source="image-folder", path="pictures", **more)


def read(root: Path, **more: Any) -> Raw:
    source = registry.create(settings(**more), root)
    raw, extent = source.read(RawStore([])), source.extent()
    counted = [0 if part is None else len(part) for part in (raw.train, raw.test, raw.validation)]
    assert [extent.train, extent.test, extent.validation] == counted  # `plan` counts what `fetch` reads
    return raw


def refused(root: Path, **more: Any) -> str:
    with pytest.raises(DataError) as caught:
        registry.create(settings(**more), root).read(RawStore([]))
    assert caught.value.remedy
    return str(caught.value)


def put(root: Path, *names: str) -> None:
    """Write grey pictures of 6x6 pixels, each of another shade."""
    for name in names:
        path = root / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shade = len(list((root / "pictures").rglob("*")))
        Image.fromarray(np.full((6, 6), shade, np.uint8)).save(path)


def two_classes(root: Path, count: int = 3) -> None:
    put(root, *(f"{name}/{number}.png" for name in ("cat", "dog") for number in range(count)))

"""Exact duplicates: images of the same pixels, byte by byte, after decoding.

A copy of a training image in the test set is answered by memory. Where we divide images ourselves, all copies of one
stay on one side; published parts are left as they are, and counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.data.images.parts import Images, Part

Integers = NDArray[np.int64]


def numbers(*parts: Images) -> list[Integers]:
    """Return int64 (n,) for each array of images: equal numbers for equal pixels, in the order of first appearance."""
    number_of: dict[bytes, int] = {}

    def number(image: NDArray[np.uint8]) -> int:
        return number_of.setdefault(_digest(image), len(number_of))

    return [np.array([number(image) for image in part], np.int64) for part in parts]


def count(parts: Mapping[str, Part], copied: bool = False) -> dict[str, Any]:
    """Return the manifest's `duplicates`.

    Args:
        parts: by name, in the order train, validation, test.
        copied: the settings make validation a copy of the test set, which is then no finding.

    Returns:
        `shared`: for each pair of parts ("train, test") how many images of the second the first holds too;
        `repeated`: for each part how many images are copies of an earlier one in it;
        `labelled_differently`: how many different pictures stand under more than one class, in all parts together.
    """
    pictures = dict(zip(parts, numbers(*(part.images for part in parts.values())), strict=True))
    pairs = [pair for pair in combinations(parts, 2) if not (copied and pair == ("validation", "test"))]
    everything = np.concatenate(list(pictures.values()))
    labels = np.concatenate([part.labels for part in parts.values()])
    # Each (picture, class) once: a picture that is left more than once has several classes.
    labelled = np.unique(np.stack([everything, labels]), axis=1)[0]
    return {
        "shared": {", ".join(pair): int(np.isin(pictures[pair[1]], pictures[pair[0]]).sum()) for pair in pairs},
        "repeated": {name: len(part) - len(np.unique(part)) for name, part in pictures.items()},
        "labelled_differently": int((np.unique(labelled, return_counts=True)[1] > 1).sum()),
    }


def remarks(counts: Mapping[str, Any]) -> list[str]:
    """Return in sentences what `count` found; nothing where there are no duplicates."""
    lines = []
    for pair, number in counts["shared"].items():
        first, second = pair.split(", ")
        if number:
            lines.append(f"{second} images that are {'training' if first == 'train' else first} images too: {number}")
    for name, number in counts["repeated"].items():
        if number:
            lines.append(f"{'training' if name == 'train' else name} images that repeat an earlier one: {number}")
    if number := counts["labelled_differently"]:
        lines.append(f"different pictures that stand under more than one class: {number}")
    return lines


def _digest(image: NDArray[np.uint8]) -> bytes:
    # 128 bits tell all pictures apart that a disk can hold; the pixels themselves would fill the memory.
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()

"""Draws one picture of the leaves dataset: noise, spots, and leaves or what else lies in a garden."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.data.sources import _leaves_shapes as shapes
from rlsearch.data.sources._leaves_shapes import SIDE

Picture = NDArray[np.uint8]

SPOT = 5
"""Radius of the largest spots."""
SPOTS = [shapes.disc(SPOT, SPOT, radius)[: 2 * SPOT + 1, : 2 * SPOT + 1] for radius in range(SPOT + 1)]
"""The pixels of a spot in a square of 11 x 11 around it, by its radius: a picture has up to 30 of them."""
DARKER = 30
"""How much darker than its leaf a vein is; leaves are grey enough (40 to 120) for it never to be below 10."""


def picture(rng: np.random.Generator, *, turned: bool) -> tuple[Picture, bool]:
    """Return a picture, uint8 (64, 64), and whether it shows leaves.

    Args:
        rng: all randomness; each value is uniform among whole numbers, both ends included.
        turned: whether leaves lie at any angle. The angle is drawn in any case, so that all else stays the same.
    """
    shows_leaves = bool(rng.integers(2))
    pixels = _ground(rng)
    if shows_leaves:
        _add_leaves(pixels, rng, turned)
    else:
        _add_litter(pixels, rng)
    return pixels, shows_leaves


def block_means(pixels: Picture, side: int) -> Picture:
    """Return a picture of this side, which divides 64: means of square blocks, halves rounded up."""
    block = SIDE // side
    sums: NDArray[np.int64] = pixels.reshape(side, block, side, block).sum(axis=(1, 3), dtype=np.int64)
    return ((2 * sums + block * block) // (2 * block * block)).astype(np.uint8)


def _ground(rng: np.random.Generator) -> Picture:
    """Return noise of 180 to 254 with 10 to 30 spots of radius 1 to 5 and grey 160 to 220, later ones on top."""
    count = _whole(rng, 10, 30)
    # With a margin, in which lies what of a spot is outside.
    wide = np.empty((SIDE + 2 * SPOT, SIDE + 2 * SPOT), np.uint8)
    inner = wide[SPOT:-SPOT, SPOT:-SPOT]
    inner[:] = rng.integers(180, 254, (SIDE, SIDE), np.uint8, endpoint=True)
    columns, rows = rng.integers(0, SIDE, (2, count)).tolist()
    radii, greys = (_whole(rng, *ends, size=count).tolist() for ends in ((1, SPOT), (160, 220)))
    for x, y, radius, grey in zip(columns, rows, radii, greys, strict=True):
        wide[y : y + 2 * SPOT + 1, x : x + 2 * SPOT + 1][SPOTS[radius]] = grey
    return inner.copy()


def _add_leaves(pixels: Picture, rng: np.random.Generator, turned: bool) -> None:
    """Draw 1 to 3 leaves of length 16 to 28 and grey 40 to 120 around points 12 to 52, later ones on top."""
    for _ in range(_whole(rng, 1, 3)):
        x, y = _centre(rng)
        length, grey, degrees = _whole(rng, 16, 28), _whole(rng, 40, 120), _whole(rng, 0, 359)
        blade, veins = shapes.leaf(x, y, length, degrees if turned else 0)
        pixels[blade] = grey
        pixels[veins] = grey - DARKER


def _add_litter(pixels: Picture, rng: np.random.Generator) -> None:
    """Draw 0 to 3 shapes of grey 50 to 150, each a disc, a rectangle or a line, later ones on top."""
    for _ in range(_whole(rng, 0, 3)):
        pixels[_litter(rng)] = _whole(rng, 50, 150)


def _litter(rng: np.random.Generator) -> shapes.Mask:
    """Return a disc of radius 4 to 12, a rectangle of sides 6 to 16, or a line of width 1 to 3 from edge to edge."""
    kind = _whole(rng, 0, 2)
    if kind == 2:
        ends = [(_whole(rng, 0, SIDE - 1), _whole(rng, 0, SIDE - 1)) for _ in range(2)]
        return shapes.line(ends[0], ends[1], _whole(rng, 1, 3))
    x, y = _centre(rng)
    if kind == 0:
        return shapes.disc(x, y, _whole(rng, 4, 12))
    return shapes.rectangle(x, y, _whole(rng, 6, 16), _whole(rng, 6, 16))


def _centre(rng: np.random.Generator) -> tuple[int, int]:
    return _whole(rng, 12, 52), _whole(rng, 12, 52)


def _whole(rng: np.random.Generator, low: int, high: int, size: int | None = None) -> Any:
    """Return one or `size` whole numbers from low to high."""
    drawn = rng.integers(low, high, size, endpoint=True)
    return int(drawn) if size is None else drawn

"""Decodes picture files: upright, on white, in one mode and size."""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from rlsearch.data.images.parts import Images
from rlsearch.errors import DataError

REFUSED = (
    *(OSError, SyntaxError, ValueError, TypeError, KeyError, EOFError, OverflowError, struct.error),
    *(UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning),
)
"""What Pillow raises on a damaged picture, or on one of so many pixels that it may be meant to fill the memory."""

GREY = ("1", "L", "LA", "La")
COLOUR = ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "LAB")
TRANSPARENT = ("LA", "La", "PA", "RGBA", "RGBa")
DEEP = re.compile(r"(?<![A-Z])(I|LA?|RGB[AX]?);16")
"""How Pillow names the pixels of a file that has 16 bits a channel; BGR;16 of a BMP has 5 or 6."""

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
NAMED = 5

Size = tuple[int, int]


class Fault(Exception):
    """One picture that cannot be used: what is wrong, and what to do with all that have the same fault."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(problem)


def common_mode(paths: Sequence[Path]) -> str:
    """Return "L" when all pictures are grey, else "RGB"; from the headers alone.

    Raises:
        DataError: pictures that cannot be read, or are no single pictures of 8 bits a channel; all of them are counted.
    """
    faults: dict[Path, Fault] = {}
    modes = set()
    for path in paths:
        try:
            modes.add(_header(path)[0])
        except Fault as fault:
            faults[path] = fault
    _raise(faults)
    return "L" if modes <= set(GREY) else "RGB"


def size_of(path: Path) -> Size:
    """Return (width, height) as they stand in the header.

    Raises:
        DataError: the picture cannot be read.
    """
    try:
        return _header(path)[1]
    except Fault as fault:
        _raise({path: fault})
        raise


def decode(paths: Sequence[Path], mode: str, side: int | None) -> Images:
    """Return uint8 (n, 1 or 3, height, width): turned as the camera held them, on white where transparent.

    Args:
        paths: at least one.
        mode: "L" or "RGB".
        side: all become squares of this side; None: they have one size.

    Raises:
        DataError: pictures are damaged, of unlike sizes, or show nothing; all of them are counted.
    """
    images = np.empty((0, 0, 0, 0), dtype=np.uint8)
    faults: dict[Path, Fault] = {}
    for position, path in enumerate(paths):
        try:
            pixels = _pixels(path, mode, side)
            if not images.size:
                # The first picture that can be read sets the size; all faults are collected before one error is raised.
                images = np.empty((len(paths), *pixels.shape), dtype=np.uint8)
            _same_size(images.shape, pixels.shape)
            images[position] = pixels
        except Fault as fault:
            faults[path] = fault
    _raise(faults)
    return images


def disguised(paths: Sequence[Path]) -> Path | None:
    """Return the first of these files that holds a picture in spite of its suffix."""
    for path in paths:
        try:
            with Image.open(path, formats=FORMATS):
                return path
        except REFUSED:
            continue
    return None


def _header(path: Path) -> tuple[str, Size]:
    """Return a picture's mode and (width, height) without decoding it."""
    try:
        with Image.open(path) as image:
            _check(image)
            return image.mode, image.size
    except REFUSED as error:
        raise _damaged(path, error) from None


def _check(image: Image.Image) -> None:
    if getattr(image, "is_animated", False) and image.format != "MPO":  # cameras put previews behind the picture
        raise Fault("has several frames or pages", "save the one that is meant as a picture of its own")
    # Pillow gives a 16-bit colour PNG the mode RGB; only the decoder's arguments in `tile` tell its depth.
    deep = DEEP.search(f"{image.mode} {getattr(image, 'tile', '')}")
    if deep or image.mode not in GREY + COLOUR:
        raise Fault(
            f"has more than 8 bits a channel (mode {deep.group() if deep else image.mode})",
            "scale the values to 0..255 and save 8 bits a channel (`mogrify -depth 8 FILE`, if they use all 16 bits)",
        )


def _pixels(path: Path, mode: str, side: int | None) -> Images:
    """Return one picture as (1 or 3, height, width)."""
    upright = _upright(path, mode)
    pixels = np.asarray(upright if side is None else upright.resize((side, side), Image.Resampling.BILINEAR))
    return pixels[None] if mode == "L" else pixels.transpose(2, 0, 1)


def _same_size(first: tuple[int, ...], shape: tuple[int, ...]) -> None:
    if first[-2:] != shape[-2:]:
        sizes = f"{shape[-1]}x{shape[-2]}, where the first has {first[-1]}x{first[-2]}"
        raise Fault(f"is of another size: {sizes}", "give `image_size`, to which all are resized")


def _upright(path: Path, mode: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            return _on_white(ImageOps.exif_transpose(image)).convert(mode)
    except REFUSED as error:
        raise _damaged(path, error) from None


def _on_white(image: Image.Image) -> Image.Image:
    """Lay a picture with transparency on white, as paper and browsers do."""
    if image.mode not in TRANSPARENT and "transparency" not in image.info:
        return image
    layers = image.convert("RGBA")
    # Opaque everywhere: there is nothing to lay on white.
    if layers.getchannel("A").getextrema() == (255, 255):
        return layers
    flat = Image.alpha_composite(Image.new("RGBA", image.size, "white"), layers).convert("RGB")
    if all(extrema == (255, 255) for extrema in flat.getextrema()):
        raise Fault("shows nothing on white, on which transparent pictures are laid", "lay it on another colour")
    return flat


def _damaged(path: Path, error: Exception) -> Fault:
    reason = "the file is empty" if path.is_file() and not path.stat().st_size else str(error)
    return Fault(f"cannot read the image: {reason}", "replace or remove the file")


def _raise(faults: dict[Path, Fault]) -> None:
    """Raise one error for the first kind of fault, which names the first pictures that have it."""
    kinds: dict[str, list[Path]] = defaultdict(list)
    for path, fault in faults.items():
        # By remedy, since the problems name sizes or bytes that differ from picture to picture.
        kinds[fault.remedy].append(path)
    for remedy, paths in kinds.items():
        problem, more = faults[paths[0]].problem, len(paths) - NAMED
        others = f" ({len(paths)} such images)" if len(paths) > 1 else ""
        where = ", ".join(map(str, paths[:NAMED])) + (f", and {more} more" if more > 0 else "")
        what = problem if problem.startswith("cannot") else f"an image {problem}"
        raise DataError(f"{what}{others}", where=where, remedy=remedy)

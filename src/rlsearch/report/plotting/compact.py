"""Shorter SVG that draws the same: matplotlib's indents, idle groups and absolute numbers are most of its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_PIECE = re.compile(r"<[^>]*>|[^<]+")
_NO_DEFINITIONS = re.compile(r"<defs></defs>|<defs/>")
_PATH = re.compile(r' d="([^"]*)"')
_FONT = re.compile(r" ?font-family: [^;\"]*;?")
_PREFIX = re.compile(r"xmlns:xlink=\"[^\"]*\" |xlink:(?=href=)")
_NUMBERS = {"M": 2, "L": 2, "Q": 4, "C": 6, "z": 0}
"""The commands that matplotlib writes, and how many numbers each takes."""


def compact(svg: str) -> str:
    """Return an SVG of `svg.to_svg` without indents, groups that say nothing and fonts, its paths in relative numbers.

    The page has a font of its own for all texts (style.css). Inside of HTML `href` needs no prefix.
    """
    return _NO_DEFINITIONS.sub("", "".join(_needed(svg)))


def _needed(svg: str) -> Iterator[str]:
    """Yield the tags and texts that are needed: not groups without attributes, and space only inside of a text."""
    needed: list[bool] = []
    in_text = False
    for piece in _PIECE.findall(svg):
        if piece[0] != "<":
            if in_text or not piece.isspace():
                yield piece
            continue
        in_text = piece.startswith("<text")
        if piece == "</g>":
            if needed.pop():
                yield piece
            continue
        if piece == "<g/>":
            continue
        if piece.startswith(("<g>", "<g ")) and not piece.endswith("/>"):
            needed.append(piece != "<g>")
            if piece == "<g>":
                continue
        yield _short(piece)


def _short(tag: str) -> str:
    tag = _PREFIX.sub("", _FONT.sub("", tag))
    return _PATH.sub(lambda match: f' d="{relative(match[1])}"', tag)


def relative(path: str) -> str:
    """Return the data of a path with every point relative to the one before it, to the same hundredth of a point.

    Sums are over whole hundredths, so that no rounding adds up along a line. What goes on along an axis becomes one
    line. Data with a command that matplotlib does not write stay as they are.
    """
    words = path.split()
    parts: list[tuple[str, list[int]]] = []
    x = y = start_x = start_y = place = 0
    while place < len(words):
        command = words[place]
        if command not in _NUMBERS:
            return path
        values = [round(100 * float(word)) for word in words[place + 1 : place + 1 + _NUMBERS[command]]]
        place += 1 + len(values)
        if command == "z":
            x, y = start_x, start_y
        _append(parts, command, [value - (y if odd % 2 else x) for odd, value in enumerate(values)])
        if values:
            x, y = values[-2:]
        if command == "M":
            start_x, start_y = x, y
    return _written(parts)


def _append(parts: list[tuple[str, list[int]]], command: str, steps: list[int]) -> None:
    """Add a command with relative numbers: a line along an axis as `h` or `v`, joined to one that goes the same way."""
    command = command.lower()
    if command == "l" and 0 in steps:
        command, steps = ("h", steps[:1]) if steps[1] == 0 else ("v", steps[1:])
        if parts and parts[-1][0] == command and parts[-1][1][0] * steps[0] > 0:
            parts[-1][1][0] += steps[0]
            return
    parts.append((command, steps))


def _written(parts: list[tuple[str, list[int]]]) -> str:
    text, before = [], ""
    for command, steps in parts:
        numbers = "".join(map(_number, steps))
        # A command that goes on needs no letter; a second start does, since without it would be read as a line.
        goes_on = command == before and command in "lqc"
        text.append(numbers if goes_on else command + numbers.removeprefix(" "))
        before = command
    return "".join(text)


@lru_cache(maxsize=1 << 16)
def _number(hundredths: int) -> str:
    """Return hundredths as a decimal after a space; a minus parts numbers as well."""
    digits = f"{abs(hundredths) / 100:.2f}".strip("0").rstrip(".") or "0"
    return f"-{digits}" if hundredths < 0 else f" {digits}"

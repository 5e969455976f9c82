"""Networks as chains of layers in the notation of Baker et al. (2017): C(128,3,1) - P(2,2) - SM()."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

NUMBERS = {"C": ("filters", "field", "stride"), "P": ("size", "stride"), "FC": ("units",), "GAP": (), "SM": ()}
"""The kinds of layers, and what their numbers are: convolution, max pooling, fully connected; the last two are ends,
global average pooling before the classifier, and the classifier alone (softmax)."""
GROUPS = {"C": "conv", "P": "pool", "FC": "fc", "GAP": "gap", "SM": "softmax"}
ENDS = ("GAP", "SM")
LARGEST = 10_000
"""No number of a layer is above this: a slip of the pen is a message, and no demand for more memory than there is."""

FORMS = ", ".join(f"{kind}({', '.join(numbers)})" for kind, numbers in NUMBERS.items())

# A separator is a minus, a dash or a comma that is not between parentheses.
_SEPARATOR = re.compile(r"[-–—,](?![^()]*\))")
_LAYER = re.compile(r"\s*([A-Za-z]+)\s*(?:\(\s*([^()]*?)\s*\))?\s*")


@dataclass(frozen=True)
class Layer:
    """One layer: its kind ("C", "P", "FC", "GAP", "SM") and its numbers, as `NUMBERS` has them.

    >>> str(Layer("C", (128, 3, 1)))
    'C(128,3,1)'
    """

    kind: str
    numbers: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}({','.join(map(str, self.numbers))})"

    @property
    def ends(self) -> bool:
        """Whether it is the end of a chain."""
        return self.kind in ENDS


def write(layers: Sequence[Layer]) -> str:
    """Return a chain in the notation, the inverse of `read`.

    >>> write(read("p(2,2)-C(64, 3, 1) - SM"))
    'P(2,2) - C(64,3,1) - SM()'
    """
    return " - ".join(map(str, layers))


def read(text: str) -> tuple[Layer, ...]:
    """Return the layers of a chain, of which the last is its end.

    Blanks, the case of letters, square brackets around the chain and the kind of dash do not count; commas may stand
    between layers. The ends may leave out their parentheses, or name the number of classes, which is the data's
    to say: [C(512,5,1), P(2,2), SM(10)].

    Raises:
        ValueError: an unknown layer, numbers that make none, a chain without an end or with layers after it.
    """
    layers = read_beginning(text)
    for number, layer in enumerate(layers[:-1], 1):
        if layer.ends:
            raise ValueError(f"layer {number + 1} {layers[number]} comes after the end, {layer}")
    if not layers or not layers[-1].ends:
        raise ValueError(f"{write(layers) or 'an empty text'!r} has no end: add GAP() or SM() as its last layer")
    return layers


def read_beginning(text: str) -> tuple[Layer, ...]:
    """Return the layers of a chain that may be incomplete; none of an empty text.

    Raises:
        ValueError: an unknown layer, or numbers that make none.
    """
    inside = text.strip().removeprefix("[").removesuffix("]")
    parts = _SEPARATOR.split(inside) if inside.strip() else []
    return tuple(_layer(number, part) for number, part in enumerate(parts, 1))


def _layer(number: int, text: str) -> Layer:
    found = _LAYER.fullmatch(text)
    kind = found[1].upper() if found else ""
    where = f"layer {number} {text.strip()!r}"
    if found is None or kind not in NUMBERS:
        raise ValueError(f"{where} is unknown; layers are {FORMS}")
    words = [word.strip() for word in (found[2] or "").split(",")] if found[2] else []
    if not all(re.fullmatch(r"[0-9]{1,5}", word) and 1 <= int(word) <= LARGEST for word in words):
        raise ValueError(f"{where} has to have whole numbers of at least 1 and at most {LARGEST}")
    expected = NUMBERS[kind]
    if kind in ENDS and len(words) == 1:  # the number of classes
        words = []
    if len(words) != len(expected):
        wanted = f"{kind}({', '.join(expected)})"
        raise ValueError(f"{where} has {len(words)} numbers; it has to be {wanted}")
    return Layer(kind, tuple(map(int, words)))

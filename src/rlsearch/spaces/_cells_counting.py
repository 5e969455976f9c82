"""How many different cells there are, counted without going through any.

Blocks with names 1 to B whose operands are unordered are counted by inclusion and exclusion over the blocks that no
other takes in (Robinson 1973, for labelled acyclic graphs). Names do not matter, so the cells are the orbits of the B!
ways of giving them, and by Burnside's lemma their number is the mean, over these ways, of the number of cells that one
leaves as they are. Such a cell takes in the blocks of one cycle of the permutation alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from math import comb, factorial, prod

from rlsearch.cell_notation import INPUTS
from rlsearch.spaces._cells_canonical import Codes, Row
from rlsearch.spaces._cells_settings import CellSettings

Cycles = tuple[tuple[int, str, int], ...]
"""Cycles of blocks by length and combination: (length, combination, how many of them)."""


def different(settings: CellSettings, codes: Codes) -> int:
    """Return the number of different cells."""
    operations = len(settings.operations)
    merged = operations - (min(codes.identity, codes.conv) >= 0)  # where identity is a 1x1
    own = INPUTS * (merged if codes.strided else operations)
    # Operands that a block offers: an operation on it. A concatenation has twice the width.
    offered = {name: merged if name == "concat" else operations for name in settings.combinations}

    def pairs(length: int, cycles: Cycles) -> int:
        """Pairs of operands of other cycles that a block in a cycle of this length can take in."""
        stays = own + sum(size * offered[name] * count for size, name, count in cycles if length % size == 0)
        # Two that change places when the cycle has come round once.
        turned = [(size, name, count) for size, name, count in cycles if length % size and 2 * length % size == 0]
        return _pairs(stays) + sum(size // 2 * offered[name] * count for size, name, count in turned)

    @cache
    def structures(cycles: Cycles) -> int:
        """Cells of blocks in these cycles which the permutation leaves as they are."""
        counts = [count for _, _, count in cycles]
        if not sum(counts):
            return 1
        total = 0
        for last in product(*(range(count + 1) for count in counts)):  # cycles that none of the others takes in
            if not any(last):
                continue
            rest = tuple((size, name, count - some) for (size, name, count), some in zip(cycles, last, strict=True))
            ways = prod(map(comb, counts, last)) * prod(
                pairs(size, rest) ** some for (size, _, _), some in zip(cycles, last, strict=True)
            )
            total -= (-1) ** sum(last) * ways * structures(rest)
        return total

    total = 0
    for lengths in _partitions(settings.blocks, settings.blocks):
        ways = _permutations(lengths)
        for names, times in _combined(lengths, settings.combinations):
            total += ways * times * structures(names)
    return total // factorial(settings.blocks)


def defective(settings: CellSettings) -> int:
    """Return the number of different networks under `wiring: as-published`: two operations and a combination."""
    return _pairs(len(settings.operations)) * len(settings.combinations)


def defective_encodings(settings: CellSettings, nominal: int, last: Row) -> int:
    """Return how many of the `nominal` sequences make one network under `wiring: as-published`.

    Args:
        last: its last block (`_cells_key.last_block`).
    """
    live = len(settings.operations) ** 2 * len(settings.combinations)
    _, _, first, second, _ = last
    return nominal // live * (1 if first == second else 2)


def _pairs(count: int) -> int:
    """Return the number of unordered pairs of so many things, each twice included."""
    return comb(count + 1, 2)


def _partitions(total: int, most: int) -> Iterator[Mapping[int, int]]:
    """Yield how many cycles of each length the permutations of `total` things have."""
    if not total:
        yield {}
    for length in range(min(total, most), 0, -1):
        for rest in _partitions(total - length, length):
            yield Counter(rest) + Counter([length])


def _permutations(lengths: Mapping[int, int]) -> int:
    """Return how many permutations have so many cycles of each length."""
    total = sum(length * count for length, count in lengths.items())
    same: int = prod(length**count * factorial(count) for length, count in lengths.items())
    return factorial(total) // same


def _combined(lengths: Mapping[int, int], combinations: tuple[str, ...]) -> Iterator[tuple[Cycles, int]]:
    """Yield the combinations of the cycles' blocks, and in how many ways they can be so."""
    shares = [[(length, first, lengths[length]) for first in range(lengths[length] + 1)] for length in lengths]
    if len(combinations) == 1:
        yield tuple((length, combinations[0], count) for length, count in lengths.items()), 1
        return
    for chosen in product(*shares):
        one, other = combinations
        halves = [((length, one, first), (length, other, count - first)) for length, first, count in chosen]
        yield tuple(part for half in halves for part in half), prod(comb(count, first) for _, first, count in chosen)

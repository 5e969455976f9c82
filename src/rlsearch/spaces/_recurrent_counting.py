"""How many different recurrent cells there are, counted without going through any."""

from __future__ import annotations

from collections import Counter

from rlsearch.tree_cell import layers


def different(base: int, labels: int, injections: int) -> int:
    """Return the number of different cells, by Burnside's lemma.

    Cells are one where an automorphism of the binary tree, a way of exchanging branches, makes the one of the other.
    So their number is the mean, over all automorphisms, of the cells that one leaves as they are: those in which the
    nodes of each of its cycles are alike, and c is taken from and goes into nodes that it does not move.
    """
    found = _automorphisms(len(layers(base)) - 1)
    fixed: int = sum(count * labels**cycles * still**2 for (cycles, still), count in found.items())
    return fixed * injections // found.total()


def _automorphisms(depth: int) -> Counter[tuple[int, int]]:
    """Return how many automorphisms of a tree have so many cycles of nodes, and leave so many nodes where they are.

    One that exchanges the two branches of the root moves all nodes below. Its square acts on either branch as the
    product of what it does to both, which is each automorphism of a branch equally often; cycles of that become cycles
    of twice the length.
    """
    if not depth:
        return Counter({(1, 1): 1})
    below = _automorphisms(depth - 1)
    found: Counter[tuple[int, int]] = Counter()
    for (cycles, still), count in below.items():
        found[cycles + 1, 1] += count * below.total()
        for (others, still_there), number in below.items():
            found[cycles + others + 1, still + still_there + 1] += count * number
    return found

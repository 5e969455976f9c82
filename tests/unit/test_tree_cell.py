"""Recurrent cells as trees: which are one, which remember, and that their texts are read back."""

from __future__ import annotations

import numpy as np
import pytest

from drawn_trees import exchanged, step, tree, weights
from rlsearch.tree_cell import BASES, TreeCell, above, canonical, cell_of, children, layers
from rlsearch.tree_notation import read, write

EXAMPLE = "0:add tanh, 1:mult relu | 2:mult sigmoid; c 1 -> 0 (add relu)"


def test_the_example_of_the_paper() -> None:
    """Zoph & Le (2017), figure 5, with one unit; the values are those of the issue."""
    cell = read(EXAMPLE)
    assert cell == TreeCell(2, (("add", "tanh"), ("mult", "relu"), ("mult", "sigmoid")), ("add", "relu"), 1, 0)
    nothing = np.zeros(1)

    def number(value: float) -> tuple[np.ndarray, np.ndarray]:
        return np.array([value]), nothing

    leaves = [
        ((np.array([[w]]), np.zeros((1, 1))), (np.array([[u]]), np.zeros((1, 1))), number(0.0))
        for w, u in ((0.5, 0.3), (-0.8, -1.2))
    ]
    h, c = number(0.2), number(-0.1)
    found = []
    for x in (1.0, -2.0, 0.5):
        h, c = step(cell, leaves, number(x), h, c)
        found.append((h[0][0], c[0][0]))
    assert np.array(found) == pytest.approx(np.array([(0.5195729, 0.192), (0.5, -0.9975800), (0.5, 0.24)]), abs=1e-7)


def test_numbers_of_nodes() -> None:
    for base in BASES:
        assert [len(row) for row in layers(base)] == [base >> level for level in range(base.bit_length())]
        for node in range(base, 2 * base - 1):
            for child in children(base, node) or ():
                assert above(base, child) == [node, *above(base, node)]


def test_a_text_is_read_back() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10_000):
        cell = tree(rng)
        text = write(cell)
        assert read(text) == cell == cell_of(cell.plain()) and write(read(text.replace(", ", " ,"))) == text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("", "'' is no node"),
        ("0:add tanh", "layers of 1 nodes make no tree; a tree has 2 | 1, 4 | 2 | 1, 8 | 4 | 2 | 1"),
        ("0:add tanh, 1:add tanh | 2:add tanh", "does not say where c goes"),
        (EXAMPLE.replace("1:mult", "2:mult"), "numbered 0, 1, 2, .* not 0, 2, 2"),
        (EXAMPLE.replace("mult relu", "times relu"), "a node is one of"),
        (EXAMPLE.replace("(add relu)", "(add elu)"), "a node is one of"),
        (EXAMPLE.replace("c 1", "c 3"), "`from` and `into` are numbers of nodes, 0 to 2"),
        (EXAMPLE.replace(" | ", ", "), "layers of 3 nodes make no tree"),
        (EXAMPLE + " x", "does not say where c goes"),
    ],
)
def test_a_slip_of_the_pen_is_a_message(wrong: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read(wrong)


def test_branches_may_stand_in_any_order_to_the_last_bit() -> None:
    """Of a cell with its branches exchanged the canonical form is the same; it computes the same of renamed weights."""
    rng, moved = np.random.default_rng(1), 0
    for _ in range(500):
        cell = tree(rng)
        twin = exchanged(cell, rng)
        moved += twin != cell
        stands, count = canonical(cell)
        assert canonical(twin) == canonical(stands) == (stands, count)
        assert stands.remembers == cell.remembers == twin.remembers and stands.inject == cell.inject
        assert sorted(stands.nodes) == sorted(cell.nodes)
        assert stands.nodes[stands.c_from] == cell.nodes[cell.c_from]
    assert moved > 300


def test_a_twin_computes_the_same_with_its_weights_renamed() -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        cell = tree(rng)
        # All branches exchanged: leaf k becomes leaf base - 1 - k.
        order = [node for row in layers(cell.base) for node in reversed(row)]
        ends = order.index(cell.c_from), order.index(cell.c_into)
        twin = TreeCell(cell.base, tuple(cell.nodes[node] for node in order), cell.inject, *ends)
        assert canonical(twin) == canonical(cell)
        leaves = weights(rng, cell.base, 3, bias=True)
        x, h, c = ((rng.normal(size=3), rng.normal(size=3)) for _ in range(3))
        one, other = step(cell, leaves, x, h, c), step(twin, leaves[::-1], x, h, c)
        assert np.array_equal(np.array(one), np.array(other))


@pytest.mark.parametrize(("base", "pairs"), [(2, 2), (4, 10), (8, 34)])
def test_c_remembers_where_it_is_taken_above_where_it_goes_in(base: int, pairs: int) -> None:
    count = 2 * base - 1
    label = ("add", "tanh")
    cells = [TreeCell(base, (label,) * count, label, start, into) for start in range(count) for into in range(count)]
    assert sum(cell.remembers for cell in cells) == pairs
    rng = np.random.default_rng(3)
    leaves = weights(rng, base, 2, bias=False)
    x, h = ((rng.normal(size=2), np.zeros(2)) for _ in range(2))
    for cell in cells:
        # What c is after a step, of c before it in two ways.
        first, second = (step(cell, leaves, x, h, (rng.normal(size=2), np.zeros(2)))[1][0] for _ in range(2))
        assert cell.remembers != np.array_equal(first, second)

"""Which cells nothing can be learnt with, one by one and by their share among random ones."""

from __future__ import annotations

import random

import pytest
import torch

from rlsearch.networks._dead_cells import dead
from rlsearch.networks._named_cells import Bias
from rlsearch.spaces import _recurrent_dead as structure
from rlsearch.tree_cell import TreeCell
from tree_cells import tree


@pytest.mark.parametrize("cell", ["lstm", "nascell", "gru", "rnn", "rhn"])
def test_cells_with_names_are_alive(cell: str) -> None:
    before = torch.random.get_rng_state()
    assert not dead(cell)
    assert torch.equal(before, torch.random.get_rng_state())


def test_products_of_x_and_h_are_dead_without_a_bias() -> None:
    products = TreeCell(2, (("mult", "tanh"),) * 2 + (("add", "tanh"),), ("add", "tanh"), 2, 0).plain()
    assert dead(products)
    assert not dead(products, "recurrent")


def test_a_root_that_multiplies_by_c_is_dead_where_c_stays_zero() -> None:
    gated = TreeCell(2, (("add", "tanh"), ("mult", "tanh"), ("add", "tanh")), ("mult", "tanh"), 1, 2).plain()
    assert dead(gated)
    assert not dead(gated, "recurrent")


# 28, 23 and 18 % of all without a bias, 4, 2 and 1 % with one; of 300, so far from that one sample in 500 would be.
@pytest.mark.parametrize(
    ("base", "bias", "share"),
    [(2, "none", 0.28), (4, "none", 0.23), (8, "none", 0.18), (2, "recurrent", 0.04), (8, "recurrent", 0.01)],
)
def test_the_share_of_dead_cells(base: int, bias: Bias, share: float) -> None:
    rng, count = random.Random(11), 300
    cells = [tree(rng, base) for _ in range(count)]
    measured = [dead(cell.plain(), bias, seed=number) for number, cell in enumerate(cells)]
    # By its structure too, but where all units of a relu happen to be 0.
    by_structure = [structure.dead(cell, bias=bias == "recurrent") for cell in cells]
    assert sum(one != other for one, other in zip(measured, by_structure, strict=True)) <= 1
    found = sum(measured) / count
    assert abs(found - share) < 3.1 * (share * (1 - share) / count) ** 0.5 + 0.005

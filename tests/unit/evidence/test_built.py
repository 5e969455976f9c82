"""Keys against real networks: what both say, what keys miss, and what they mix up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rlsearch.evidence import built, built_recipe
from rlsearch.evidence.built_recipe import Recipe
from rlsearch.spaces.base import Actions, Space, Spec
from rlsearch.spaces.edge_cell import EdgeCell, published
from rlsearch.spaces.nasnet_cells import CellSettings, NASNetCells

THREE = ("identity", "max-pool-3x3", "separable-conv-3x3")


def recipe(space: Space, **options: Any) -> Recipe:
    return replace(built_recipe.of_space(space, meta=False), options={"filters": 2, **options})


def test_a_defective_builder_makes_fewer_networks_still_if_joins_have_no_order() -> None:
    """Of k operations: k^2 sums and concatenations, of which addition merges k (k - 1) / 2, and so on."""
    space = NASNetCells(CellSettings(blocks=1, operations=THREE, wiring="as-published", cells="shared"))
    specs = {str(actions): space.literal(actions) for actions in space.enumerate()}
    ordered, joined, _ = zip(*recipe(space).graphs(specs).values(), strict=True)
    assert (len(specs), len(set(ordered)), len(set(joined))) == (4 * 18, 6 + 9, 6 + 6)


def test_a_stack_of_one_normal_cell_has_no_reduction_cell() -> None:
    space = NASNetCells(CellSettings(blocks=1, operations=("identity", "conv-1x1", "max-pool-3x3")))
    found = built.compare(space, recipe(space, cells=1, reductions=0), 8)
    assert found.failed and found.alike and not found.unlike
    tried, unseen = found.unseen["reduction block 1 left input"]
    assert tried == unseen > 0
    # The first cell reads the stem as it is and through a 1x1 convolution, which a 1x1 convolution is as well.
    assert found.unseen["normal block 1 left input"][1] > 0
    assert not built.compare(space, recipe(space, cells=2, reductions=1), 4).failed


def test_a_normal_cell_that_passes_over_the_only_one_before_it_leaves_the_reduction_cell_out() -> None:
    """Of one normal cell a stage: where it reads h_(i-1) alone, nothing reads the reduction cell."""
    space = NASNetCells(CellSettings(blocks=1, operations=THREE, combinations=("add",)))
    over, other = ((1, 1, 1, 2, 0, *reduction) for reduction in ((0, 0, 1, 1, 0), (1, 0, 2, 1, 0)))
    specs = {str(actions): space.literal(actions) for actions in (over, other)}
    one, two = recipe(space, cells=1, reductions=1).graphs(specs).values()
    assert one == two and space.key(specs[str(over)]) != space.key(specs[str(other)])


class Published(EdgeCell):
    """Cells under the source's names, which tell apart what is one and give one name to two; a few of them."""

    def __init__(self, *draws: Actions) -> None:
        super().__init__()
        self.draws = iter(draws)

    def sample(self, rng: np.random.Generator) -> Actions:
        return next(self.draws)

    def key(self, spec: Spec) -> str:
        return published(spec["network"]["edges"], zeros=True)

    def canonical(self, actions: Actions) -> Actions:
        return actions

    def decode(self, actions: Actions) -> Spec:
        return self.literal(actions)


@pytest.mark.parametrize("apart", ["", "the source's names"])
def test_one_key_for_two_networks_is_a_fault_wherever(apart: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Published, "kept_apart", apart)
    once, twice = (3, 0, 1, 0, 1, 1), (3, 3, 0, 0, 1, 1)  # one convolution whose result is used twice, and two
    space = Published(once, twice)
    found = built.compare(space, recipe(space, reductions=0), 2)
    assert found.failed
    assert any(str(list(once)) in one.first and str(list(twice)) in one.second for one in found.unlike)


def test_two_keys_for_one_network_are_a_fault() -> None:
    space = Published((0, 0, 0, 3, 0, 0), (0, 3, 0, 0, 0, 1))  # one convolution, at once and by way of node 2
    found = built.compare(space, recipe(space, reductions=0), 2)
    assert found.failed and found.alike


def test_what_is_kept_apart_is_no_fault_and_is_counted() -> None:
    space = NASNetCells(CellSettings(blocks=1, operations=THREE, canonical=False, cells="shared"))
    found = built.compare(space, recipe(space), 10)
    assert found.alike and not found.failed and found.keys > found.graphs[1]


def test_a_candidate_that_cannot_be_built_is_told_and_not_compared() -> None:
    space = NASNetCells(CellSettings(blocks=1, operations=THREE))
    found = built.compare(space, recipe(space, reductions=9), 2)
    assert found.keys == 0 and found.failed and sum(found.unbuilt.values()) == found.compared

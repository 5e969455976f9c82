"""What searches of cells are compared with, and the labels of cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlsearch.cell_costs import costs
from rlsearch.errors import SettingsError
from rlsearch.spaces._cells_baselines import costliest
from rlsearch.spaces.base import Actions
from rlsearch.spaces.nasnet_cells import SETTINGS, NASNetCells

TINY = ["identity", "max-pool-3x3", "separable-conv-3x3"]


def space(**settings: Any) -> NASNetCells:
    return NASNetCells(SETTINGS(**settings))


def test_baselines_are_built_at_the_size_of_what_was_found() -> None:
    made = space(operations=TINY, combinations=["add"], cells="shared")
    specs, options = made.baselines(), {"cells": 2, "filters": 16, "reductions": 1}
    assert {name: made.encodings(spec) for name, spec in specs.items()} == {
        **dict.fromkeys(["nasnet-a", "resnet-like"], 0),
        **{"separable": 4, "random-1": 8, "random-2": 4, "random-3": 4},
    }
    assert (
        costs((3, 32, 32), 10, **specs["nasnet-a"]["network"], filters=32, cells=6, reductions=2).parameters
        == 3_346_538
    )
    found = made.decode((0, 1, 2, 1, 0, 2, 2, 2, 2, 0))
    wanted = costs((1, 8, 8), 10, **options, **found["network"]).parameters

    def parameters(spec: Any, more: int = 0) -> int:
        network = {**options, **spec["network"]}
        return costs((1, 8, 8), 10, **{**network, "filters": network["filters"] + more}).parameters

    for name in specs:
        matched = made.matched_with(options, name, found, (1, 8, 8), 10)
        assert matched is not None and made.read(made.describe(matched)) == matched
        off = [abs(parameters(matched, more) - wanted) for more in (-1, 0, 1)]
        assert min(off) == off[1] < 0.2 * wanted
    assert made.matched("largest", found) is None


def test_the_costliest_cells_cannot_be_made_dearer_by_one_decision() -> None:
    made = space(blocks=2)

    def flops(actions: Actions) -> int:
        return costs((3, 32, 32), 10, **made.decode(actions)["network"]).flops

    largest = made.largest()
    assert largest is not None and largest == costliest(made.plan, made.decode)
    rng = np.random.default_rng(0)
    assert flops(largest) > max(flops(made.sample(rng)) for _ in range(300))


def test_the_rule_of_thumb_is_of_convolutions() -> None:
    made, rng = space(), np.random.default_rng(0)
    drawn = [made.describe(made.decode(made.rule_of_thumb(rng) or ())) for _ in range(20)]
    assert len(set(drawn)) == 20 and not any(name in text for text in drawn for name in ("id", "max", "avg"))
    assert space(operations=["identity", "max-pool-3x3"]).rule_of_thumb(rng) is None


def test_blocks_that_no_output_is_made_of_are_no_part_of_a_network() -> None:
    made = space()
    one, same, other = (
        made.key(made.read(f"both {text}"))
        for text in ("1.id+0.sep3, 0.id|2.id", "0.max3+0.max3, 0.sep3+1.id, 3.id|0.id > 4", "0.sep3+1.id > 1 2")
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("normal 0.id+0.id", "no reduction cell"),
        ("both 0.id+9.id", "takes in state 9"),
        ("both 0.id+0.id; filters 1", "filters has to be 2 to"),
        ("both 0.id+0.id; normal 0.id+0.id", "names the normal twice"),
        ("wide 0.id+0.id", "'wide 0.id\\+0.id' is none of normal, reduction, both"),
    ],
)
def test_a_text_that_is_no_pair_of_cells(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        space().read(text)

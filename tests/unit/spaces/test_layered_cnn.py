"""The layered-cnn space: the 1,296 networks of the small one, keys, the options of the full one, matched baselines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from rlsearch.spaces.base import Choice, decisions
from rlsearch.spaces.layered_cnn import SETTINGS, LayeredCNN

SMALL = LayeredCNN()
SIDES = {"kernels": None, "heights": (1, 3, 5, 7), "widths": (1, 3, 5, 7), "filters": (24, 36, 48, 64)}
FULL = {**SIDES, "layers": 6, "strides": None, "stride_options": (1, 2, 3), "pools": (2, 4), "skips": True}


def made(**settings: Any) -> LayeredCNN:
    return LayeredCNN(SETTINGS(**settings))


def layer(kernel: int = 3, filters: int = 4, stride: int = 1, **more: Any) -> dict[str, Any]:
    return {"kernel": [kernel, kernel], "stride": [stride, stride], "filters": filters, **more}


def network(*layers: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"network": {"layers": list(layers), **more}}


def test_the_small_space_holds_1296_networks() -> None:
    candidates = list(SMALL.enumerate())
    assert len(candidates) == len({SMALL.key(SMALL.decode(one)) for one in candidates}) == SMALL.nominal_size == 1296
    assert [SMALL.rank(one) for one in candidates] == list(range(1296))
    assert [SMALL.unrank(index) for index in range(1296)] == candidates
    first, last = (SMALL.decode(candidates[index])["network"] for index in (0, -1))
    assert [one["stride"] for one in first["layers"]] == [[2, 2], [1, 1], [2, 2], [1, 1]]
    assert {(*one["kernel"], one["filters"]) for one in first["layers"]} == {(1, 1, 32)}
    assert {(*one["kernel"], one["filters"]) for one in last["layers"]} == {(3, 3, 64)}


def test_a_key_names_the_network_and_not_its_spelling() -> None:
    spec = SMALL.decode((1, 0, 1, 0, 1, 2, 1, 2))
    layers = [
        {"filters": np.int64(one["filters"]), "stride": tuple(map(float, one["stride"])), "kernel": (*one["kernel"],)}
        for one in spec["network"]["layers"]
    ]
    assert SMALL.key({"network": {"batch_norm": 0, "layers": tuple(layers)}}) == SMALL.key(spec)
    assert SMALL.key(network(*layers)) == SMALL.key(spec)
    assert SMALL.key(network(*layers, batch_norm=True)) != SMALL.key(spec)
    layers[2]["filters"] = 48.0
    assert SMALL.key(network(*layers)) != SMALL.key(spec)


def test_keys_of_skip_connections() -> None:
    inputs = [[0, 1], [1, 0], (1.0, 0.0), [1], None, [0], []]
    last = [layer() if found is None else layer(inputs=found) for found in inputs]
    keys = [SMALL.key(network(layer(), layer(), one)) for one in last]
    assert len(set(keys[:3])) == 1
    assert keys[3] == keys[4]  # fed by the layer before it, whether the spec says so or not
    assert len(set(keys[2:])) == 4
    assert SMALL.key(network(layer(pool=False))) == SMALL.key(network(layer())) != SMALL.key(network(layer(pool=True)))
    assert SMALL.key(network(layer())) == SMALL.key(network(layer(inputs=[])))


def test_the_full_space_of_the_source() -> None:
    space = made(**FULL)
    first = [decision for decision in space.plan if decision.place == 0]
    assert {decision.kind: decision.options for decision in first} == {
        "height": (1, 3, 5, 7),
        "width": (1, 3, 5, 7),
        "stride-height": (1, 2, 3),
        "stride-width": (1, 2, 3),
        "filters": (24, 36, 48, 64),
    }
    third = [decision for decision in space.plan if decision.place == 2 and decision.kind == "skip"]
    assert [(decision.source, decision.name) for decision in third] == [(0, "layer 3 from 1"), (1, "layer 3 from 2")]
    assert space.nominal_size == (4 * 4 * 3 * 3 * 4) ** 6 * 2**15
    spec = space.decode((0, 3, 1, 2, 3) + (0,) * 5 + (1,) + (0,) * 5 + (0, 1) + (0,) * (5 + 3 + 5 + 4 + 5 + 5))
    layers = spec["network"]["layers"]
    assert layers[0] == {"kernel": [1, 7], "stride": [2, 3], "filters": 64, "pool": False, "inputs": []}
    assert [one["inputs"] for one in layers] == [[], [0], [1], [], [], []]
    assert [one["pool"] for one in layers] == [False, True, False, True, False, False]
    assert all(space.unrank(space.rank(one)) == one for one in space.spread(20))


@pytest.mark.parametrize("strides", [(1,), (1, 1, 2, 1, 2, 1)])
def test_fixed_strides(strides: tuple[int, ...]) -> None:
    space = made(**{**FULL, "strides": strides, "stride_options": None})
    assert {decision.kind for decision in space.plan} == {"height", "width", "filters", "skip"}
    found = [one["stride"] for one in space.decode(space.largest())["network"]["layers"]]
    assert found == [[stride, stride] for stride in (strides * 6 if len(strides) == 1 else strides)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"heights": (1, 3)}, "give either `kernels`"),
        ({"kernels": None}, "give either `kernels`"),
        ({"kernels": None, "heights": (1, 3)}, "give either `kernels`"),
        ({"strides": None}, "give either `strides`"),
        ({"stride_options": (1, 2)}, "give either `strides`"),
        ({"kernels": (1, 2)}, "`kernels` must be odd"),
        ({"filters": (32, 32)}, "`filters` holds a value twice"),
        ({"pools": (1, 1)}, "`pools` holds a value twice"),
        ({"pools": (5,)}, "beyond the last, 4"),
        ({"layers": 5}, "`strides` must hold 1 or 5 values"),
        ({"layers": 6, "strides": (1,), "depth": {"most": 5}}, "depth.most 5 is below layers 6"),
        ({"layers": 61, "strides": (1,)}, "less than or equal to 60"),
        ({"filters": ()}, "`filters` holds no option"),
        ({"strides": ()}, "`strides` must hold 1 or 4 values"),
        ({"filters": (0,)}, "greater than or equal to 1"),
        ({"kernels": (33,)}, "less than or equal to 31"),
        ({"wide": 3}, "Extra inputs"),
    ],
    ids=str,
)
def test_what_cannot_be_set(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        SETTINGS(**settings)
    assert caught.value.error_count() == 1


@pytest.mark.parametrize(
    "actions", [(), (0,) * 7, (0,) * 9, (0,) * 7 + (3,), (-1,) + (0,) * 7], ids=lambda actions: str(actions)
)
def test_what_is_no_candidate(actions: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"has 8 decisions|no option"):
        SMALL.decode(actions)


@pytest.mark.parametrize("index", [-1, 1296])
def test_there_is_no_such_rank(index: int) -> None:
    with pytest.raises(ValueError, match="the space has 1296"):
        SMALL.unrank(index)


def test_the_largest_network() -> None:
    assert SMALL.largest() == SMALL.unrank(1295)
    space = made(**{**FULL, "filters": (64, 24)})
    layers = space.decode(space.largest())["network"]["layers"]
    assert all(one["kernel"] == [7, 7] and one["stride"] == [1, 1] and one["filters"] == 64 for one in layers)
    assert [one["inputs"] for one in layers] == [list(range(number)) for number in range(6)]


def test_the_rule_of_thumb_takes_the_largest_kernels_and_draws_the_rest() -> None:
    space, rng = made(**FULL), np.random.default_rng(0)
    drawn = [space.decode(space.rule_of_thumb(rng))["network"]["layers"][0] for _ in range(200)]
    assert {tuple(one["kernel"]) for one in drawn} == {(7, 7)}
    assert {one["filters"] for one in drawn} == {24, 36, 48, 64}
    assert {tuple(one["stride"]) for one in drawn} == {(a, b) for a in (1, 2, 3) for b in (1, 2, 3)}


def test_spread_reaches_both_ends() -> None:
    assert [SMALL.rank(one) for one in SMALL.spread(5)] == [0, 324, 648, 971, 1295]
    large = made(**FULL)
    assert large.spread(4) == made(**FULL).spread(4)
    assert all(len(decisions(large, one)) == len(large.plan) for one in large.spread(4))


def test_labels_are_short() -> None:
    deep = made(layers=20, strides=(1,))
    label = deep.describe(deep.decode(deep.largest()))
    assert label.startswith("3x3x64 3x3x64") and "(20 layers, " in label and len(label) < 80


def test_questions_of_one_kind_share_their_options() -> None:
    space = made(**FULL, depth={"most": 10})
    kinds: dict[str, set[tuple[Any, ...]]] = {}
    for decision in space.at(10**9).plan:
        assert isinstance(decision, Choice) and decision.mask == (True,) * len(decision.options)
        kinds.setdefault(decision.kind, set()).add(decision.options)
    assert all(len(options) == 1 for options in kinds.values())
    assert space.at(10**9).layers == 10
    assert math.prod(len(decision.options) for decision in space.plan) == space.nominal_size

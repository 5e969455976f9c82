"""Masks of the MetaQNN space against a reading of the rules of its own, and its limits."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from math import ceil
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from rlsearch.spaces import _metaqnn_paths, _planted
from rlsearch.spaces.base import Actions
from rlsearch.spaces.metaqnn import SETTINGS, TEST_SETTINGS, MetaQNN

Layer = tuple[Any, ...]


def drawn(rng: np.random.Generator) -> dict[str, Any]:
    """Return random settings of a small space."""

    def some(values: list[Any], least: int) -> tuple[Any, ...]:
        count = int(rng.integers(least, 3))
        return tuple(values[place] for place in rng.permutation(len(values))[:count])

    settings = {
        "size": int(rng.integers(1, 21)),
        "channels": int(rng.integers(1, 4)),
        "classes": int(rng.integers(2, 12)),
        "filters": some([1, 2, 4, 8], 1),
        "fields": some([1, 3, 5, 7], 1),
        "pool_sizes": some([(5, 3), (3, 2), (2, 2), (2, 3), (3, 3), (1, 1)], 0),
        "fc": some([2, 4, 8, 16], 0),
        "depth": int(rng.integers(1, 4)),
        "max_fc": int(rng.integers(0, 4)),
        "initial_pool": bool(rng.integers(2)),
        "first": str(rng.choice(["same", "valid"])),
        "pools": str(rng.choice(["same", "valid"])),
    }
    if rng.random() < 0.4:
        settings["most_parameters"] = int(10 ** rng.uniform(0, 3.5))
    if rng.random() < 0.3:
        settings["most_flops"] = int(10 ** rng.uniform(0, 4.5))
    return settings


def networks(s: dict[str, Any]) -> Iterator[Actions]:
    """Yield every network that keeps to the rules and limits, as indices of the layers in the order of the issue."""
    bodies: list[Layer] = [("C", filters, field) for filters in s["filters"] for field in s["fields"]]
    bodies += [("P", size, stride) for size, stride in s["pool_sizes"]]
    bodies += [("FC", units) for units in s["fc"]]
    layers = [*bodies, ("GAP",), ("SM",)]
    for length in range(s["depth"] + 1):
        for body in itertools.product(range(len(bodies)), repeat=length):
            for end in (len(bodies), len(bodies) + 1):
                if obeys([layers[index] for index in (*body, end)], s):
                    yield (*body, end)


def obeys(layers: list[Layer], s: dict[str, Any]) -> bool:
    """Read the rules of a whole network, one after the other."""
    sizes = [s["size"]]
    for place, layer in enumerate(layers[:-1]):
        side = sizes[-1]
        if layer[0] == "C":
            side = side - layer[2] + 1 if place == 0 and s["first"] == "valid" else side
        elif layer[0] == "P":
            side = ceil(side / layer[2]) if s["pools"] == "same" else len(range(0, side - layer[1] + 1, layer[2]))
        sizes.append(side)
    kinds = [layer[0] for layer in layers]
    extent = {"C": 2, "P": 1}
    if any(layer[0] in extent and layer[extent[layer[0]]] > side for layer, side in zip(layers, sizes, strict=True)):
        return False  # fields and pools are no larger than the maps
    if ("P", "P") in itertools.pairwise(kinds) or (kinds[0] == "P" and not s["initial_pool"]):
        return False
    if kinds.count("FC") > s["max_fc"] or any(
        layer[0] == "FC" and side > 8 for layer, side in zip(layers, sizes, strict=True)
    ):
        return False
    if any(before == "FC" and after not in ("FC", "SM") for before, after in itertools.pairwise(kinds)):
        return False
    units = [layer[1] for layer in layers if layer[0] == "FC"]
    if units != sorted(units, reverse=True):
        return False
    parameters, flops = costs(layers, sizes, s)
    return parameters <= s.get("most_parameters", parameters) and flops <= s.get("most_flops", flops)


def costs(layers: list[Layer], sizes: list[int], s: dict[str, Any]) -> tuple[int, int]:
    channels, vector, parameters, products = s["channels"], 0, 0, 0
    for layer, before, after in zip(layers, sizes, [*sizes[1:], sizes[-1]], strict=True):
        inputs = vector or channels * before**2
        if layer[0] == "C":
            weights = channels * layer[1] * layer[2] ** 2
            parameters, products, channels = parameters + weights + layer[1], products + weights * after**2, layer[1]
        elif layer[0] in ("FC", "GAP", "SM"):
            inputs = channels if layer[0] == "GAP" else inputs
            outputs = layer[1] if layer[0] == "FC" else s["classes"]
            parameters, products = parameters + inputs * outputs + outputs, products + inputs * outputs
            vector = layer[1] if layer[0] == "FC" else 0
    return parameters, 2 * products


def test_masks_are_those_of_the_rules_on_500_random_settings() -> None:
    rng, without = np.random.default_rng(0), 0
    for _ in range(500):
        settings = drawn(rng)
        everything = list(networks(settings))
        if not everything:
            with pytest.raises(ValidationError, match="leave no network"):
                SETTINGS(**settings)
            without += 1
            continue
        following: defaultdict[Actions, set[int]] = defaultdict(set)
        for actions in everything:
            for length, action in enumerate(actions):
                following[actions[:length]].add(action)
        space = MetaQNN(SETTINGS(**settings))
        for prefix, options in following.items():
            decision = space.next(prefix)
            assert decision is not None and set(np.flatnonzero(decision.mask)) == options, (settings, prefix)
        assert all(space.next(actions) is None for actions in everything)
        assert space.nominal_size == len(everything) and space.longest == max(map(len, everything))
    assert 50 < without < 200


def test_limits_that_leave_no_network_are_one_message() -> None:
    with pytest.raises(ValidationError) as caught:
        SETTINGS(most_parameters=3, most_flops=100)
    (error,) = caught.value.errors()
    assert (
        "most_parameters 3 and most_flops 100 leave no network: GAP() alone has 4 parameters and takes 4 FLOPs"
        in (error["msg"])
    )


def test_a_space_with_limits_that_is_too_large_to_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_metaqnn_paths, "MOST_PLACES", 100)
    space = MetaQNN(SETTINGS(**{**TEST_SETTINGS, "depth": 6, "most_parameters": 5_000, "most_flops": 10**6}))
    assert space.nominal_size is None and space.has_equal_sequences and space.extent() == (7, 13)
    spread = space.spread(8)
    assert len({space.key(space.decode(actions)) for actions in spread}) == 8 == len(set(spread))
    for actions in (*spread, space.largest(), space.optimum()):
        assert actions is not None and list(space.rules.broken_rules([space.rules.options[a] for a in actions])) == []
    assert "estimated" in space.sizes()
    monkeypatch.setattr(_metaqnn_paths, "MOST_DRAWN", 20)
    small = MetaQNN(SETTINGS(**{**TEST_SETTINGS, "most_parameters": 5_000}))
    monkeypatch.setattr(_metaqnn_paths, "MOST_PLACES", 1)
    few = MetaQNN(SETTINGS(**{**TEST_SETTINGS, "depth": 1, "most_parameters": 100}))
    assert few.nominal_size is None and 0 < len(few.spread(500)) < 20 < len(small.spread(50))
    monkeypatch.setattr(_planted, "DRAWS", 100)
    assert abs(space.planted(spread[0])) < 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"filters": ()}, "at least 1 item"),
        ({"filters": (4, 4)}, "holds a value twice: 4"),
        ({"fields": (1, 2)}, "must be odd, and 2 is not"),
        ({"pool_sizes": ((2, 2), (2, 2))}, "holds a value twice"),
        ({"pool_sizes": ((2,),)}, "pool_sizes.0"),
        ({"depth": 61}, "less than or equal to 60"),
        ({"size": 0}, "greater than or equal to 1"),
        ({"pools": "full"}, "'valid' or 'same'"),
        ({"known": {"hand-made": "SM()"}}, "'hand-made' is the name of the space's own baseline"),
        ({"known": {"mine": "C(64,3,1) - D(3) - SM()"}}, r"mine: layer 2 'D\(3\)' is unknown; layers are C"),
        ({"known": {"mine": "P(65,1) - SM()"}}, r"known.mine: layer 1 P\(65,1\) is larger than its map of 64x64"),
        ({"known": {"mine": "P(2,2)"}}, r"mine: 'P\(2,2\)' has no end"),
    ],
    ids=str,
)
def test_what_cannot_be_set(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        SETTINGS(**settings)
    assert caught.value.error_count() == 1


def test_texts_of_known_networks_are_spelt_alike() -> None:
    assert SETTINGS(known={"a": "[C(8,3,1),SM(10)]"}) == SETTINGS(known={"a": "C(8,3,1)-sm"})

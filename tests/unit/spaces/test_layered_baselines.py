"""What layered-cnn offers beside its candidates: numbers of parameters, matched widths, ablations, baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from rlsearch.networks import _registry as registry
from rlsearch.spaces._layered_parameters import parameters
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


def trained(spec: Mapping[str, Any], channels: int = 3, classes: int = 10) -> int:
    """Count the parameters of the network as torch builds it."""
    model = registry.build("layered-cnn", (channels, 8, 8), classes, spec["network"])
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("skips", [False, True])
def test_parameters_are_those_of_torch(skips: bool, batch_norm: bool) -> None:
    space, rng = made(**{**FULL, "skips": skips, "batch_norm": batch_norm}), np.random.default_rng(1)
    for channels, classes in ((3, 10), (1, 7)):
        for _ in range(10):
            spec = space.decode(space.sample(rng))
            assert parameters(spec["network"], channels, classes) == trained(spec, channels, classes)


@pytest.mark.parametrize("settings", [{}, FULL, {**FULL, "batch_norm": True}], ids=["small", "full", "normalised"])
def test_the_hand_made_network_has_as_many_parameters(settings: dict[str, Any]) -> None:
    space, rng = made(**settings), np.random.default_rng(2)
    for _ in range(10):
        spec = space.decode(space.sample(rng))
        plain = space.matched("hand-made", spec)
        assert plain is not None
        found, given = plain["network"]["layers"], spec["network"]["layers"]
        (width,) = {one["filters"] for one in found}
        assert {tuple(one["kernel"]) for one in found} == {(3, 3)}
        for what in ("stride", "pool"):
            assert [one.get(what) for one in found] == [one.get(what) for one in given]
        distances = [
            abs(trained(network(*({**one, "filters": near} for one in found), **_rest(spec))) - trained(spec))
            for near in (max(width - 1, 1), width, width + 1)
        ]
        assert distances[1] == min(distances)
        assert [one.get("inputs") for one in found] == (
            [[number - 1] if number else [] for number in range(len(found))]
            if settings.get("skips")
            else [None] * len(found)
        )


def _rest(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec["network"].items() if key != "layers"}


def test_the_matched_width_by_hand() -> None:
    """Two layers, one channel, one class: 9 w + w + 9 w^2 + w + w + 1 = 9 w^2 + 12 w + 1; w = 3: 118, w = 4: 193."""
    wide = network(layer(1, 10), layer(1, 10))  # 1 -> 10 -> 10 -> 1 with 1x1 kernels: 20 + 110 + 11 = 141
    assert parameters(wide["network"], 1, 1) == 141
    matched = SMALL.matched("hand-made", wide, shape=(1, 8, 8), outputs=1)
    assert matched is not None
    assert [one["filters"] for one in matched["network"]["layers"]] == [3, 3]
    assert SMALL.matched("all-skips", wide) is None


def test_ablations_change_one_thing_of_the_network_found() -> None:
    space = made(layers=3, strides=(1,), skips=True, filters=(24, 36))
    spec = space.decode(space.sample(np.random.default_rng(3)))
    layers = spec["network"]["layers"]

    def changed(name: str) -> list[dict[str, Any]]:
        found = space.matched(name, spec, shape=(3, 32, 32), outputs=10)
        assert found is not None
        assert _rest(found) == _rest(spec)
        return list(found["network"]["layers"])

    assert changed("all-skips") == [{**layer, "inputs": [*range(n)]} for n, layer in enumerate(layers)]
    assert changed("no-skips") == [{**layer, "inputs": [n - 1] if n else []} for n, layer in enumerate(layers)]
    assert changed("more-filters") == [{**layer, "filters": layer["filters"] + 40} for layer in layers]


def test_baselines_are_as_deep_as_a_search_can_get() -> None:
    space = made(layers=2, strides=(1,), skips=True, depth={"step": 2, "every": 3, "most": 5})
    found = space.baselines()
    assert list(found) == ["hand-made", "all-skips", "no-skips", "more-filters"]
    assert [one["filters"] for one in found["more-filters"]["network"]["layers"]] == [72, 72, 88, 88, 104]
    assert [one["inputs"] for one in found["all-skips"]["network"]["layers"]] == [
        [],
        [0],
        [0, 1],
        [0, 1, 2],
        [*range(4)],
    ]
    assert [one["inputs"] for one in found["no-skips"]["network"]["layers"]] == [[], [0], [1], [2], [3]]
    assert [one["filters"] for one in found["hand-made"]["network"]["layers"]] == [32, 32, 48, 48, 64]
    assert list(SMALL.baselines()) == ["hand-made"]

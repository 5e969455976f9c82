"""The metaqnn network: published parameter counts, sizes, FLOPs and values against what is built by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rlsearch.config.task_models import RuntimeSettings, TaskSettings
from rlsearch.data.kinds.base import Form
from rlsearch.layer_costs import steps
from rlsearch.layer_notation import Layer, read, write
from rlsearch.networks import _registry as registry
from rlsearch.networks.metaqnn import MetaQNN, forward_flops
from rlsearch.training import forward_flops as counted
from rlsearch.training.calibrate import ImaginedTask
from rlsearch.training.outcome import UnfitError

PUBLISHED = {
    "P(2,2) - C(256,5,1) - C(128,1,1) - P(3,2) - C(64,3,1) - C(521,5,1) - C(128,3,1) - C(64,3,1) - P(3,3) - SM()": (
        1_623_882
    ),
    "C(128,5,1) - C(256,5,1) - C(256,5,1) - SM()": 3_383_041,
    "C(256,1,1) - C(521,5,1) - C(64,5,1) - P(5,3) - C(128,5,1) - P(2,3) - C(521,3,1) - P(5,2) - C(64,1,1) - SM()": (
        5_009_171
    ),
    "C(128,5,1) - C(64,1,1) - SM()": 241_985,
    "C(128,3,1) - C(128,1,1) - SM()": 509_825,
}
"""Parameters that Salvucci (2025) gives for 1x64x64."""
SOURCE = {"first": "valid", "pools": "same", "head": "sigmoid"}


def parameters(text: str, shape: tuple[int, int, int], classes: int = 2, **options: object) -> int:
    model = registry.build("metaqnn", shape, classes, {"layers": text, **options})
    return sum(parameter.numel() for parameter in model.parameters())


def drawn(rng: np.random.Generator) -> str:
    """Return a chain that breaks rules freely: strides, even fields, FC anywhere, GAP after it."""
    layers = []
    for _ in range(rng.integers(0, 5)):
        kind = rng.choice(["C", "P", "FC"], p=[0.5, 0.3, 0.2])
        first = rng.integers(1, 6, {"C": 3, "P": 2, "FC": 1}[kind])
        layers.append(Layer(str(kind), tuple(int(number) for number in first)))
    return write([*layers, Layer(str(rng.choice(["GAP", "SM"])))])


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_counts(text: str) -> None:
    assert parameters(text, (1, 64, 64), **SOURCE) == PUBLISHED[text]
    assert sum(step.parameters for step in steps(read(text), (1, 64, 64), 1, "valid", "same")) == PUBLISHED[text]


def test_counts_of_the_table() -> None:
    three = "C(4,1,1) - C(4,1,1) - C(4,1,1)"
    assert [parameters(text, (1, 16, 16)) for text in (f"{three} - GAP()", f"{three} - SM()", "SM()")] == [
        58,
        2_098,
        514,
    ]


def test_any_chain_is_built_and_counted_without_being_built() -> None:
    rng, built = np.random.default_rng(0), 0
    for number in range(200):
        text, shape = drawn(rng), tuple(int(n) for n in (rng.integers(1, 4), *rng.integers(1, 15, 2)))
        options = {
            "first": str(rng.choice(["same", "valid"])),
            "pools": str(rng.choice(["same", "valid"])),
            "head": str(rng.choice(["softmax", "sigmoid"])),
        }
        try:
            flops = registry.forward_flops("metaqnn", shape, 2, {"layers": text, **options})
        except ValueError as error:
            with pytest.raises(ValueError, match="is larger than its map of") as caught:
                registry.build("metaqnn", shape, 2, {"layers": text, **options})
            assert str(caught.value) == str(error)
            continue
        model = registry.build("metaqnn", shape, 2, {"layers": text, **options})
        chain = steps(read(text), shape, 1 if options["head"] == "sigmoid" else 2, options["first"], options["pools"])
        example = torch.zeros(1, *shape)
        assert flops == counted.forward_flops(model, example) == sum(step.flops for step in chain), (text, shape)
        assert sum(p.numel() for p in model.parameters()) == sum(step.parameters for step in chain)
        assert model(torch.randn(3, *shape)).shape == (3, 2) and model.features(example).shape[1:] == (
            chain[-2].maps if len(chain) > 1 else shape
        ), number
        built += 1
    assert built > 100


def test_pools_pad_with_what_is_never_the_largest() -> None:
    """As TensorFlow's "same": an odd pixel is added on the right and below."""
    images = -torch.rand(2, 1, 7, 6) - 1
    pool = MetaQNN((1, 7, 6), 2, "P(3,2) - SM()", pools="same", dropout=False).features
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (1, 1), (0, 1)), constant_values=-np.inf)
    wanted = [[padded[:, 0, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3].max((1, 2)) for j in range(3)] for i in range(4)]
    assert np.array_equal(pool(images)[:, 0].numpy(), np.transpose(wanted, (2, 0, 1)))


def test_even_fields_pad_on_the_right() -> None:
    model = MetaQNN((1, 3, 3), 2, "C(1,2,1) - SM()", dropout=False)
    conv = next(module for module in model.features if isinstance(module, torch.nn.Conv2d))
    torch.nn.init.ones_(conv.weight)
    image = torch.arange(9.0).reshape(1, 1, 3, 3)
    assert model.features(image)[0, 0].tolist() == [[8, 12, 7], [20, 24, 13], [13, 15, 8]]


def test_one_unit_is_the_sigmoid_of_two_logits() -> None:
    model = MetaQNN((1, 8, 8), 2, "C(4,3,1) - GAP()", head="sigmoid").eval()
    logits = model(torch.randn(5, 1, 8, 8))
    assert torch.equal(logits[:, 0], torch.zeros(5))
    assert torch.allclose(logits.softmax(1)[:, 1], logits[:, 1].sigmoid())


@pytest.mark.parametrize(
    ("layers", "rates"),
    [(0, []), (1, []), (2, [0.5]), (3, [0.5]), (4, [0.25, 0.5]), (7, [1 / 6, 1 / 3, 1 / 2])],
)
def test_dropout_follows_every_second_layer(layers: int, rates: list[float]) -> None:
    chain = [["C(3,3,1)", "P(2,1)", "C(3,1,1)", "FC(4)"][number % 3] for number in range(layers)]
    modules = list(MetaQNN((1, 9, 9), 2, " - ".join([*chain, "SM"])).features)
    dropouts = [place for place, module in enumerate(modules) if isinstance(module, torch.nn.Dropout)]
    assert [modules[place].p for place in dropouts] == rates
    counted = (torch.nn.Conv2d, torch.nn.MaxPool2d, torch.nn.Linear)
    assert [sum(isinstance(module, counted) for module in modules[:place]) for place in dropouts] == [
        2 * (number + 1) for number in range(len(rates))
    ]
    bare = MetaQNN((1, 9, 9), 2, " - ".join([*chain, "SM"]), dropout=False)
    assert not any(isinstance(module, torch.nn.Dropout) for module in bare.modules())


def test_weights_are_drawn_by_glorots_rule() -> None:
    torch.manual_seed(0)
    model = MetaQNN((3, 8, 8), 2, "C(64,3,1) - FC(50) - SM()")
    weights = [parameter for name, parameter in model.named_parameters() if name.endswith("weight")]
    for weight, fans in zip(weights, [(3 + 64) * 9, 64 * 64 + 50, 50 + 2], strict=True):
        bound = math.sqrt(6 / fans)
        assert bound * 0.9 < weight.abs().max() <= bound and abs(weight.std() / (bound / math.sqrt(3)) - 1) < 0.15
    assert all(not parameter.any() for name, parameter in model.named_parameters() if name.endswith("bias"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs a spec with at least one layer"),
        ({"layers": "C(4,3,1)"}, "has no end"),
        ({"layers": "P(2,2) - P(5,3) - SM()"}, r"layer 2 P\(5,3\) is larger than its map of 4x4"),
        ({"layers": "C(4,9,1) - SM()", "first": "valid"}, r"layer 1 C\(4,9,1\) is larger than its map of 8x8"),
        ({"layers": "SM()", "pools": "full"}, "metaqnn has no pools 'full'; allowed: valid, same"),
        ({"layers": "SM()", "head": "relu"}, "metaqnn has no head 'relu'; allowed: softmax, sigmoid"),
        ({"layers": "SM()", "dropout": 0.5}, "metaqnn has no dropout 0.5; allowed: True, False"),
    ],
)
def test_what_cannot_be_built(options: dict[str, Any], message: str) -> None:
    for ask in (registry.build, registry.forward_flops):
        with pytest.raises(ValueError, match=message):
            ask("metaqnn", (1, 8, 8), 2, options)


def test_one_unit_is_for_two_classes() -> None:
    with pytest.raises(ValueError, match="tells two classes apart, not 10; use 'softmax'"):
        MetaQNN((1, 8, 8), 10, "SM()", head="sigmoid")


def test_a_network_without_a_count_of_its_own_is_built() -> None:
    assert registry.forward_flops("simple-cnn", (1, 8, 8), 10) is None
    assert forward_flops((1, 4, 4), 3, "SM()") == 2 * 16 * 3


def test_a_task_prices_a_chain_without_building_it(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TaskSettings.model_validate({"network": "metaqnn", "epochs": 3})
    task = ImaginedTask(settings, RuntimeSettings(), (), Path(), imagined=Form((1, 16, 16), 2), counts=(96, 32))
    spec = {"network": {"layers": "C(4,3,1) - P(2,2) - SM()"}}
    built = counted.forward_flops(task.build(spec, 0), torch.zeros(1, 1, 16, 16))
    monkeypatch.setattr(registry, "build", None)
    assert task.full_cost(spec) == 3 * built * 96 * 3
    with pytest.raises(UnfitError, match="larger than its map") as caught:
        task.full_cost({"network": {"layers": "P(17,2) - SM()"}})
    assert caught.value.part == "network metaqnn"

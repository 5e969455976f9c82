"""The two networks: sizes, shapes, options and errors."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rlsearch.config import plugins
from rlsearch.errors import SettingsError
from rlsearch.networks import registry
from rlsearch.networks.base import InputShape
from rlsearch.networks.simple_cnn import SimpleCNN
from rlsearch.networks.vgg_like import DROPOUT, VGGLike

SHAPES: list[InputShape] = [(3, 32, 32), (1, 28, 28), (1, 8, 8)]
NAMES = ["simple-cnn", "vgg-like"]  # layered-cnn has no network without a spec: test_layered_cnn.py


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def layers(model: nn.Module, *kinds: type[nn.Module]) -> list[str]:
    return [type(module).__name__ for module in model.modules() if isinstance(module, kinds)]


def test_sizes_of_the_source() -> None:
    assert parameters(SimpleCNN((3, 32, 32), 10)) == 620_362
    assert parameters(VGGLike((3, 32, 32), 10)) == 1_343_146


def test_both_are_found_by_file_name() -> None:
    assert plugins.names("networks") == ["layered-cnn", *NAMES]
    assert isinstance(registry.build("simple-cnn", (1, 8, 8), 10), SimpleCNN)
    assert isinstance(registry.build("vgg-like", (1, 8, 8), 10), VGGLike)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_forward_and_backward(name: str, shape: InputShape) -> None:
    torch.manual_seed(0)
    model = registry.build(name, shape, 7)
    logits = model(torch.rand(5, *shape))
    nn.functional.cross_entropy(logits, torch.arange(5)).backward()
    assert logits.shape == (5, 7)
    assert all(p.grad is not None and torch.isfinite(p.grad).all() and p.grad.any() for p in model.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_channels_last_gives_the_same_logits(name: str) -> None:
    torch.manual_seed(0)
    model = registry.build(name, (3, 32, 32), 10).eval()
    images = torch.rand(4, 3, 32, 32)
    expected = model(images)
    model.to(memory_format=torch.channels_last)
    found = model(images.to(memory_format=torch.channels_last))
    torch.testing.assert_close(found, expected)


def test_order_of_layers() -> None:
    small = layers(SimpleCNN((3, 32, 32), 10), nn.Conv2d, nn.SiLU, nn.MaxPool2d, nn.Linear)
    assert small == ["Conv2d", "SiLU", "MaxPool2d"] * 3 + ["Linear", "SiLU", "Linear"]
    large = layers(
        VGGLike((3, 32, 32), 10),
        *(nn.Conv2d, nn.SiLU, nn.BatchNorm2d, nn.BatchNorm1d, nn.MaxPool2d, nn.Dropout, nn.Linear),
    )
    block = ["Conv2d", "SiLU", "BatchNorm2d"] * 2 + ["MaxPool2d", "Dropout"]
    assert large == block * 3 + ["Linear", "SiLU", "BatchNorm1d", "Dropout", "Linear"]


def test_dropout_rates() -> None:
    def rates(model: nn.Module) -> tuple[float, ...]:
        return tuple(module.p for module in model.modules() if isinstance(module, nn.Dropout))

    assert rates(registry.build("vgg-like", (1, 8, 8), 10)) == DROPOUT == (0.2, 0.3, 0.4, 0.5)
    assert rates(registry.build("vgg-like", (1, 8, 8), 10, {"dropout": [0, 0.1, 0.2, 0.3]})) == (0, 0.1, 0.2, 0.3)


@pytest.mark.parametrize("wrong", [[0.2], [0.2, 0.3, 0.4, 1.0], [0.2, 0.3, 0.4, -0.1], 0.5, ["a"] * 4])
def test_wrong_dropout_rates(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"needs 4 dropout rates in \[0, 1\)"):
        registry.build("vgg-like", (1, 8, 8), 10, {"dropout": wrong})


@pytest.mark.parametrize("name", NAMES)
def test_too_small_images_name_the_smallest_size(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} .* at least 8x8 pixels, got 7x16"):
        registry.build(name, (1, 7, 16), 10)


def test_unknown_name_and_option_name_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"there is no network 'simple-cn' .did you mean 'simple-cnn'"):
        registry.build("simple-cn", (1, 8, 8), 10)
    with pytest.raises(SettingsError, match=r"no option 'droput' .did you mean 'dropout'"):
        registry.build("vgg-like", (1, 8, 8), 10, {"droput": 0.5})
    with pytest.raises(SettingsError, match="allowed: no options"):
        registry.build("simple-cnn", (1, 8, 8), 10, {"width": 2})


def test_a_registered_class_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})

    @registry.register("tiny")
    class Tiny(nn.Sequential):
        def __init__(self, input_shape: InputShape, classes: int, hidden: int = 3) -> None:
            super().__init__(nn.Flatten(), nn.LazyLinear(hidden), nn.Linear(hidden, classes))

    registry.register("simple-cnn")(Tiny)
    assert registry.names() == ["layered-cnn", "simple-cnn", "tiny", "vgg-like"]
    for name in ("tiny", "simple-cnn"):
        model = registry.build(name, (1, 8, 8), 4, {"hidden": 5})
        assert type(model) is Tiny
        assert model(torch.rand(2, 1, 8, 8)).shape == (2, 4)


@pytest.mark.parametrize("name", ["My-Net", "my_net", "../net", ""])
def test_names_that_cannot_be_registered(name: str) -> None:
    with pytest.raises(SettingsError, match="cannot name a network"):
        registry.register(name)

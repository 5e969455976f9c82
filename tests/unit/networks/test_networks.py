"""The networks that need no spec: sizes, shapes, options and errors."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from rlsearch.config import plugin_source, plugins
from rlsearch.errors import SettingsError
from rlsearch.networks import _registry as registry
from rlsearch.networks.base import InputShape
from rlsearch.networks.simple_cnn import SimpleCNN
from rlsearch.networks.small_resnet import SmallResNet
from rlsearch.networks.vgg_like import DROPOUT, VGGLike
from rlsearch.training.scope import child_scope

RECURRENT = ["recurrent-lm", "recurrent-translator"]  # no network of images: test_recurrent_lm.py
SHAPES: list[InputShape] = [(3, 32, 32), (1, 28, 28), (1, 8, 8)]
NAMES = [
    "resnet-18",
    "simple-cnn",
    "small-resnet",
    "vgg-like",
]  # layered-cnn has no network without a spec: test_layered_cnn.py


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def layers(model: nn.Module, *kinds: type[nn.Module]) -> list[str]:
    return [type(module).__name__ for module in model.modules() if isinstance(module, kinds)]


def test_sizes_of_the_source() -> None:
    assert parameters(SimpleCNN((3, 32, 32), 10)) == 620_362
    assert parameters(VGGLike((3, 32, 32), 10)) == 1_343_146


def test_sizes_of_residual_networks() -> None:
    """ResNet-20, -32 and -56 of He et al. 2016 (table 6 rounds them), and the usual ResNet-18 for CIFAR-10."""
    for blocks, count in ((3, 269_722), (5, 464_154), (9, 853_018)):
        assert parameters(SmallResNet((3, 32, 32), 10, width=16, blocks=blocks)) == count
    for stem, count in (("cifar", 11_173_962), ("imagenet", 11_181_642)):
        assert parameters(registry.build("resnet-18", (3, 32, 32), 10, {"stem": stem})) == count


@pytest.mark.parametrize(("width", "blocks"), [(8, 1), (4, 2), (1, 1)])
def test_small_resnet_is_counted_by_formula(width: int, blocks: int) -> None:
    """Per stage of w channels: 2 n convolutions (9 w^2, the first 9 w v after v channels), 2 w of batch norm each."""
    expected, before = 9 * width + 2 * width, width
    for w in (width, 2 * width, 4 * width):
        expected += 9 * w * before + (2 * blocks - 1) * 9 * w * w + 2 * blocks * 2 * w
        before = w
    assert parameters(SmallResNet((1, 8, 8), 10, width, blocks)) == expected + 4 * width * 10 + 10


def test_a_block_of_zero_weights_is_its_shortcut() -> None:
    model = SmallResNet((1, 8, 8), 10, width=2).eval()
    halving = model.features[4]
    for p in halving.parameters():
        nn.init.zeros_(p)
    maps = torch.rand(3, 2, 7, 8)
    found = halving(maps)
    assert found.shape == (3, 4, 4, 4) and not found[:, 2:].any()
    assert torch.equal(found[:, :2], maps[:, :, ::2, ::2])


@pytest.mark.parametrize(("stem", "size"), [("cifar", 32), ("imagenet", 8)])
def test_stems_of_resnet_18(stem: str, size: int) -> None:
    found: Any = registry.build("resnet-18", (1, 32, 32), 10, {"stem": stem})
    net = found.network
    assert net.maxpool(net.relu(net.bn1(net.conv1(torch.rand(2, 1, 32, 32))))).shape == (2, 64, size, size)


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_the_seeds(name: str) -> None:
    def weights(seed: int) -> torch.Tensor:
        with child_scope(seed, torch.device("cpu"), 1):
            return nn.utils.parameters_to_vector(registry.build(name, (1, 8, 8), 10).parameters())

    first = weights(3)
    torch.rand(5)
    assert torch.equal(weights(3), first) and not torch.equal(weights(4), first)


def test_all_are_found_by_file_name() -> None:
    assert plugins.names("networks") == sorted(["edge-cell", "layered-cnn", "metaqnn", "nasnet", *RECURRENT, *NAMES])
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
    smallest = 4 if name == "small-resnet" else 8
    with pytest.raises(ValueError, match=rf"{name} .* at least {smallest}x{smallest} pixels, got {smallest - 1}x16"):
        registry.build(name, (1, smallest - 1, 16), 10)
    registry.build(name, (1, smallest, smallest), 10)


def test_options_of_residual_networks_that_cannot_be() -> None:
    for wrong in ({"width": 0}, {"blocks": 0}):
        with pytest.raises(ValueError, match="a width and blocks of at least 1"):
            registry.build("small-resnet", (1, 8, 8), 10, wrong)
    with pytest.raises(ValueError, match="no stem 'cifar-10'; allowed: cifar, imagenet"):
        registry.build("resnet-18", (1, 8, 8), 10, {"stem": "cifar-10"})


def test_unknown_name_and_option_name_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"there is no network 'simple-cn' .did you mean 'simple-cnn'"):
        registry.build("simple-cn", (1, 8, 8), 10)
    with pytest.raises(SettingsError, match=r"no option 'droput' .did you mean 'dropout'"):
        registry.build("vgg-like", (1, 8, 8), 10, {"droput": 0.5})
    with pytest.raises(SettingsError, match="allowed: no options"):
        registry.build("simple-cnn", (1, 8, 8), 10, {"width": 2})


def test_a_registered_class_is_known_by_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})

    @registry.register("tiny")
    class Tiny(nn.Sequential):
        def __init__(self, input_shape: InputShape, classes: int, hidden: int = 3) -> None:
            super().__init__(nn.Flatten(), nn.LazyLinear(hidden), nn.Linear(hidden, classes))

    registry.register("tiny")(Tiny)
    assert registry.names() == sorted(["edge-cell", "layered-cnn", "metaqnn", "nasnet", *RECURRENT, "tiny", *NAMES])
    model = registry.build("tiny", (1, 8, 8), 4, {"hidden": 5})
    assert type(model) is Tiny
    assert model(torch.rand(2, 1, 8, 8)).shape == (2, 4)
    with pytest.raises(SettingsError, match="there is a network 'simple-cnn' already"):
        registry.register("simple-cnn")
    assert type(registry.build("simple-cnn", (1, 8, 8), 4)) is not Tiny


@pytest.mark.parametrize("name", ["My-Net", "my_net", "../net", ""])
def test_names_that_cannot_be_registered(name: str) -> None:
    with pytest.raises(SettingsError, match="cannot name a network"):
        registry.register(name)


@pytest.mark.parametrize("name", plugins.names("networks"))
def test_what_a_network_takes_can_be_read_without_importing_it(name: str) -> None:
    """Settings with options are checked without torch: a file that does not tell would cost every command a second."""
    told = plugin_source.arguments(plugin_source.parsed(plugins.find("networks", name).file), "NETWORK")
    assert told is not None and list(told[2:]) == registry.options_of(plugins.load("networks", name).NETWORK)

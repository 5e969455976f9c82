"""Initial weights: their statistics, their generator, LSUV's variances; and the numbers of docs/analytic-scale.md."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rlsearch.networks._initialisation import LAYERS, initialise
from rlsearch.networks.simple_cnn import SimpleCNN
from rlsearch.networks.vgg_like import VGGLike
from rlsearch.spaces.init_scale import InitScale

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
NETWORKS = [SimpleCNN, VGGLike]
SCHEMES: list[dict[str, Any]] = [
    {"scheme": "scaled-normal", "scale": 1.25},
    {"scheme": "xavier"},
    {"scheme": "orthogonal"},
    {"scheme": "lsuv"},
]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int = 16) -> Tensor:
    return torch.randn(count, 3, 32, 32, generator=generator(99))


def made(network: type[nn.Module], spec: dict[str, Any], seed: int = 0) -> nn.Module:
    model = network((3, 32, 32), 10)
    initialise(model, spec, generator(seed), images())
    return model


def layers(model: nn.Module) -> list[Any]:
    return [module for module in model.modules() if isinstance(module, LAYERS)]


def outputs(model: nn.Module, batch: Tensor) -> list[Tensor]:
    """Return what each layer puts out at the first training step, dropout left out."""
    seen: list[Tensor] = []
    for layer in layers(model):
        layer.register_forward_hook(lambda _, __, output: seen.append(output))
    for module in model.modules():
        module.train(not isinstance(module, nn.Dropout)) if not list(module.children()) else None
    with torch.no_grad():
        model(batch)
    return seen


def assert_std(weight: Tensor, expected: float) -> None:
    """Check mean 0 and a standard deviation within 5 standard errors."""
    weight = weight.detach()
    assert abs(float(weight.mean())) < 5 * expected / math.sqrt(weight.numel())
    assert float(weight.std()) == pytest.approx(expected, rel=5 / math.sqrt(2 * weight.numel()))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("scale", [0.3, 1.0, 1.7])
def test_scaled_normal(network: type[nn.Module], scale: float) -> None:
    for layer in layers(made(network, {"scheme": "scaled-normal", "scale": scale})):
        assert_std(layer.weight, scale * math.sqrt(2 / layer.weight[0].numel()))


@pytest.mark.parametrize("network", NETWORKS)
def test_xavier(network: type[nn.Module]) -> None:
    for layer in layers(made(network, {"scheme": "xavier"})):
        outputs, inputs = layer.weight.shape[:2]
        kernel = layer.weight[0, 0].numel()
        assert_std(layer.weight, math.sqrt(2 / (kernel * (inputs + outputs))))


@pytest.mark.parametrize("network", NETWORKS)
def test_orthogonal(network: type[nn.Module]) -> None:
    for layer in layers(made(network, {"scheme": "orthogonal"})):
        matrix = layer.weight.flatten(1)
        rows, columns = matrix.shape
        product = matrix @ matrix.T if rows <= columns else matrix.T @ matrix
        torch.testing.assert_close(product, torch.eye(min(rows, columns)), atol=1e-5, rtol=0)


@pytest.mark.parametrize("network", NETWORKS)
def test_lsuv_gives_unit_variance_to_every_layer(network: type[nn.Module]) -> None:
    variances = [float(output.var(correction=0)) for output in outputs(made(network, {"scheme": "lsuv"}), images())]
    assert len(variances) == len(layers(network((3, 32, 32), 10)))
    assert all(abs(variance - 1) < 0.1 for variance in variances)
    before = [float(o.var(correction=0)) for o in outputs(made(network, {"scheme": "orthogonal"}), images())]
    assert any(abs(variance - 1) > 0.1 for variance in before)


def test_lsuv_keeps_the_orthogonal_directions() -> None:
    plain, scaled = made(SimpleCNN, {"scheme": "orthogonal"}), made(SimpleCNN, {"scheme": "lsuv"})
    for one, other in zip(layers(plain), layers(scaled), strict=True):
        factor = other.weight.norm() / one.weight.norm()
        torch.testing.assert_close(one.weight * factor, other.weight)


def test_lsuv_leaves_a_silent_layer_alone() -> None:
    model = SimpleCNN((3, 32, 32), 10)
    initialise(model, {"scheme": "lsuv"}, generator(), torch.zeros(4, 3, 32, 32))
    assert all(torch.isfinite(layer.weight).all() and layer.weight.any() for layer in layers(model))


@pytest.mark.parametrize("spec", SCHEMES, ids=lambda spec: spec["scheme"])
def test_only_weights_and_biases_of_layers_change(spec: dict[str, Any]) -> None:
    model = VGGLike((3, 32, 32), 10)
    model.features.eval()
    own = {
        f"{name}.{kind}" for name, m in model.named_modules() if isinstance(m, LAYERS) for kind in ("weight", "bias")
    }
    before = {name: value.clone() for name, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    initialise(model, spec, generator(), images())
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]) is (name not in own), name
    assert not any(layer.bias.any() for layer in layers(model))
    assert [module.training for module in model.modules()] == modes
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("spec", SCHEMES, ids=lambda spec: spec["scheme"])
def test_equal_generators_give_equal_weights(spec: dict[str, Any], device: str) -> None:
    first = made(SimpleCNN, spec)
    torch.rand(1)  # the global generator plays no part
    second = SimpleCNN((3, 32, 32), 10).to(device)
    initialise(second, spec, generator(), images())
    other = made(SimpleCNN, spec, seed=1)
    tolerance = 1e-5 if spec["scheme"] == "lsuv" and device != "cpu" else 0.0
    for one, same, different in zip(layers(first), layers(second), layers(other), strict=True):
        torch.testing.assert_close(one.weight, same.weight.cpu(), atol=tolerance, rtol=tolerance)
        assert not torch.equal(one.weight, different.weight)


def test_initialising_leaves_the_global_generator_alone() -> None:
    model = VGGLike((3, 32, 32), 10)
    state = torch.get_rng_state()
    for spec in SCHEMES:
        initialise(model, spec, generator(), images())
    assert torch.equal(torch.get_rng_state(), state)


def test_two_scales_differ_by_a_factor() -> None:
    one, two = (made(SimpleCNN, {"scheme": "scaled-normal", "scale": scale}) for scale in (0.5, 1.5))
    for small, large in zip(layers(one), layers(two), strict=True):
        torch.testing.assert_close(small.weight * 3, large.weight)


def test_the_baselines_of_the_space_are_schemes() -> None:
    for spec in InitScale().baselines().values():
        made(SimpleCNN, dict(spec["init"]))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"scheme": "he"}, "no initialisation scheme 'he'; allowed: scaled-normal, xavier, orthogonal, lsuv"),
        ({}, "no initialisation scheme None"),
        ({"scheme": "scaled-normal"}, "takes exactly"),
        ({"scheme": "xavier", "scale": 1.0}, "takes exactly"),
        ({"scheme": "scaled-normal", "scale": 0.0}, "finite number above 0"),
        ({"scheme": "scaled-normal", "scale": math.nan}, "finite number above 0"),
        ({"scheme": "scaled-normal", "scale": None}, "finite number above 0"),
    ],
)
def test_unusable_specs(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made(SimpleCNN, spec)


@pytest.mark.parametrize("batch", [None, torch.zeros(1, 3, 32, 32)])
def test_lsuv_needs_a_batch(batch: Tensor | None) -> None:
    with pytest.raises(ValueError, match="at least two samples"):
        initialise(SimpleCNN((3, 32, 32), 10), {"scheme": "lsuv"}, generator(), batch)

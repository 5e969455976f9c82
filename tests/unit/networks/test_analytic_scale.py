"""The analytic scale of initial weights: by quadrature, as a fixed point, and the tables of docs/analytic-scale.md."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from scipy.special import expit
from torch import Tensor, nn

from rlsearch.networks._initialisation import LAYERS, initialise
from rlsearch.networks.simple_cnn import SimpleCNN
from rlsearch.networks.vgg_like import VGGLike
from rlsearch.spaces._analytic_scale import ANALYTIC_SILU

DOCUMENT = Path(__file__).parents[3] / "docs" / "analytic-scale.md"
NETWORKS = [SimpleCNN, VGGLike]


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


def silu(x: float) -> float:
    return float(x * expit(x))


def silu_slope(x: float) -> float:
    return float(expit(x) * (1 + x * (1 - expit(x))))


def relu(x: float) -> float:
    return max(x, 0.0)


def second_moment(function: Callable[[float], float], q: float = 1.0) -> float:
    """Return E[f(sqrt(q) z)^2] for z ~ N(0, 1) by quadrature."""

    def integrand(z: float) -> float:
        return float(function(math.sqrt(q) * z) ** 2 * stats.norm.pdf(z))

    return float(sum(integrate.quad(integrand, *ends, epsabs=1e-12)[0] for ends in ((-12, 0), (0, 12))))


def critical(function: Callable[[float], float]) -> float:
    return 1 / math.sqrt(2 * second_moment(function))


def test_analytic_scale_by_quadrature() -> None:
    assert abs(critical(silu) - ANALYTIC_SILU) < 5e-4
    assert second_moment(silu) == pytest.approx(0.355776, abs=5e-7)
    assert critical(silu) == pytest.approx(1.18549, abs=5e-6)
    assert critical(relu) == pytest.approx(1.0, abs=1e-9)
    assert critical(silu_slope) == pytest.approx(1.148, abs=5e-4)


def test_analytic_scale_is_an_unstable_fixed_point() -> None:
    def following(q: float) -> float:
        return 2 * critical(silu) ** 2 * second_moment(silu, q)

    assert following(1.0) == pytest.approx(1.0)
    assert (following(1.001) - following(0.999)) / 0.002 == pytest.approx(1.17, abs=0.005)
    assert following(1e-6) / 1e-6 == pytest.approx(0.70, abs=0.005)
    assert following(1e4) / 1e4 == pytest.approx(1.41, abs=0.005)


def test_a_deep_plain_network_keeps_the_signal_at_the_analytic_scale() -> None:
    model = nn.Sequential(*(module for _ in range(5) for module in (nn.SiLU(), nn.Linear(1024, 1024))))
    batch = torch.randn(256, 1024, generator=generator(1))
    moments = {}
    for scale in (1.0, ANALYTIC_SILU, 1.4):
        initialise(model, {"scheme": "scaled-normal", "scale": scale}, generator())
        with torch.no_grad():
            moments[scale] = float(model(batch).square().mean())
    assert moments[ANALYTIC_SILU] == pytest.approx(1.0, abs=0.2)
    assert moments[1.0] < 0.2
    assert moments[1.4] > 5


def table(position: int) -> list[list[float]]:
    """Return the numbers of the document's table at a position, row by row."""
    blocks = [block for block in DOCUMENT.read_text(encoding="utf-8").split("\n\n") if block.startswith("|")]
    rows = blocks[position].strip().splitlines()[2:]
    return [[float(cell) for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize(("network", "position"), [(SimpleCNN, 0), (VGGLike, 1)])
def test_tables_of_the_document(network: type[nn.Module], position: int) -> None:
    for scale, *written in table(position):
        spec = {"scheme": "scaled-normal", "scale": scale}
        moments = [
            [float(output.square().mean()) for output in outputs(made(network, spec, seed), images())]
            for seed in range(5)
        ]
        # The tables have two digits, and another version of torch may draw other weights.
        np.testing.assert_allclose(np.mean(moments, axis=0), written, rtol=0.5)


def test_batch_norm_makes_the_scale_matter_less() -> None:
    ratios = {}
    for network in NETWORKS:
        moments = [
            float(outputs(made(network, {"scheme": "scaled-normal", "scale": scale}), images())[-1].square().mean())
            for scale in (0.5, 1.7)
        ]
        ratios[network] = moments[1] / moments[0]
    assert ratios[SimpleCNN] > 100_000
    assert 5 < ratios[VGGLike] < 20

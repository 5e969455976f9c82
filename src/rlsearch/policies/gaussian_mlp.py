"""A Gaussian policy over one real decision: an MLP gives mean and log standard deviation (Yaman & Shondhani 2025).

All weights carry a leading dimension of independent runs. A search uses one run; the controls train hundreds side by
side, with the same code, in the time of a few.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

# The bounds of the Gaussian actor in Stable-Baselines3's SAC.
LOG_STD_RANGE = (-20.0, 2.0)
OBSERVATION = 2


class GaussianMLP(nn.Module):
    """`runs` independent MLPs 2-hidden-hidden-2 with ReLU.

    Args:
        runs: number of independent policies.
        hidden: units of both hidden layers.
        generator: draws the initial weights, U(-1/sqrt(fan_in), 1/sqrt(fan_in)) as torch's linear layers do.
    """

    def __init__(self, runs: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        sizes = [(OBSERVATION, hidden), (hidden, hidden), (hidden, 2)]
        self.weights = nn.ParameterList([_uniform((runs, i, o), i, generator) for i, o in sizes])
        self.biases = nn.ParameterList([_uniform((runs, 1, o), i, generator) for i, o in sizes])

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Map observations (runs, batch, 2) to mean and log standard deviation, each (runs, batch)."""
        output = through(self.weights, self.biases, observations)
        return output[..., 0], output[..., 1].clamp(*LOG_STD_RANGE)


def through(weights: Iterable[Tensor], biases: Iterable[Tensor], inputs: Tensor) -> Tensor:
    """Return what linear layers with ReLU between them make of inputs (runs, batch, numbers).

    Args:
        weights: (runs, inputs, outputs) of each layer; biases: (runs, 1, outputs).
    """
    values = inputs
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        # One batched product for the layers of all runs.
        values = torch.baddbmm(bias, values.relu() if layer else values, weight)
    return values


def log_density(sample: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Return the Gaussian log-density of the pre-squash sample, elementwise."""
    scaled = (sample - mean) * torch.exp(-log_std)
    return -0.5 * scaled.square() - log_std - 0.5 * math.log(2 * math.pi)


def _uniform(shape: tuple[int, ...], fan_in: int, generator: torch.Generator) -> nn.Parameter:
    bound = 1 / math.sqrt(fan_in)
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound, generator=generator))

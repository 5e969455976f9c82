"""Variance of policy-gradient estimates at frozen policies, all estimators on the same batches.

The variance of a vector is the trace of its covariance matrix. Intervals come from the jackknife over batches (Efron &
Tibshirani 1993, chapter 11) on the logarithmic scale, because a trace is positive and skewed. A baseline may lower the
variance but must not move the mean, and clipping the advantage may do both, so both are measured too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from rlsearch import seeds
from rlsearch.config import plugins
from rlsearch.evidence.gradient_labels import estimator
from rlsearch.evidence.noise import Noise
from rlsearch.evidence.repetitions import rewards_of
from rlsearch.search.phase import Setup
from rlsearch.spaces.base import Space
from rlsearch.truth.table import TruthTable

Floats = NDArray[np.float64]
Reward = Callable[[NDArray[np.int64]], Floats]

FLIPS = 2_000
"""Sign flips drawn for the test of equal means; p values have that resolution."""
CONFIDENCE = 0.95


def block(made: Setup, study: str, agent: str, noise: Noise) -> dict[str, Any] | None:
    """Return the `gradient` block of a controls file (docs/artefacts.md), or None where the settings ask for none."""
    control, settings = made.study.controls.gradient, made.study.agents[agent]
    if control is None:
        return None
    kind = plugins.load("agents", settings.type).AGENT
    rng = seeds.generator("gradient-reward", study, agent)
    space = made.space.at(0)
    reward = table_reward(made.table, made, rng) if made.table else planted_reward(space, noise, rng)
    updates = sorted(control.updates)
    found = kind.gradient_samples(space, settings, reward, updates=updates, batches=control.batches, seed=0)
    return {"updates": updates, "batches": control.batches, "estimator": estimator(settings), **measured(found)}


def table_reward(table: TruthTable, made: Setup, rng: np.random.Generator) -> Reward:
    """Return the reward of a network trained anew each time: one of its trainings in the table, drawn at random."""
    rewards = rewards_of(made.study.reward, table.accuracy[:, :, -1])
    return lambda actions: np.asarray(rewards[table.ranks(actions), rng.integers(table.seeds, size=len(actions))])


def planted_reward(space: Space, noise: Noise, rng: np.random.Generator) -> Reward:
    """Return the planted reward at the measured level of reward and noise, for studies without a table."""

    def reward(actions: NDArray[np.int64]) -> Floats:
        signal = np.array([space.planted(tuple(row)) for row in actions.tolist()])
        return np.asarray(noise.pooled_mean + signal + noise.pooled_sd * rng.standard_normal(len(actions)))

    return reward


def measured(policies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return all numbers of a block, one a frozen policy, from the samples of each (see `Agent.gradient_samples`).

    `trace` with its `trace_interval`; `ratio_to_plain`, this estimator's trace divided by that without a baseline, with
    `ratio_interval`; `mean_norm`; `mean_difference` to the plain estimator in standard errors (about 1 where the means
    are equal) with `mean_difference_p`; `clip_bias`. `others` holds for each estimator its `trace`, and `log_ratio`
    (its trace over this one's) with the standard `error`.
    """
    found: dict[str, list[Any]] = {name: [] for name in _NAMES}
    others: dict[str, dict[str, list[float]]] = {}
    for samples in policies:
        own, plain, clipped = (np.asarray(samples[key], float) for key in ("estimate", "plain", "clipped"))
        ratio = log_ratio(own, plain)
        values = (
            trace(own),
            [trace(own) * math.exp(end) for end in _ends(log_trace_error(own), len(own))],
            math.exp(ratio.effect),
            [math.exp(ratio.effect + end) for end in _ends(ratio.error, len(own))],
            math.sqrt(max(0.0, squared_mean(own))),
            *mean_difference(own, plain),
            relative_bias(clipped, own),
        )
        for name, value in zip(_NAMES, values, strict=True):
            found[name].append(value)
        for name, other in samples["others"].items():
            kept = others.setdefault(name, {"trace": [], "log_ratio": [], "error": []})
            against = log_ratio(np.asarray(other, float), own)
            for key, value in zip(kept, (trace(other), against.effect, against.error), strict=True):
                kept[key].append(value)
    return {**found, "others": others}


_NAMES = (
    "trace",
    "trace_interval",
    "ratio_to_plain",
    "ratio_interval",
    "mean_norm",
    "mean_difference",
    "mean_difference_p",
    "clip_bias",
)


def trace(samples: Floats) -> float:
    """Return the trace of the covariance matrix of (batches, parameters): the sum of the sample variances."""
    return float(np.var(samples, axis=0, ddof=1).sum())


def left_out(samples: Floats) -> Floats:
    """Return the trace without each batch in turn, (batches,).

    Taking one point out of n lowers the sum of squared distances from the mean by n / (n - 1) times its own.
    """
    n = len(samples)
    distances = ((samples - samples.mean(axis=0)) ** 2).sum(axis=1)
    return np.asarray((distances.sum() - n / (n - 1) * distances) / (n - 2))


@dataclass(frozen=True)
class LogRatio:
    """The logarithm of a ratio of two traces, with its jackknife standard error."""

    effect: float
    error: float


def log_ratio(first: Floats, second: Floats) -> LogRatio:
    """Return log(trace of first / trace of second), both (batches, parameters) estimated on the same batches."""
    effect = math.log(trace(first) / trace(second))
    return LogRatio(effect, _jackknife(np.log(left_out(first)) - np.log(left_out(second))))


def log_trace_error(samples: Floats) -> float:
    """Return the jackknife standard error of the logarithm of the trace."""
    return _jackknife(np.log(left_out(samples)))


def _jackknife(values: Floats) -> float:
    n = len(values)
    return math.sqrt((n - 1) / n * float(((values - values.mean()) ** 2).sum()))


def _ends(error: float, batches: int) -> tuple[float, float]:
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, batches - 1)) * error
    return -half, half


def squared_mean(samples: Floats) -> float:
    """Return an unbiased estimate of the squared norm of the mean: what noise alone would give is taken off."""
    return float((samples.mean(axis=0) ** 2).sum()) - trace(samples) / len(samples)


def mean_difference(first: Floats, second: Floats) -> tuple[float, float]:
    """Return the distance between two means in standard errors, and the p value of their equality.

    The batches are paired. With D their differences the distance is |mean D| / sqrt(trace(cov D) / batches), whose
    square is 1 on average where the means are equal. The test flips the signs of whole differences, which is exact
    where they scatter symmetrically, and needs no covariance matrix (there are more parameters than batches).
    """
    difference = first - second
    n, products = len(difference), difference @ difference.T
    spread = trace(difference)
    if spread <= 0:
        return 0.0, 1.0
    signs = 1.0 - 2.0 * seeds.generator("gradient-flips", n).integers(0, 2, (FLIPS, n))
    observed = float(products.sum())
    flipped = np.einsum("ij,ij->i", signs @ products, signs)
    hits = int((flipped >= observed * (1 - 1e-10)).sum())
    return math.sqrt(max(0.0, observed) / n / spread), (1 + hits) / (1 + FLIPS)


def relative_bias(changed: Floats, samples: Floats) -> float | None:
    """Return |mean(changed) - mean(samples)| / |mean(samples)|, both without what noise adds; 0 where nothing moved.

    None where the mean gradient cannot be told from 0.
    """
    length = squared_mean(samples)
    if length <= 0:
        return None
    return math.sqrt(max(0.0, squared_mean(changed - samples)) / length)

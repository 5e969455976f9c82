"""Variance of policy-gradient estimates at frozen policies, all estimators on the same batches.

The variance of a vector is the trace of its covariance matrix. A frozen policy stands for the training that made it, so
the unit is the training: intervals are t intervals over independent searches, of ratios on the logarithmic scale,
since a trace is positive and skewed. A baseline may lower the variance but must not move the mean, and clipping the
advantage may do both, so both are measured too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from rlsearch import seeds
from rlsearch.config import plugins
from rlsearch.controls.gradient_labels import estimator
from rlsearch.controls.noise import Noise
from rlsearch.errors import locating
from rlsearch.search.answers import Answers
from rlsearch.search.answers.oracle import AnyOracle, Floats, Integers
from rlsearch.spaces.base import Space
from rlsearch.statistics.intervals import t_interval

Reward = Callable[[Integers], Floats]

FLIPS = 2_000
"""Sign flips drawn for a test of equal means, at least; p values have that resolution."""
FLIPS_A_SEARCH = 200
"""More of them with many searches: the smallest p times their number must stay far below what is pointed out."""
CLIP = 0.1
"""Level at which advantages are clipped where the agent itself clips nothing: a source's, in accuracy."""


def block(answers: Answers, agent: str, noise: Noise) -> dict[str, Any] | None:
    """Return the `gradient` block of a controls file (docs/artefacts.md), or None where the settings ask for none."""
    control, settings = answers.study.controls.gradient, answers.study.agents[agent]
    if control is None:
        return None
    kind = plugins.load("agents", settings.type).AGENT
    space, oracle, updates = answers.space.at(0), answers.oracle, sorted(control.updates)
    sampled = {"updates": updates, "batches": control.batches}

    def search(seed: int) -> Sequence[Mapping[str, Any]]:
        rng = seeds.generator("gradient-reward", answers.name, agent, seed)
        reward = drawn_reward(oracle, answers, rng) if oracle else planted_reward(space, noise, rng)
        # A level of the measure, turned into units of reward, in which advantages are.
        clip = CLIP * answers.study.reward.scale
        with locating(f"gradients of search {seed}"):
            return list(kind.gradient_samples(space, settings, reward, **sampled, clip=clip, seed=seed))

    flips = max(FLIPS, FLIPS_A_SEARCH * control.searches)
    found = measured((search(seed) for seed in range(control.searches)), flips)
    return {**sampled, "searches": control.searches, "estimator": estimator(settings), **found}


def drawn_reward(oracle: AnyOracle, answers: Answers, rng: np.random.Generator) -> Reward:
    """Return the reward of a network trained again each time: one training that the oracle draws at random."""
    return lambda actions: answers.reward.of_levels(oracle.drawn(actions, rng))


def planted_reward(space: Space, noise: Noise, rng: np.random.Generator) -> Reward:
    """Return the planted reward at the measured level of reward and noise, for studies that train their children."""

    def reward(actions: Integers) -> Floats:
        signal = np.array([space.planted(tuple(row)) for row in actions.tolist()])
        return np.asarray(noise.pooled_mean + signal + noise.pooled_sd * rng.standard_normal(len(actions)))

    return reward


def measured(searches: Iterable[Sequence[Mapping[str, Any]]], flips: int = FLIPS) -> dict[str, Any]:
    """Return all numbers of a block from the samples of each search's frozen policies (see `Agent.gradient_samples`).

    One number a policy: `trace`, its mean over searches, with `trace_interval`; `ratio_to_plain`, the geometric mean of
    this estimator's trace divided by that without a baseline, with `ratio_interval`; and what `_over_searches` says of
    the means. `others` holds for each estimator its mean `trace` and `log_ratio` (its trace over this one's), one a
    policy, and `per_search`, the mean log ratio over the policies of each search.

    Args:
        searches: taken one at a time, since the samples of one are large; all with the same policies.
        flips: sign flips of each test of equal means.
    """
    by_search = [[_numbers(samples, flips) for samples in policies] for policies in searches]
    by_policy = [_over_searches(policy) for policy in zip(*by_search, strict=True)]
    block: dict[str, Any] = {name: [numbers[name] for numbers in by_policy] for name in by_policy[0]}
    return {**block, "others": {name: _other(by_search, name) for name in by_search[0][0]["traces"]}}


def _numbers(samples: Mapping[str, Any], flips: int) -> dict[str, Any]:
    """Return the numbers of one policy of one search."""
    own, plain, clipped = (np.asarray(samples[key], float) for key in ("estimate", "plain", "clipped"))
    distance, p = mean_difference(own, plain, flips)
    return {
        "trace": trace(own),
        "plain": trace(plain),
        # An unbiased estimate of a small squared norm may be negative.
        "norm": math.sqrt(max(0.0, squared_mean(own))),
        "distance": distance,
        "p": p,
        "bias": relative_bias(clipped, own),
        "traces": {name: trace(np.asarray(other, float)) for name, other in samples["others"].items()},
    }


def _over_searches(policy: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the numbers of the policies that all searches have after the same number of updates.

    `mean_norm` is a mean over searches; `mean_difference` a root mean square, 1 on average where the means agree;
    `mean_difference_p` the smallest p times the number of searches (Bonferroni: means that differ in one search do
    differ); `clip_bias` a mean over the searches whose mean gradient can be told from 0.
    """
    values = {name: [numbers[name] for numbers in policy] for name in policy[0]}
    # Logarithms: a ratio of two positive traces is skewed, and its inverse must average to the inverse.
    ratios = [math.log(own / plain) for own, plain in zip(values["trace"], values["plain"], strict=True)]
    ends, biases = _ends(ratios), [bias for bias in values["bias"] if bias is not None]
    return {
        "trace": fmean(values["trace"]),
        "trace_interval": _ends(values["trace"]),
        "ratio_to_plain": math.exp(fmean(ratios)),
        "ratio_interval": None if ends is None else [math.exp(end) for end in ends],
        "mean_norm": fmean(values["norm"]),
        "mean_difference": math.sqrt(fmean(distance**2 for distance in values["distance"])),
        "mean_difference_p": min(1.0, len(policy) * min(values["p"])),
        "clip_bias": fmean(biases) if biases else None,
    }


def _other(by_search: Sequence[Sequence[Mapping[str, Any]]], name: str) -> dict[str, list[float]]:
    """Return another estimator's mean traces and how they compare with those of the agent's own."""
    traces = [[numbers["traces"][name] for numbers in search] for search in by_search]
    ratios = [[math.log(numbers["traces"][name] / numbers["trace"]) for numbers in search] for search in by_search]
    return {
        "trace": [fmean(policy) for policy in zip(*traces, strict=True)],
        "log_ratio": [fmean(policy) for policy in zip(*ratios, strict=True)],
        "per_search": [fmean(search) for search in ratios],
    }


def _ends(values: Sequence[float]) -> list[float] | None:
    """Return the 95 % t interval of a mean over searches; None where nothing varies between them."""
    interval = t_interval(values)
    return None if interval is None else [interval.low, interval.high]


def trace(samples: Floats) -> float:
    """Return the trace of the covariance matrix of (batches, parameters): the sum of the sample variances."""
    return float(np.var(samples, axis=0, ddof=1).sum())


def squared_mean(samples: Floats) -> float:
    """Return an unbiased estimate of the squared norm of the mean: what noise alone would give is taken off."""
    # E |sample mean|^2 = |mean|^2 + trace(cov) / batches.
    return float((samples.mean(axis=0) ** 2).sum()) - trace(samples) / len(samples)


def mean_difference(first: Floats, second: Floats, flips: int = FLIPS) -> tuple[float, float]:
    """Return the distance between two means in standard errors, and the p value of their equality.

    The batches are paired. With D their differences the distance is |mean D| / sqrt(trace(cov D) / batches), whose
    square is 1 on average where the means are equal. The test flips the signs of whole differences, which is exact
    where they scatter symmetrically, and needs no covariance matrix (there are more parameters than batches).
    """
    difference = first - second
    # The n x n products of the differences suffice: |sum of s_i D_i|^2 = s^T (D D^T) s for any signs s.
    n, products = len(difference), difference @ difference.T
    spread = trace(difference)
    if spread <= 0:
        return 0.0, 1.0
    # Named after n alone: all tests of n batches flip the same signs, whatever order they come in.
    signs = 1.0 - 2.0 * seeds.generator("gradient-flips", n).integers(0, 2, (flips, n))
    # All signs positive: n^2 |mean D|^2.
    observed = float(products.sum())
    flipped = np.einsum("ij,ij->i", signs @ products, signs)
    # The margin counts sums that are equal but for rounding; without it the observed flip could miss itself.
    hits = int((flipped >= observed * (1 - 1e-10)).sum())
    # The observed signs count as one draw, so that p is never 0 (Phipson & Smyth 2010).
    return math.sqrt(max(0.0, observed) / n / spread), (1 + hits) / (1 + flips)


def relative_bias(changed: Floats, samples: Floats) -> float | None:
    """Return |mean(changed) - mean(samples)| / |mean(samples)|, both without what noise adds; 0 where nothing moved.

    None where the mean gradient cannot be told from 0.
    """
    length = squared_mean(samples)
    if length <= 0:
        return None
    return math.sqrt(max(0.0, squared_mean(changed - samples)) / length)

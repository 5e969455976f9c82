"""Variance of gradient estimates with known covariance, and the claim that one estimator varies less than another."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import made_up_table
from rlsearch import seeds
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.evidence import claims, gradient
from rlsearch.evidence.gradient_labels import estimator
from rlsearch.evidence.jackknife import Jackknife
from rlsearch.evidence.verdict import Verdict
from rlsearch.files import canonical_json, pretty_json, write_atomic

PARAMETERS, BATCHES = 40, 100
CLAIM = {"claim": "lowers-gradient-variance", "agent": "critic", "against": "plain", "margin": 0.05}
AGENTS = {
    "critic": {"type": "lstm-actor-critic", "hidden": 4, "embedding": 3},
    "plain": {"type": "lstm-reinforce", "baseline": "none", "hidden": 4, "embedding": 3},
}


def _draw(name: str, sd: float, mean: float = 0.0) -> np.ndarray:
    return mean + sd * seeds.generator("test", "gradient", name).standard_normal((BATCHES, PARAMETERS))


def test_trace_and_its_jackknife_against_the_slow_way() -> None:
    samples = _draw("slow", 2.0)
    assert gradient.trace(samples) == pytest.approx(np.trace(np.cov(samples.T)))
    slow = [np.trace(np.cov(np.delete(samples, i, axis=0).T)) for i in range(BATCHES)]
    assert gradient.left_out(samples) == pytest.approx(slow)


def test_the_jackknife_interval_of_a_ratio_covers_as_often_as_it_says() -> None:
    """Two estimators that share half of their noise; the true log ratio is log 2."""
    rng, hits, count = seeds.generator("test", "gradient", "coverage"), 0, 400
    for _ in range(count):
        common, rest = rng.standard_normal((2, 60, 5))
        first = common + rest
        found = gradient.log_ratio(first, common)
        interval = Jackknife(found.effect, found.error, 59).interval(0.95)
        hits += interval.low <= math.log(2) <= interval.high
    assert hits / count == pytest.approx(0.95, abs=0.035)


def test_equal_means_are_called_equal_as_often_as_the_level_says() -> None:
    rng, p_values, distances = seeds.generator("test", "gradient", "equal"), [], []
    for _ in range(200):
        first, second = rng.standard_normal((2, 40, 100))
        distance, p = gradient.mean_difference(first, second)
        p_values.append(p)
        distances.append(distance**2)
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.04)
    assert np.mean(distances) == pytest.approx(1.0, abs=0.05)


def test_a_shifted_mean_is_found_and_no_difference_is_none() -> None:
    first = _draw("one", 1.0)
    assert gradient.mean_difference(first, first) == (0.0, 1.0)
    distance, p = gradient.mean_difference(first, _draw("two", 1.0, mean=0.3))
    assert distance > 2
    assert p == pytest.approx(1 / 2001)


def test_the_bias_of_clipping() -> None:
    samples = _draw("clip", 1.0, mean=0.5)
    assert gradient.relative_bias(samples * 0.7, samples) == pytest.approx(0.3, abs=0.03)
    assert gradient.relative_bias(samples, samples) == 0
    noise = _draw("noise", 1.0)
    assert gradient.relative_bias(noise, noise - noise.mean(axis=0)) is None


def test_the_numbers_of_a_block() -> None:
    plain, own = _draw("plain", 3.0, 0.1), _draw("own", 1.0, 0.1)
    samples = {"estimate": own, "plain": plain, "clipped": own, "others": {"none": plain, "ema": own}}
    found = gradient.measured([samples, samples])
    canonical_json(found)
    assert found["trace"][0] == pytest.approx(PARAMETERS, rel=0.1)
    low, high = found["trace_interval"][0]
    assert low < found["trace"][0] < high
    assert found["ratio_to_plain"][0] == pytest.approx(1 / 9, rel=0.1)
    assert found["ratio_interval"][0][0] < 1 / 9 < found["ratio_interval"][0][1]
    assert found["others"]["none"]["log_ratio"][1] == pytest.approx(math.log(9), abs=0.1)
    assert found["others"]["ema"] == {"trace": found["trace"], "log_ratio": [0.0, 0.0], "error": [0.0, 0.0]}
    assert found["clip_bias"] == [0.0, 0.0]
    assert {len(values) for name, values in found.items() if name != "others"} == {2}


def _params(monkeypatch: pytest.MonkeyPatch, root: Path, **changes: Any) -> Params:
    made_up_table.write(root)
    monkeypatch.chdir(root)
    controls = {**made_up_table.STUDY["controls"], "gradient": {"updates": [0, 1], "batches": 20}}
    return made_up_table.study(agents=AGENTS, controls=controls, claims=[CLAIM], **changes)


def _verdict(params: Params) -> Verdict:
    (verdict,) = claims.evaluate(params, "layers")
    return verdict


def _write(**others: dict[str, list[float]]) -> None:
    block = {"updates": [0, 10], "batches": 50, "mean_difference_p": [0.5, 0.001], "others": others}
    write_atomic(artefacts.controls_file("layers", "critic"), pretty_json({"gradient": block}))


def test_estimators_are_named_by_their_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agents = _params(monkeypatch, tmp_path).studies["layers"].agents
    assert {name: estimator(settings) for name, settings in agents.items()} == {"critic": "critic", "plain": "none"}


def test_the_claim_pools_the_frozen_policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = _params(monkeypatch, tmp_path)
    assert "not run yet" in _verdict(params).explanation
    _write(none={"trace": [4.0, 2.0], "log_ratio": [0.6, 0.2], "error": [0.03, 0.04]})
    verdict = _verdict(params)
    assert verdict.effect == pytest.approx(0.4)
    assert verdict.p == pytest.approx(2 * stats.t.sf(0.4 / 0.025, 49))
    assert verdict.interval is not None
    assert verdict.interval.low == pytest.approx(0.4 - stats.t.ppf(0.975, 49) * 0.025)
    assert (verdict.decision, verdict.unit, verdict.n) == ("supported", "log ratio", (50, 50))
    assert verdict.mde == pytest.approx((stats.t.ppf(0.975, 49) + stats.t.ppf(0.8, 49)) * 0.025)
    assert verdict.notes == ("after 10 updates the mean gradient differs from that without a baseline (p = 0.001)",)
    canonical_json(verdict.to_json())


def test_an_estimator_that_varies_more_is_not_supported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = _params(monkeypatch, tmp_path)
    _write(none={"trace": [1.0, 1.0], "log_ratio": [-0.6, -0.2], "error": [0.03, 0.04]})
    assert _verdict(params).decision == "not supported"
    _write(ema={"trace": [1.0, 1.0], "log_ratio": [-0.6, -0.2], "error": [0.03, 0.04]})
    assert "'none' was not evaluated" in _verdict(params).explanation
    _write(none={"trace": [1.0, 1.0], "log_ratio": [0.0, 0.0], "error": [0.0, 0.0]})
    assert "nothing varies" in _verdict(params).explanation

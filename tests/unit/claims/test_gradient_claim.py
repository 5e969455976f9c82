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
from rlsearch.claims import base as claims
from rlsearch.claims.lowers_gradient_variance import SUSPICIOUS
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.controls import gradient
from rlsearch.controls.gradient_labels import estimator
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Verdict
from rlsearch.files import canonical_json, pretty_json, write_atomic
from rlsearch.statistics.power import noncentral
from rlsearch.statistics.t_test import TTest
from rlsearch.units import LOG_RATIO

PARAMETERS, BATCHES = 40, 100
CLAIM = {"claim": "lowers-gradient-variance", "agent": "critic", "against": "plain", "margin": 0.05}
GRADIENT = {"updates": [10, 0], "batches": 50, "searches": 5}
AGENTS = {
    "critic": {"type": "lstm-actor-critic", "hidden": 4, "embedding": 3},
    "plain": {"type": "lstm-reinforce", "baseline": "none", "hidden": 4, "embedding": 3},
}


def _draw(name: str, sd: float, mean: float = 0.0) -> np.ndarray:
    return mean + sd * seeds.generator("test", "gradient", name).standard_normal((BATCHES, PARAMETERS))


def test_the_trace_is_that_of_the_covariance_matrix() -> None:
    samples = _draw("slow", 2.0)
    assert gradient.trace(samples) == pytest.approx(np.trace(np.cov(samples.T)))


def test_the_t_test_is_scipys() -> None:
    values = [0.3, 0.1, -0.2, 0.4, 0.25]
    found, expected = TTest.of(values), stats.ttest_1samp(values, 0.0)
    assert (found.effect, found.p) == (pytest.approx(0.17), pytest.approx(expected.pvalue))
    low, high = expected.confidence_interval(0.9)
    interval = found.interval(0.9)
    assert (interval.low, interval.high) == (pytest.approx(low), pytest.approx(high))


def test_a_variance_of_rounding_is_none() -> None:
    values = np.array([0.3, 0.3, 0.1 + 0.2, 0.3])
    assert values.var(ddof=1) > 0
    assert TTest.summed(0.3, [(float(values.var(ddof=1)) / 4, 3), (0.0, 5)]) is None
    assert TTest.summed(0.3, [(1e-8, 3), (0.0, 5)]) is not None


def _searches(sds: list[float], batches: int = 40) -> list[list[dict[str, Any]]]:
    """Return one policy of each search, whose own estimator has this standard deviation and the plain one 1."""
    rng, found = seeds.generator("test", "gradient", "searches", *map(str, sds)), []
    for sd in sds:
        own, plain = sd * rng.standard_normal((batches, 30)), rng.standard_normal((batches, 30))
        found.append([{"estimate": own, "plain": plain, "clipped": own, "others": {"none": plain, "ema": own}}])
    return found


def test_the_interval_of_a_ratio_covers_what_trainings_vary_by() -> None:
    """True log ratios scatter about log 4 from training to training, by much more than batches can tell."""
    rng, hits, count = seeds.generator("test", "gradient", "coverage"), 0, 200
    for _ in range(count):
        sds = np.exp(0.5 * (math.log(4) + 0.8 * rng.standard_normal(6)))
        low, high = gradient.measured(_searches(sds.tolist(), batches=20), flips=20)["ratio_interval"][0]
        hits += low <= 4 <= high
    assert hits / count == pytest.approx(0.95, abs=0.05)


def test_numbers_over_searches() -> None:
    searches = _searches([0.5, 1.0, 2.0])
    found = gradient.measured(iter(searches))
    traces = [gradient.trace(policies[0]["estimate"]) for policies in searches]
    logs = [math.log(own / gradient.trace(each[0]["plain"])) for own, each in zip(traces, searches, strict=True)]
    assert found["trace"] == [pytest.approx(np.mean(traces))]
    assert found["ratio_to_plain"] == [pytest.approx(math.exp(np.mean(logs)))]
    ends = stats.ttest_1samp(logs, 0.0).confidence_interval(0.95)
    assert found["ratio_interval"][0] == pytest.approx([math.exp(end) for end in ends])
    assert found["others"]["none"]["per_search"] == pytest.approx([-value for value in logs])
    single = [gradient.mean_difference(each[0]["estimate"], each[0]["plain"]) for each in searches]
    assert found["mean_difference_p"] == [pytest.approx(min(1.0, 3 * min(p for _, p in single)))]
    assert found["mean_difference"] == [pytest.approx(math.sqrt(np.mean([distance**2 for distance, _ in single])))]


def test_one_search_with_another_mean_is_pointed_out_among_many() -> None:
    searches = _searches([1.0] * 30)
    searches[7][0]["estimate"] = searches[7][0]["estimate"] + 5.0
    flips = max(gradient.FLIPS, gradient.FLIPS_A_SEARCH * len(searches))
    assert gradient.measured(searches, flips)["mean_difference_p"][0] < SUSPICIOUS


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
    searches = []
    for search in range(3):
        plain, own = _draw(f"plain {search}", 3.0, 0.1), _draw(f"own {search}", 1.0, 0.1)
        samples = {"estimate": own, "plain": plain, "clipped": own, "others": {"none": plain, "ema": own}}
        searches.append([samples, samples])
    found = gradient.measured(searches)
    canonical_json(found)
    assert found["trace"][0] == pytest.approx(PARAMETERS, rel=0.1)
    low, high = found["trace_interval"][0]
    assert low < found["trace"][0] < high
    assert found["ratio_to_plain"][0] == pytest.approx(1 / 9, rel=0.1)
    assert found["ratio_interval"][0][0] < 1 / 9 < found["ratio_interval"][0][1]
    assert found["others"]["none"]["log_ratio"][1] == pytest.approx(math.log(9), abs=0.1)
    assert found["others"]["ema"] == {"trace": found["trace"], "log_ratio": [0.0] * 2, "per_search": [0.0] * 3}
    assert found["clip_bias"] == [0.0, 0.0]
    assert {len(values) for name, values in found.items() if name != "others"} == {2}


def _params(monkeypatch: pytest.MonkeyPatch, root: Path, **changes: Any) -> Params:
    made_up_table.write(root)
    monkeypatch.chdir(root)
    controls = {**made_up_table.STUDY["controls"], "gradient": GRADIENT}
    return made_up_table.study(agents=AGENTS, controls=controls, claims=[CLAIM], **changes)


def _verdict(params: Params) -> Verdict:
    (verdict,) = claims.evaluate(Results(params, "layers"))
    return verdict


def _write(name: str, per_search: list[float], **changes: Any) -> None:
    others = {name: {"trace": [4.0, 2.0], "log_ratio": [0.6, 0.2], "per_search": per_search}}
    block = {**GRADIENT, "updates": [0, 10], "mean_difference_p": [0.5, 0.001], "others": others, **changes}
    whole = {"noise": {}, "provenance": {}, "gradient": block}
    write_atomic(artefacts.controls_file("layers", "critic"), pretty_json(whole))


def test_estimators_are_named_by_their_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agents = _params(monkeypatch, tmp_path).studies["layers"].agents
    assert {name: estimator(settings) for name, settings in agents.items()} == {"critic": "critic", "plain": "none"}


def test_the_unit_of_the_claim_is_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = _params(monkeypatch, tmp_path)
    assert "not run yet" in _verdict(params).explanation
    values = [0.3, 0.5, 0.4, 0.2, 0.6]
    _write("none", values)
    verdict, error = _verdict(params), np.std(values, ddof=1) / math.sqrt(5)
    assert verdict.claim.endswith("over 5 trainings")
    assert verdict.effect == pytest.approx(0.4)
    assert verdict.p == pytest.approx(stats.ttest_1samp(values, 0.0).pvalue)
    assert verdict.interval is not None
    assert verdict.interval.low == pytest.approx(0.4 - stats.t.ppf(0.975, 4) * error)
    assert (verdict.decision, verdict.unit, verdict.n) == ("better", LOG_RATIO, (5, 5))
    assert verdict.mde == pytest.approx(noncentral(4, 0.05) * error)
    assert verdict.notes == ("after 10 updates the mean gradient differs from that without a baseline (p = 0.001)",)


def test_trainings_that_disagree_decide_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = _params(monkeypatch, tmp_path)
    _write("none", [0.9, -0.5, 0.8, -0.4, 0.3])
    assert _verdict(params).decision == "cannot tell"
    _write("none", [-0.6, -0.2, -0.3, -0.5, -0.4])
    assert _verdict(params).decision == "worse"


def test_what_keeps_the_claim_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = _params(monkeypatch, tmp_path)
    _write("ema", [0.6, 0.2, 0.4, 0.3, 0.5])
    assert "'none' was not evaluated" in _verdict(params).explanation
    for equal in ([0.0] * 5, [0.3, 0.3, 0.1 + 0.2, 0.3, 0.3], [1e-17, 0.0, 0.0, 2e-17, 0.0]):
        _write("none", equal)
        assert "nothing varies" in _verdict(params).explanation
    for changes in ({"searches": 6}, {"batches": 51}, {"updates": [0, 11]}):
        _write("none", [0.6, 0.2, 0.4, 0.3, 0.5], **changes)
        assert "not those of the settings" in _verdict(params).explanation, changes

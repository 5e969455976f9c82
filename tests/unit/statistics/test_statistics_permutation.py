"""Permutation p values against scipy and by hand; inverted intervals against the test that they invert."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from rlsearch import seeds
from rlsearch.statistics.permutation import DRAWS, Permutation, sign_flip, two_sample
from rlsearch.statistics.studentised import Studentised, studentised

SIMULATIONS = 400


def _two(first: object, second: object) -> Permutation:
    found = two_sample(first, second)  # type: ignore[arg-type]
    assert found is not None
    return found


def _absolute_difference(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
    return np.abs(x.mean(axis=axis) - y.mean(axis=axis))


@pytest.mark.parametrize(("n", "m"), [(3, 3), (5, 5), (4, 7), (7, 4)])
def test_exact_p_agrees_with_scipy(n: int, m: int) -> None:
    rng = seeds.generator("test", "permutation", n, m)
    x, y = rng.normal(0.8, 1, n), rng.normal(0, 1, m)
    expected = stats.permutation_test(
        (x, y), _absolute_difference, vectorized=True, n_resamples=np.inf, alternative="greater"
    )
    found = _two(x, y)
    assert found.exact
    assert found.p == pytest.approx(expected.pvalue)


@pytest.mark.parametrize(("n", "m", "smallest"), [(3, 3, 0.10), (4, 4, 0.029), (5, 5, 0.008), (3, 4, 0.029)])
def test_the_smallest_p_of_separated_samples(n: int, m: int, smallest: float) -> None:
    assert _two(np.arange(n) + 100.0, np.arange(m)).p == pytest.approx(smallest, abs=5e-4)


def test_ties_count_as_extreme() -> None:
    """Of the six ways to split 0, 0, 1, 1 in two pairs, the two that separate them are as extreme as the data."""
    assert _two([0.1 + 0.2, 0.3], [0.1, 0.1]).p == pytest.approx(2 / 6)
    assert _two([1.0, 1.0], [1.0, 1.0]).p == 1.0


@pytest.mark.parametrize(("n", "m", "confidence"), [(5, 5, 0.95), (4, 6, 0.95), (6, 6, 0.9833), (6, 3, 0.9)])
def test_the_interval_holds_the_shifts_that_the_test_does_not_reject(n: int, m: int, confidence: float) -> None:
    rng = seeds.generator("test", "inversion", n, m)
    x, y = rng.normal(1, 1, n), rng.normal(0, 2, m)
    interval = _two(x, y).interval(confidence)
    step = 1e-6 * (interval.high - interval.low)
    for shift in (interval.low + step, interval.high - step, float(x.mean() - y.mean())):
        assert _two(x - shift, y).p > 1 - confidence
    for shift in (interval.low - step, interval.high + step):
        assert _two(x - shift, y).p <= 1 - confidence


def test_the_interval_of_a_sign_flip_inverts_it_too() -> None:
    x = seeds.generator("test", "flip").normal(0.5, 1, 8)
    found = sign_flip(x)
    assert found is not None
    interval = found.interval(0.95)
    step = 1e-6 * (interval.high - interval.low)
    for shift, inside in ((interval.low + step, True), (interval.low - step, False), (interval.high + step, False)):
        moved = sign_flip(x - shift)
        assert moved is not None
        assert (moved.p > 0.05) is inside


def test_sign_flip_agrees_with_scipy_and_needs_six_pairs() -> None:
    x = seeds.generator("test", "pairs").normal(0.4, 1, 7)
    expected = stats.permutation_test((x,), np.mean, permutation_type="samples", n_resamples=np.inf)
    found = sign_flip(x)
    assert found is not None
    assert found.p == pytest.approx(expected.pvalue)
    five, six = sign_flip(np.ones(5)), sign_flip(np.ones(6))
    assert five is not None
    assert six is not None
    assert five.p == pytest.approx(2 / 32)
    assert six.p == pytest.approx(2 / 64)
    assert math.isinf(five.interval(0.95).low)
    assert math.isfinite(six.interval(0.95).low)


def test_the_interval_covers_the_true_shift_as_often_as_it_says() -> None:
    rng = seeds.generator("test", "coverage")
    pairs = zip(rng.normal(1, 1, (SIMULATIONS, 5)), rng.normal(0, 1, (SIMULATIONS, 5)), strict=True)
    intervals = [_two(x, y).interval(0.95) for x, y in pairs]
    assert np.mean([i.low <= 1 <= i.high for i in intervals]) == pytest.approx(0.95, abs=0.03)


def test_too_few_values_bound_nothing() -> None:
    interval = _two([5.0, 5.1, 5.2], [1.0, 1.1, 1.2]).interval(0.95)
    assert (interval.low, interval.high) == (-math.inf, math.inf)
    assert interval.to_json() == {"low": None, "high": None, "confidence": 0.95}


def test_large_samples_are_drawn_and_close_to_the_t_test() -> None:
    rng = seeds.generator("test", "drawn")
    x, y = rng.normal(0.8, 1, 6), rng.normal(0, 1, 200)
    found = _two(x, y)
    assert not found.exact
    assert found.p == pytest.approx(stats.ttest_ind(x, y).pvalue, abs=0.01)
    interval, expected = found.interval(0.95), stats.ttest_ind(x, y).confidence_interval(0.95)
    assert interval.low == pytest.approx(expected.low, abs=0.1)
    assert interval.high == pytest.approx(expected.high, abs=0.1)


def test_drawn_p_is_never_zero_and_repeats() -> None:
    x, y = np.arange(20) + 1000.0, np.arange(20.0)
    assert _two(x, y).p == pytest.approx(1 / (1 + DRAWS))
    one, other = (two_sample(x + 1 - x, y, seeds.generator("test", "again")) for _ in range(2))
    assert one is not None
    assert other is not None
    assert one.p == other.p
    long = sign_flip(np.ones(40))
    assert long is not None
    assert long.p == pytest.approx(1 / (1 + DRAWS))


@pytest.mark.parametrize(("first", "second"), [([], [1.0]), ([1.0], []), ([1.0, math.nan], [1.0, 2.0])])
def test_nothing_to_test(first: list[float], second: list[float]) -> None:
    assert two_sample(first, second) is None
    assert sign_flip(first[:0]) is None


def _studentised(first: object, second: object) -> Studentised:
    found = studentised(first, second)  # type: ignore[arg-type]
    assert found is not None
    return found


def _absolute_t(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
    return np.abs(stats.ttest_ind(x, y, axis=axis, equal_var=False).statistic)


def test_studentised_p_agrees_with_scipy() -> None:
    rng = seeds.generator("test", "studentised")
    x, y = rng.normal(1.5, 2, 4), rng.normal(0, 1, 7)
    expected = stats.permutation_test((x, y), _absolute_t, vectorized=True, n_resamples=np.inf, alternative="greater")
    assert _studentised(x, y).p == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("shift", [-4.0, -0.5, 0.7, 1.5, 3.0])
def test_a_shift_is_taken_off_the_first_sample(shift: float) -> None:
    rng = seeds.generator("test", "studentised-shift")
    x, y = rng.normal(1.5, 2, 5), rng.normal(0, 1, 8)
    test, moved = _studentised(x, y), _studentised(x - shift, y)
    assert test.p_at(shift) == pytest.approx(moved.p)
    assert test._statistics(shift) == pytest.approx(moved._statistics(0.0))


def test_with_equal_sizes_studentising_changes_nothing() -> None:
    rng = seeds.generator("test", "equal-sizes")
    x, y = rng.normal(1, 3, 5), rng.normal(0, 1, 5)
    one, other = _studentised(x, y), _two(x, y)
    assert one.p == pytest.approx(other.p)
    assert one.interval(0.95).low == pytest.approx(other.interval(0.95).low)
    assert one.interval(0.95).high == pytest.approx(other.interval(0.95).high)


def test_studentised_interval_covers_where_the_plain_one_fails() -> None:
    """Six values that spread three times as much as the forty against which they stand."""
    rng = seeds.generator("test", "unequal")
    pairs = [(rng.normal(0, 3, 6), rng.normal(0, 1, 40)) for _ in range(60)]
    # An interval holds 0 exactly where p is above 0.05.
    assert np.mean([_studentised(x, y).p > 0.05 for x, y in pairs]) > 0.85
    assert np.mean([_two(x, y).p > 0.05 for x, y in pairs]) < 0.75


def test_the_studentised_interval_inverts_the_test() -> None:
    rng = seeds.generator("test", "studentised-inversion")
    test = _studentised(rng.normal(1, 2, 4), rng.normal(0, 1, 9))
    interval = test.interval(0.95)
    step = 1e-6 * (interval.high - interval.low)
    for inside, outside in ((interval.low + step, interval.low - step), (interval.high - step, interval.high + step)):
        assert test.p_at(inside) > 0.05 >= test.p_at(outside)


def test_studentised_bounds_nothing_with_too_few_and_needs_a_spread() -> None:
    interval = _studentised([5.0, 5.1], [1.0, 1.1, 1.2]).interval(0.95)
    assert (interval.low, interval.high) == (-math.inf, math.inf)
    assert studentised([1.0], [1.0, 2.0]) is None
    assert studentised([1.0, 1.0], [2.0, 2.0, 2.0]) is None
    assert studentised([1.0, math.nan], [2.0, 1.0, 2.0]) is None

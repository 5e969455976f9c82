"""The detectable effect is found four times in five, and verdicts on noise err as rarely as they say.

Small counts; `benchmarks/calibration.py` has the full ones, and families of claims like those of the laptop preset.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from rlsearch import seeds
from rlsearch.evidence.verdict import Evidence, judge
from rlsearch.measures import ACCURACY
from rlsearch.statistics import permutation
from rlsearch.statistics.power import Design, detectable, noncentral
from rlsearch.statistics.spread import Spread

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
LEVELS = (0.05, 0.025, 0.05 / 3)
RUNS = 2_000


@pytest.fixture(scope="module")
def calibration() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import calibration

        yield calibration


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["two samples of 5", "paired t of 5", "sign flips of 8"])
def test_the_detectable_effect_is_found_four_times_in_five(calibration: ModuleType, name: str, level: float) -> None:
    sampling = next(one for one in calibration.SAMPLINGS if one.name == name)
    assert 0.77 <= calibration.found_share(sampling, level, RUNS) <= 0.83


@pytest.mark.parametrize(("test", "n", "df"), [("two-sample", 8, 14), ("sign-flip", 13, 12)])
def test_where_students_t_stands_in_the_tests_power_is_its_power(test: str, n: int, df: int) -> None:
    """The tests that are not simulated at run time, by the same simulation in a small size."""
    two = test == "two-sample"
    weights, slopes = permutation.two_sample_weights(n, n) if two else permutation.sign_weights(n)
    statistics = seeds.generator("test", "power", test).standard_normal((400, weights.shape[1])) @ weights.T
    low, _ = permutation.reach(statistics[:, :1], statistics, slopes)
    for level in LEVELS:
        skipped = math.floor(level * len(weights))
        effect = noncentral(df, level) * math.sqrt((2 if two else 1) / n)
        assert Design(test, n, df).detectable(level) == noncentral(df, level)  # type: ignore[arg-type]
        assert np.mean(-np.partition(low, skipped, axis=1)[:, skipped] < effect) == pytest.approx(0.8, abs=0.05)


def test_weights_give_the_statistics_of_the_tests() -> None:
    rng = seeds.generator("test", "weights")
    first, second = rng.standard_normal((2, 4))
    weights, slopes = permutation.two_sample_weights(4, 4)
    pairs, signs = permutation.sign_weights(4)
    for found, values, expected in (
        ((weights, slopes), np.concatenate([first, second]), permutation.two_sample(first, second)),
        ((pairs, signs), first, permutation.sign_flip(first)),
    ):
        assert expected is not None
        statistics = found[0] @ values
        assert statistics[0] == pytest.approx(expected.effect)
        assert np.mean(np.abs(statistics) >= abs(expected.effect) - 1e-12) == pytest.approx(expected.p)
        low, _ = permutation.reach(expected.effect, statistics, found[1])
        assert np.sort(low)[4] == pytest.approx(expected.interval(1 - 4 / len(low) - 1e-9).low)


@pytest.mark.parametrize("df", [1, 2, 7.3, 99])
@pytest.mark.parametrize("level", [0.05, 1e-3])
def test_noncentrality_is_where_the_t_test_has_its_power(df: float, level: float) -> None:
    assert stats.nct.sf(stats.t.ppf(1 - level / 2, df), df, noncentral(df, level)) == pytest.approx(0.8, abs=1e-3)


def test_noncentrality_stands_at_extremes() -> None:
    normal = stats.norm.ppf(1 - 1e-5 / 2) + stats.norm.ppf(0.8)
    assert noncentral(1e6, 1e-5) == pytest.approx(normal, rel=1e-3)
    assert noncentral(1, 1e-5) > 1e4


def test_a_level_that_the_test_cannot_reach_finds_nothing() -> None:
    assert Design("two-sample", 5, 8).detectable(2 / 252) is not None
    assert Design("two-sample", 5, 8).detectable(2 / 253) is None
    assert Design("sign-flip", 8, 7).detectable(2 / 256) is not None
    assert Design("sign-flip", 8, 7).detectable(2 / 257) is None
    assert Design("t", 1, 0.0).detectable(0.05) is None
    few = Evidence("a", "beats-agent", "a", "b", ACCURACY, 0.01).compare([0.9, 0.91, 0.92], [0.8, 0.81, 0.83])
    assert judge(few, 0.05).mde is None


def test_the_printed_effect_is_that_of_the_noise_as_measured() -> None:
    rng = seeds.generator("test", "printed")
    first, second = rng.standard_normal((2, 5))
    verdict = judge(Evidence("a", "beats-agent", "a", "b", ACCURACY, 0.01).compare(first, second), 0.025)
    error = math.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 5)
    factor = Design("two-sample", 5, 8).detectable(0.025)
    assert factor is not None
    assert verdict.mde == pytest.approx(factor * error)
    pairs = judge(Evidence("a", "beats-agent-on-table", "a", "b", ACCURACY, 0.01).pair(first, second), 0.025)
    assert pairs.mde == pytest.approx(noncentral(4, 0.025) * stats.sem(first - second))


def test_a_larger_second_arm_does_not_grow_with_the_seeds() -> None:
    rng = seeds.generator("test", "arms")
    first, second = rng.standard_normal(6), 2 * rng.standard_normal(200)
    spread = Spread.between(first.tolist(), second.tolist())
    welch = stats.ttest_ind(first, second, equal_var=False)
    assert spread is not None
    assert spread.df(6) == pytest.approx(welch.df)
    assert (first.mean() - second.mean()) / spread.error(6) == pytest.approx(welch.statistic)
    assert spread.error(10**9) == pytest.approx(second.std(ddof=1) / math.sqrt(200), rel=1e-6)
    found = [detectable("t", n, spread, 0.05) for n in (3, 6, 50, 10**6)]
    assert all(one is not None for one in found)
    assert found == sorted(found, reverse=True)  # type: ignore[type-var]


@pytest.mark.parametrize("arms", [([1.0], [2.0, 3.0]), ([], []), ([1.0, 1.0], [2.0, 2.0])])
def test_noise_that_cannot_be_estimated_is_unknown(arms: tuple[list[float], list[float]]) -> None:
    assert Spread.between(*arms) is None


def test_null_reports_err_as_rarely_as_they_say(calibration: ModuleType) -> None:
    def family(rng: np.random.Generator) -> list[Evidence]:
        samples = Evidence("two", "beats-agent", "a", "b", ACCURACY, 1e-9).compare(*rng.standard_normal((2, 5)))
        return [samples, *calibration.policies(rng)]

    told, better = calibration.null_reports("test", family, reports=400)
    assert told.value <= calibration.MOST_TOLD
    assert better.value <= calibration.MOST_BETTER

"""A measure: which level is better, what differences are taken on, and how both are told."""

from __future__ import annotations

import doctest
import math
import pickle
import statistics

import numpy as np
import pytest

from rlsearch import measures, units
from rlsearch.measures import ACCURACY, BITS, CROSS_ENTROPY, MEASURES, PERPLEXITY, VALUE
from rlsearch.units import LOG_RATIO, Unit

METRICS = {"accuracy": 0.75, "loss": math.log(8), "bleu": 20.0, "value": -1.5}


def test_the_examples_hold() -> None:
    assert [doctest.testmod(module).failed for module in (measures, units)] == [0, 0]


def test_levels_come_from_an_outcomes_metrics() -> None:
    levels = {name: measure.of(METRICS) for name, measure in MEASURES.items()}
    assert levels == pytest.approx(
        {"accuracy": 0.75, "cross_entropy": math.log(8), "perplexity": 8, "bits": 3, "bleu": 20, "value": -1.5}
    )
    assert all(type(level) is float for level in levels.values())


@pytest.mark.parametrize("measure", MEASURES.values(), ids=list(MEASURES))
def test_arrays_give_what_single_values_give(measure: measures.Measure) -> None:
    metric = np.array([0.25, 0.5, math.nan])
    level = measure.level(metric)
    for whole, single in ((measure.level, metric), (measure.merit, level), (measure.level_of, measure.merit(level))):
        assert whole(single).tolist() == pytest.approx([whole(one) for one in single.tolist()], nan_ok=True)
    assert measure.level_of(measure.merit(level)).tolist() == pytest.approx(level.tolist(), nan_ok=True)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=list(MEASURES))
def test_the_direction_decides_who_is_better(measure: measures.Measure) -> None:
    better, worse = (0.75, 0.5) if measure.higher_is_better else (0.5, 0.75)
    assert measure.better(better, worse)
    assert not measure.better(worse, better)
    assert measure.gain(better, worse) > 0 > measure.gain(worse, better)
    assert measure.best_of([worse, better, math.nan]) == better
    assert max([None, math.nan, worse], key=measure.key) == worse


def test_nan_is_never_better_nor_anything_better_than_it() -> None:
    assert not ACCURACY.better(math.nan, 0.5)
    assert not ACCURACY.better(0.5, math.nan)


def test_means_of_accuracy_are_plain_and_of_perplexity_those_of_the_loss() -> None:
    shares = [0.1, 0.2, 0.7]
    assert ACCURACY.mean(shares) == statistics.fmean(shares)
    assert ACCURACY.sd(shares) == statistics.stdev(shares)
    assert PERPLEXITY.mean([2.0, 8.0]) == pytest.approx(4.0)
    assert CROSS_ENTROPY.mean([0.1, 0.3]) == statistics.fmean([0.1, 0.3])


def test_a_loss_too_large_for_a_float_is_the_worst_perplexity() -> None:
    assert PERPLEXITY.of({"loss": 1e6}) == math.inf
    assert not PERPLEXITY.better(math.inf, 1e300)
    assert PERPLEXITY.merit(math.inf) == -math.inf


def test_differences_are_told_in_the_units_of_the_measure() -> None:
    assert [ACCURACY.amount(-0.0136), ACCURACY.amount(0.005, sign=False)] == ["-1.36 points", "0.50 points"]
    assert ACCURACY.amount(-1e-9) == "+0.00 points"
    assert [CROSS_ENTROPY.amount(0.1), BITS.amount(0.1)] == ["+0.100 nats", "+0.100 bits"]
    assert [VALUE.amount(0.1), VALUE.show(0.9), VALUE.axis] == ["+0.1000 units", "0.9000", "surrogate value"]
    assert [Unit("scale").amount(-0.1), Unit("scale").show_merit(-0.25)] == ["-0.100 (scale)", "0.250"]
    assert [LOG_RATIO.amount(0.5), LOG_RATIO.size(math.log(2))] == ["+0.500 (log ratio)", "a factor of 2"]
    assert {ACCURACY.amount(math.inf), ACCURACY.number(-math.inf), PERPLEXITY.amount(math.inf)} == {"no bound"}


def test_a_measure_crosses_processes() -> None:
    assert [pickle.loads(pickle.dumps(measure)) for measure in MEASURES.values()] == list(MEASURES.values())

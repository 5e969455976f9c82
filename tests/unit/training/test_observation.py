"""What a policy sees, to the bit: numbers one by one as NumPy has them in arrays, and bounds that all share."""

import math

import numpy as np
import pytest

from rlsearch import seeds
from rlsearch.measures import MEASURES, Measure
from rlsearch.training.observation import LOSS_LIMIT, Measured, bounds, merits, observe

SPECIAL = (0.0, -0.0, 1.0, -1.0, 10.0, -10.0, 100.0, 5e-324, 1e308, -1e308, math.inf, -math.inf, math.nan)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.name)
def test_the_merit_of_one_level_is_that_of_an_array_to_the_bit(measure: Measure) -> None:
    rng = seeds.generator("test-merits", measure.name)
    drawn = [*rng.uniform(-2, 2, 500), *rng.uniform(-200, 200, 500), *rng.lognormal(sigma=20, size=500)]
    levels = np.array([*SPECIAL, *np.nextafter([0.0, 1.0, 10.0, 100.0], math.inf), *drawn])
    with np.errstate(invalid="ignore"):
        ends = [end if math.isfinite(end) else math.copysign(LOSS_LIMIT, end) for end in measure.merit_bounds]
        expected = np.array([np.clip(measure.merit(level), *ends) for level in levels])
        alone = np.array([merits(measure, level) for level in levels])
        plain = np.array([merits(measure, float(level)) for level in levels])
        together = merits(measure, levels)
    # Zeros by their sign too; NaN by being NaN.
    for found in (alone, plain):
        assert np.array_equal(np.isnan(found), np.isnan(expected))
        assert np.where(np.isnan(found), 0.0, found).tobytes() == np.where(np.isnan(expected), 0.0, expected).tobytes()
    assert np.array_equal(together, expected, equal_nan=True)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.name)
def test_states_end_at_bounds_that_nobody_can_change(measure: Measure) -> None:
    low, high = bounds(measure, 3)
    for ends in (low, high):
        with pytest.raises(ValueError, match="read-only"):
            ends[0] = 0.0
    with np.errstate(over="ignore"):
        for merit in SPECIAL:
            state = observe(measure, Measured(0.5, 2.0), Measured(merit, merit, 9, 1), 4, 3)
            assert state.flags.writeable and state.dtype == np.float32
            assert np.all(np.isfinite(state)) and np.all(low <= state) and np.all(state <= high)

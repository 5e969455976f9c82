"""Rounded ranges: no value outside the range is ever trained, and a range holds at least two values."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rlsearch.errors import SettingsError
from rlsearch.spaces._rounding import range_fault
from rlsearch.spaces.base import Continuous, allowed
from rlsearch.spaces.init_scale import Settings

STEPS = [(low / 10**digits, (low + 7) / 10**digits, digits) for digits in (0, 1, 2, 3, 6) for low in range(-40, 300, 3)]


@pytest.mark.parametrize(("low", "high", "digits"), [*STEPS[::20], (0.3, 1.7, 2), (-20, 40, -1), (0, 1, 0)])
def test_whatever_is_proposed_stays_inside(low: float, high: float, digits: int) -> None:
    decision = Continuous("x", low, high, digits)
    width = high - low
    values = [decision.clip(low + width * share / 400) for share in range(-40, 441)]
    assert all(allowed(decision, value) and low <= value <= high for value in values)
    assert values[0] == low and values[-1] == high
    assert 2 <= len(set(values)) <= decision.levels


def test_every_range_of_whole_steps_is_taken() -> None:
    assert [found for ends in STEPS if (found := range_fault(*ends))] == []


@pytest.mark.parametrize(
    ("low", "high", "digits", "said"),
    [
        (0.304, 1.7, 2, "low 0.304 is not a value of 2 decimals: give 0.3, 0.31, or 3 digits"),
        (0.3, 1.695, 2, "high 1.695 is not a value of 2 decimals: give 1.69, 1.7, or 3 digits"),
        (-0.25, 1.0, 1, "give -0.3, -0.2, or 2 digits"),
        (0.004, 1.0, 2, "give 0.01, or 3 digits"),
        (0.1 + 0.2, 1.0, 2, "low 0.30000000000000004 is not a value of 2 decimals: give 0.3, 0.31"),
        (0.301, 0.304, 2, "low 0.301 is not"),
        (0.5, 0.5, 2, "low 0.5 must be below high 0.5"),
        (1.0, 0.5, 2, "must be below"),
        (0.0, float("inf"), 2, "finite numbers"),
        (float("nan"), 1.0, 2, "finite numbers"),
        (5, 40, -1, "give 10.0"),
    ],
)
def test_a_range_that_would_be_left_is_refused(low: float, high: float, digits: int, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Continuous("rate", low, high, digits)
    assert said in str(caught.value) and "'rate'" in str(caught.value)


def test_a_remedy_that_is_named_works() -> None:
    for low, high, digits in ((0.3, 1.7, 2), (0.31, 1.7, 2), (0.304, 1.7, 3)):
        assert Settings(low=low, high=high, digits=digits).low == low
    with pytest.raises(ValidationError, match="give 0.3, 0.31, or 3 digits"):
        Settings(low=0.304)

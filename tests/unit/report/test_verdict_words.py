"""What a verdict means in words, and its interval as a drawing."""

from __future__ import annotations

import math
import re

import pytest

from rlsearch.evidence.headroom import Headroom
from rlsearch.evidence.verdict import Verdict
from rlsearch.measures import ACCURACY
from rlsearch.report import strip
from rlsearch.report.meanings import meaning
from rlsearch.statistics.intervals import Interval
from rlsearch.units import Unit


def verdict(low: float = -0.01, high: float = 0.02, effect: float | None = 0.005, **changes: object) -> Verdict:
    values = {
        "claim": "a beats b", "kind": "beats-agent", "agent": "a", "against": "b", "effect": effect, "unit": ACCURACY,
        "interval": Interval(low, high, 0.95), "level": 0.05, "p": 0.2, "margin": 0.005, "decision": "cannot tell",
        "mde": 0.02, "n": (6, 6), "explanation": "",
    }  # fmt: skip
    return Verdict(**(values | changes))  # type: ignore[arg-type]


def test_meanings_promise_no_more_than_was_tested() -> None:
    settles = meaning(verdict(kind="convergence", decision="better"))
    assert "depends on the reward" not in settles
    assert "planted optimum" in settles
    assert "pays off" not in meaning(verdict(decision="cannot tell"))


def test_interval_is_drawn_to_scale() -> None:
    drawn = str(strip.draw(verdict(low=0.0, high=0.02, effect=0.01, margin=0.005)))
    left, right = map(float, re.search(r"M([\d.]+) 18H([\d.]+)", drawn).groups())  # type: ignore[union-attr]
    point = float(re.search(r'cx="([\d.]+)"', drawn).group(1))  # type: ignore[union-attr]
    assert point == pytest.approx((left + right) / 2, abs=0.1)
    zero = float(re.search(r'strip-zero" d="M([\d.]+)', drawn).group(1))  # type: ignore[union-attr]
    assert zero == pytest.approx(left, abs=0.1)
    below, above = map(float, re.search(r'strip-margin" d="M([\d.]+) 6V30M([\d.]+)', drawn).groups())  # type: ignore[union-attr]
    assert below + above == pytest.approx(2 * zero, abs=0.2)


def test_labels_of_the_margin_stay_inside() -> None:
    """Beside an interval far to one side both lines of a small margin lie at the edge."""
    for low, high, effect in ((0.1, 0.9, 0.5), (-0.9, -0.1, -0.5)):
        drawn = str(strip.draw(verdict(low=low, high=high, effect=effect, margin=0.01)))
        assert "\N{PLUS-MINUS SIGN}margin" in drawn and drawn.count("margin<") == 1


def test_a_verdict_that_no_run_could_have_reached_says_so() -> None:
    room = Headroom("by the table", 0.9, 0.91, 0.01, None)
    assert "gains 1.00 points here, and with so many searches the test finds 2.00 points or more" in meaning(
        verdict(headroom=room)
    )
    for other in (verdict(headroom=room, mde=0.005), verdict(headroom=room, decision="better"), verdict()):
        assert "hardly have been" not in meaning(other)


def test_interval_without_bounds_stays_inside() -> None:
    drawn = str(strip.draw(verdict(low=-math.inf, high=math.inf)))
    assert re.search(rf"M{strip.EDGE:.1f} 18H{strip.WIDTH - strip.EDGE:.1f}", drawn)
    assert "no bound" in drawn
    assert strip.draw(verdict(effect=None)) is None
    assert strip.draw(verdict(interval=None)) is None


def test_drawing_escapes_its_label() -> None:
    assert "<b>" not in str(strip.draw(verdict(unit=Unit("<b>"))))

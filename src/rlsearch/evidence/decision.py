"""The four verdicts: the rule that gives one, and the sentence that says what it rests on."""

from __future__ import annotations

import math
from typing import Literal, get_args

from rlsearch.boundary import SLACK
from rlsearch.statistics.intervals import Interval
from rlsearch.units import Unit

Decision = Literal["too small to matter", "better", "worse", "cannot tell"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)


def decide(interval: Interval | None, margin: float) -> Decision:
    """Return the verdict on an effect; the first of these that holds.

    - too small to matter: the interval lies within the margin on both sides. An end at the margin is an effect worth
      having, so it lies outside.
    - better: the interval lies above 0. An end at 0 does not: the test has not rejected "no effect".
    - worse: it lies below 0.
    - cannot tell: none of these, or there is no interval.

    Accuracies are counts divided by the number of images, so ends often fall on 0 or on the margin, and the last bit of
    a sum must not decide on which side: what differs by less than rounding counts as equal.

    >>> decide(Interval(-0.0246, -0.0025, 0.95), margin=0.005)
    'worse'
    """
    if interval is None:
        return "cannot tell"
    slack = _slack(interval, margin)
    # First of all: such an interval may exclude 0 as well, and is too small to matter all the same.
    if -margin < interval.low - slack and interval.high + slack < margin:
        return "too small to matter"
    if interval.low > slack:
        return "better"
    return "worse" if interval.high < -slack else "cannot tell"


def _slack(interval: Interval, margin: float) -> float:
    finite = [abs(end) for end in (interval.low, interval.high) if math.isfinite(end)]
    return SLACK * max([margin, *finite])


def explain(decision: Decision, effect: float, interval: Interval, margin: float, unit: Unit, mde: float | None) -> str:
    """Return the numbers behind a verdict in one sentence; `mde` is the effect found four times in five."""
    if interval.low == interval.high == 0.0:
        return "There is no difference: both arms hold the same."
    slack = _slack(interval, margin)
    confidence = f"{100 * interval.confidence:.3g} %"
    span = unit.span(interval.low, interval.high)
    measured = f"The difference is {unit.amount(effect)}, and its {confidence} interval, {span},"
    worth = f"{unit.amount(margin, sign=False)}, the smallest effect worth having"
    match decision:
        case "too small to matter":
            none = "; there may be none at all" if interval.low <= slack and -slack <= interval.high else ""
            return f"{measured} lies within ±{worth}{none}."
        case "better":
            small = "" if interval.low >= margin - slack else f"; it may be below {worth}"
            return f"{measured} lies wholly above 0{small}."
        case "worse":
            small = (
                ""
                if interval.high <= slack - margin
                else f"; the loss may be below {worth.replace('having', 'avoiding')}"
            )
            return f"{measured} lies wholly below 0{small}."
    power = "" if mde is None else f"; four times in five the test would find a true {unit.amount(mde, sign=False)}"
    return f"{measured} holds 0 and reaches beyond ±{worth}{power}."

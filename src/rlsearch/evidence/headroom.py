"""The headroom of a claim: what the best chooser that we tried gains over the arm with which the claim compares.

A claim whose margin is larger than its headroom can hardly be shown. Where even the upper end of the headroom's
interval is below the margin, the claim is decided before the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rlsearch.boundary import at_most
from rlsearch.statistics.intervals import Interval
from rlsearch.statistics.t_test import TTest
from rlsearch.units import Unit

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Headroom:
    """What there is to gain, as merits in the unit of the claim; all numbers are None where it is unknown.

    Attributes:
        source: how the ceiling was found, or why it is unknown.
        floor: what the other arm reaches; ceiling: what the best chooser that we tried reaches.
        gain: ceiling less floor; interval: of the gain at 95 %, None where nothing varies.
    """

    source: str
    floor: float | None = None
    ceiling: float | None = None
    gain: float | None = None
    interval: Interval | None = None

    @classmethod
    def between(cls, source: str, floor: float, ceiling: float, parts: Sequence[tuple[float, float]]) -> Headroom:
        """Return the headroom; `parts` are independent variances of the gain, each with its degrees of freedom."""
        gain = ceiling - floor
        # Independent parts: their variances add, with Satterthwaite's degrees of freedom.
        test = TTest.summed(gain, parts)
        return cls(source, floor, ceiling, gain, None if test is None else test.interval(CONFIDENCE))

    def below(self, margin: float) -> bool:
        """Tell whether the best chooser that we tried gains less than the margin; False where it is unknown."""
        return self.gain is not None and not at_most(margin, self.gain)

    def rules_out(self, margin: float) -> bool:
        """Tell whether the margin lies above the whole interval too; without an interval the estimate decides."""
        return self.below(margin) and (self.interval is None or not at_most(margin, self.interval.high))

    def warning(self, margin: float, unit: Unit) -> str:
        """Return, before the run, what a margin above the headroom means."""
        if self.rules_out(margin):
            wanted = unit.amount(margin, sign=False)
            return f"no run can show a gain of {wanted} here: {self._best(unit)}; {self._levels(unit)}"
        return f"{self._less(margin, unit)}: a run could hardly show it; {self._levels(unit)}"

    def _best(self, unit: Unit) -> str:
        gain = self.gain or 0.0
        size = f"{'loses' if gain < 0 else 'gains'} {unit.size(gain)}"
        return f"the best chooser that we tried {size}{self._ends(unit)}"

    def _less(self, margin: float, unit: Unit) -> str:
        return f"{self._best(unit)}, less than the margin of {unit.amount(margin, sign=False)}"

    def _ends(self, unit: Unit) -> str:
        return "" if self.interval is None else f" (95 % interval {unit.span(self.interval.low, self.interval.high)})"

    def _levels(self, unit: Unit) -> str:
        return f"floor {unit.show_merit(self.floor or 0.0)}, ceiling {unit.show_merit(self.ceiling or 0.0)}"

    def sentence(self, unit: Unit) -> str:
        """Return floor, ceiling and gain in words.

        >>> Headroom("by the table", 0.9669, 0.9678, 0.0009).sentence(ACCURACY)
        'Headroom +0.09 points: floor 96.69 %, ceiling 96.78 %; by the table.'
        """
        if self.gain is None:
            return f"Headroom unknown: {self.source}."
        return f"Headroom {unit.amount(self.gain)}{self._ends(unit)}: {self._levels(unit)}; {self.source}."

    def verdict(self, margin: float, unit: Unit) -> str:
        """Return, after the run, what a margin above the headroom means."""
        if self.rules_out(margin):
            return f"This run could not have shown a gain of {unit.amount(margin, sign=False)}: {self._best(unit)}."
        text = self._less(margin, unit)
        return f"{text[0].upper()}{text[1:]}: this run could hardly have shown it."

    def to_json(self) -> dict[str, Any]:
        """Return floor, ceiling, gain and the ends of its interval."""
        ends = {} if self.interval is None else self.interval.to_json()
        return {
            "floor": self.floor,
            "ceiling": self.ceiling,
            "gain": self.gain,
            "low": ends.get("low"),
            "high": ends.get("high"),
            "source": self.source,
        }


UNKNOWN = Headroom("there is neither a truth table nor a grid to find the ceiling")

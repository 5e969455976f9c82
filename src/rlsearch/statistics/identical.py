"""What is known of two arms that hold the same candidate."""

from __future__ import annotations

from dataclasses import dataclass

from rlsearch.statistics.intervals import Interval


@dataclass(frozen=True)
class Identical:
    """Two arms that are one: they do not differ, and no seed variance is in that. In the shape of the tests."""

    name: str = "none needed"
    effect: float = 0.0
    p: float = 1.0

    def interval(self, confidence: float) -> Interval:
        """Return 0 alone."""
        return Interval(0.0, 0.0, confidence)

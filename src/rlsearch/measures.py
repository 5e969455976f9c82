"""What a task is measured by: accuracy, cross-entropy, perplexity and others.

A task has one main measure. Its *level* is what people read (0.9669, a perplexity of 23.1). Differences, means and
tests are taken on its *merit*, a scale on which more is always better: the level itself for accuracy, minus the loss
for cross-entropy and for perplexity, whose differences are ratios of perplexities and are given in per cent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, stdev
from typing import Any

import numpy as np

from rlsearch.units import Unit, Value, rounded


@dataclass(frozen=True)
class Measure(Unit):
    """What says how good a trained network is.

    Attributes:
        name: in the keys of artefacts, e.g. `score_accuracy`; metric: the key of an outcome's metrics behind it.
        label: in sentences; unit: what follows the number of a difference.
        higher_is_better: whether of two levels the higher one is better.
        factor: a level or difference is shown times this; digits: behind the point; suffix: what follows a level.
        bounds: the least and the greatest level that there can be.
    """

    metric: str
    label: str
    unit: str
    higher_is_better: bool
    factor: float = 1.0
    digits: int = 3
    suffix: str = ""
    bounds: tuple[float, float] = (-math.inf, math.inf)

    def of(self, metrics: Mapping[str, Value]) -> Value:
        """Return the level from an outcome's metrics, floats or arrays.

        Raises:
            KeyError: the outcome has no such metric.
        """
        return self.level(metrics[self.metric])

    def level(self, metric: Value) -> Value:
        """Return the level that a value of the metric means."""
        return metric

    def chance(self, guessed: float) -> float:
        """Return the level of a network that has learned nothing and guesses right with this probability.

        >>> ACCURACY.chance(0.1), round(CROSS_ENTROPY.chance(0.1), 3), round(PERPLEXITY.chance(0.1), 3)
        (0.1, 2.303, 10.0)
        """
        return guessed if self.higher_is_better else float(self.level(-math.log(guessed)))

    def merit(self, level: Value) -> Value:
        """Return a level on the scale of differences and means, where more is better."""
        return level if self.higher_is_better else -level

    def level_of(self, merit: Value) -> Value:
        """Return the level that has this merit."""
        return merit if self.higher_is_better else -merit

    @cached_property
    def merit_bounds(self) -> tuple[float, float]:
        """The least and the greatest merit that there can be."""
        ends = [self.merit(level) for level in self.bounds]
        return min(ends), max(ends)

    def gain(self, first: Value, second: Value) -> Value:
        """Return the difference of two levels, positive where the first is better.

        >>> CROSS_ENTROPY.gain(0.25, 0.5), ACCURACY.gain(0.25, 0.5)
        (0.25, -0.25)
        """
        return self.merit(first) - self.merit(second)

    def better(self, first: float, second: float) -> bool:
        """Tell whether the first level is better; never where one of them is NaN."""
        return self.merit(first) > self.merit(second)

    def key(self, level: float | None) -> float:
        """Return the key by which `max` finds the best level; None and NaN are the worst."""
        merit = math.nan if level is None else self.merit(level)
        return -math.inf if math.isnan(merit) else merit

    def key_of(self, metrics: Mapping[str, float]) -> float:
        """Return the key by which `max` finds the best of some outcomes' metrics."""
        return self.key(self.of(metrics))

    def best_of(self, levels: Iterable[float]) -> float:
        """Return the best level, the first of equal ones.

        >>> ACCURACY.best_of([0.5, 0.75]), CROSS_ENTROPY.best_of([math.nan, 0.5, 0.75])
        (0.75, 0.5)
        """
        return max(levels, key=self.key)

    def mean(self, levels: Sequence[float]) -> float:
        """Return the level at the mean merit: of perplexities the geometric mean."""
        return self.level_of(fmean(map(self.merit, levels)))

    def sd(self, levels: Sequence[float]) -> float:
        """Return the standard deviation of the merits of at least two levels."""
        return stdev(map(self.merit, levels))

    def show(self, level: float, digits: int | None = None) -> str:
        """Return a level as people read it, with the measure's digits by default.

        >>> ACCURACY.show(0.9669), CROSS_ENTROPY.show(0.1234), PERPLEXITY.show(23.08)
        ('96.69 %', '0.123 nats', '23.08')
        """
        return f"{self.factor * level:.{self.digits if digits is None else digits}f}{self.suffix}"

    @property
    def axis(self) -> str:
        """The measure as the label of an axis whose values are levels times `factor`.

        >>> ACCURACY.axis, PERPLEXITY.axis
        ('accuracy (%)', 'perplexity')
        """
        return f"{self.label} ({self.suffix.strip()})" if self.suffix else self.label

    def show_merit(self, merit: float) -> str:
        """Return the level that has this merit as people read it."""
        return self.show(self.level_of(merit))

    def show_sd(self, sd: float) -> str:
        """Return a standard deviation of levels as people read it, in the unit of the levels."""
        return self.show(sd)

    @property
    def noted(self) -> str:
        """The unit of differences."""
        return self.unit

    def scaled(self, difference: Value) -> Value:
        """Return a difference of merits in its unit: of accuracies, in percentage points."""
        return self.factor * difference

    def _rounded(self, difference: float, sign: bool) -> str:
        return rounded(self.scaled(difference), self.digits, sign)

    def _named(self, number: str) -> str:
        return f"{number} {self.unit}".rstrip()


class Bits(Measure):
    """Cross-entropy in bits: the loss in nats over ln 2."""

    def level(self, metric: Value) -> Value:
        """Return bits from nats."""
        return metric / math.log(2)


class Perplexity(Measure):
    """exp(loss). Its merit is minus the loss, so that means are of the loss and differences are ratios."""

    def level(self, metric: Value) -> Value:
        """Return the perplexity of a mean loss in nats; infinite where it is too large for a float."""
        # exp overflows from a loss of 710 on.
        with np.errstate(over="ignore"):
            return _like(metric, np.exp(metric))

    def merit(self, level: Value) -> Value:
        """Return minus the loss; minus infinity of an infinite perplexity."""
        with np.errstate(divide="ignore"):
            return _like(level, -np.log(level))

    def level_of(self, merit: Value) -> Value:
        """Return the perplexity that has this merit."""
        return self.level(-merit)

    def show_sd(self, sd: float) -> str:
        """Return it in per cent, as all differences."""
        return self.amount(sd, sign=False)

    def scaled(self, difference: Value) -> Value:
        """Return by how many per cent a better perplexity is lower; of a worse one, by how many it is higher, below 0.

        >>> PERPLEXITY.amount(0.05), PERPLEXITY.amount(-0.05), PERPLEXITY.amount(0.05, sign=False)
        ('+4.88 %', '-5.13 %', '4.88 %')
        """
        # expm1 keeps the digits of small differences, which exp(x) - 1 loses.
        return _like(difference, -100 * np.expm1(-difference))


def _like(like: Value, value: Any) -> Value:
    """Return a result of numpy as a float where a float was given."""
    same: Value = value if isinstance(like, np.ndarray) else float(value)
    return same


PERCENT = (100.0, 2, " %", (0.0, 1.0))
"""How shares from 0 to 1 are shown: factor, digits, suffix and bounds."""

ACCURACY = Measure("accuracy", "accuracy", "accuracy", "points", True, *PERCENT)
CROSS_ENTROPY = Measure("cross_entropy", "loss", "cross-entropy", "nats", False, 1.0, 3, " nats", (0.0, math.inf))
PERPLEXITY = Perplexity("perplexity", "loss", "perplexity", "%", False, 1.0, 2, "", (1.0, math.inf))
BITS = Bits("bits", "loss", "cross-entropy", "bits", False, 1.0, 3, " bits", (0.0, math.inf))
BLEU = Measure("bleu", "bleu", "BLEU", "BLEU", True, 1.0, 2, "", (0.0, 100.0))
VALUE = Measure("value", "value", "surrogate value", "units", True, 1.0, 4, "", (0.0, math.inf))
"""What a surrogate says of a candidate: no network was trained, so it is no accuracy."""
ONE_CLASS = Measure("one_class", "one_class", "share of one-class predictors", "points", False, *PERCENT)
"""Whether a network answers one class whatever it is shown, 1 or 0, so that a mean is a share. No main measure."""

MEASURES = {measure.name: measure for measure in (ACCURACY, CROSS_ENTROPY, PERPLEXITY, BITS, BLEU, VALUE)}


def with_loss(measure: Measure) -> tuple[Measure, ...]:
    """Return in what the networks of a table are compared: their measure, and the loss where that is another.

    >>> [measure.name for measure in (*with_loss(ACCURACY), *with_loss(PERPLEXITY))]
    ['accuracy', 'cross_entropy', 'perplexity']
    """
    return (measure,) if measure.metric == CROSS_ENTROPY.metric else (measure, CROSS_ENTROPY)

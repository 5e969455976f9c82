"""What the best chooser that we tried reaches: it has seen all trainings of all candidates but those that judge it.

No search sees as much. Another rule might choose still better, so this is no upper bound. The chooser takes the
candidate with the best mean on the validation images, averages over ties, and is judged on trainings by which
it did not choose, since the validation and the test value of one training share their seed variance (on RL-NAS-1296, in
the best quarter, with a correlation of 0.5): judged on the trainings by which it chose, a chooser seems better than it
is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rlsearch.evidence.headroom import Headroom
from rlsearch.evidence.worth import Truth, losses
from rlsearch.measures import Measure
from rlsearch.truth.table import Floats, TruthTable


@dataclass(frozen=True)
class Ceiling:
    """A mean test merit, and what it is chosen by.

    `by_judge` (trainings,) are the merits in the trainings that are kept to judge; None where none are kept.
    """

    value: float
    by_judge: Floats | None
    source: str


def on_table(validation: TruthTable, test: TruthTable, *, sees_training: bool = False) -> Ceiling:
    """Return the ceiling of a truth table, by the validation values of its measure or by the loss, whichever is better.

    Where trainings are kept to judge, all others choose, and with `sees_training` (a policy looks at the training that
    it steers) the validation value of the judging training counts as one more. Where none are kept, all trainings of a
    network but one choose and that one judges, each of them in turn.
    """
    judges, worth = validation.judges("validation"), -losses(test)
    scores = {measure: -losses(validation, measure) for measure in validation.measures}
    if judges is None:
        exact = {measure: left_out(score, worth) for measure, score in scores.items()}
        best = max(exact, key=lambda measure: exact[measure])
        return Ceiling(exact[best], None, _source(best, f"{test.seeds - 1} of {test.seeds} trainings", "the last"))
    own = {measure: -losses(judges, measure) if sees_training else None for measure in scores}
    merits = {measure: judged(score, own[measure], worth) for measure, score in scores.items()}
    best = max(merits, key=lambda measure: float(merits[measure].mean()))
    itself = " and of the training that judges" if sees_training else ""
    seen = f"{validation.seeds} trainings{itself}"
    return Ceiling(float(merits[best].mean()), merits[best], _source(best, seen, f"{test.seeds} others"))


def of_surrogate(truth: Truth) -> Ceiling:
    """Return the ceiling where a surrogate answers, which says what its best candidate is worth."""
    return Ceiling(truth.best, None, "the ceiling is the surrogate's optimum")


def _source(measure: Measure, seen: str, judges: str) -> str:
    return f"the ceiling is chosen by the validation {measure.label} of {seen} and judged on {judges}"


def over(floor: Floats, ceiling: Ceiling, source: str) -> Headroom:
    """Return the headroom over an arm's answers, (runs, judges), or (runs, 1) where no trainings are kept to judge."""
    # Two sources of noise: which searches were run, and which trainings judge (paired: both arms have the same).
    judges = [] if ceiling.by_judge is None else [error(ceiling.by_judge - floor.mean(axis=0))]
    return Headroom.between(source, float(floor.mean()), ceiling.value, [error(floor.mean(axis=1)), *judges])


def of_grid(scores: Sequence[Sequence[Sequence[float]]], floor: Sequence[float], source: str) -> Headroom:
    """Return the headroom over an arm's values, with the point of a grid that is best in all groups but one as ceiling.

    `scores` are as in `by_group`.
    """
    ceiling, other = by_group(scores), np.array(floor)
    return Headroom.between(source, float(other.mean()), float(ceiling.mean()), [error(ceiling), error(other)])


def error(values: Floats) -> tuple[float, float]:
    """Return the variance of the mean of values, at least two, and its degrees of freedom."""
    return float(values.var(ddof=1)) / values.size, values.size - 1.0


def left_out(scores: Floats, worth: Floats) -> float:
    """Return the expected worth of the row with the highest mean score when one training of each row judges it.

    Rows with the same highest mean share: each counts equally.

    Scores and worth are (rows, trainings). The trainings of different rows are independent, so that each row leaves
    out any one of its own: the expectation over all of these ways is exact, and draws nothing.
    """
    trainings = scores.shape[1]
    # Rounded: equal means that were summed in another order may differ in their last bits, and would then be no tie.
    means = np.round((scores.sum(1, keepdims=True) - scores) / (trainings - 1), 12)
    able = np.argwhere(means >= means.min(1).max())  # a lower mean is never the highest
    total = 0.0
    for row, training in able:
        less, equal = (np.delete(compare(means, means[row, training]).mean(1), row) for compare in (np.less, np.equal))
        total += worth[row, training] * _share(less, equal)
    return float(total / trainings)


def _share(less: Floats, equal: Floats) -> float:
    """Return the expected share of a row from the probabilities (others,) that another is less and that it is equal.

    `ties[k]` is the probability that k others are equal and the rest less; the row then counts as 1 of k + 1.
    """
    ties = np.array([less[equal == 0].prod()])
    for pair in zip(less[equal > 0], equal[equal > 0], strict=True):
        # Each other row is one factor (less + equal x) of a polynomial; the coefficient of x**k is the chance of k
        # ties.
        ties = np.convolve(ties, pair)
    return float((ties / np.arange(1, ties.size + 1)).sum())


def judged(scores: Floats, own: Floats | None, worth: Floats) -> Floats:
    """Return the worth (judges,) of the rows with the highest mean score, in each judging training.

    Scores (rows, trainings), own and worth (rows, judges); `own` scores count as one more training, judge by judge.
    """
    return _best(scores.sum(1, keepdims=True) + (np.zeros_like(worth) if own is None else own), worth)


def by_group(scores: Sequence[Sequence[Sequence[float]]]) -> Floats:
    """Return what the candidate with the best mean over all values of the other groups reaches in each, (groups,).

    `scores[candidate][group]` are the values of one or more trainings. Their number may differ between candidates and
    groups, so a candidate with more values is not ranked higher for it. There are at least two groups.
    """
    sums, counts = (
        np.array([[count(values) for values in groups] for groups in scores]) for count in (np.sum, np.size)
    )
    # Sums and counts apart: the mean of all other groups' values, however many each of them has.
    others = (sums.sum(1, keepdims=True) - sums) / (counts.sum(1, keepdims=True) - counts)
    return _best(others, sums / counts)


def _best(scores: Floats, worth: Floats) -> Floats:
    """Return column by column the mean worth of the rows with the highest score, but for rounding."""
    # Rows that are equal but for rounding share the first place.
    scores = np.round(scores, 9)
    highest = scores == scores.max(0)
    return np.asarray((worth * highest).sum(0) / highest.sum(0))

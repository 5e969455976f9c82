"""What candidates are really worth: on images that no search saw where a truth table answered, else exactly.

The worth of a network of a table is its mean over trainings on the test images. An answer's mean leaves out the
trainings that its search saw, by whose seed variance it was chosen. The best is a maximum over all networks and so lies
somewhat too high, by the same amount for every agent. No search reads a table's test part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlsearch.errors import RlsearchError
from rlsearch.evidence.results import Results
from rlsearch.measures import Measure
from rlsearch.surrogates.base import enumerable, make_surrogate, optimum, values
from rlsearch.truth.table import Floats, TruthTable

VALUES = "answer_values"
"""The key of a `repetitions` block that holds what answers are worth, where rows would name none of the candidates."""


@dataclass(frozen=True)
class Final:
    """Regret of each run's answer and its standard error, both (runs,); NaN where a run has no answer.

    `error` is that of the answer's mean over its unseen trainings (NaN with fewer than two of them). `reused` counts
    the answers of which no training was left unseen, so that all had to be used: those of the `largest` control.
    """

    values: Floats
    error: Floats
    reused: int


def losses(table: TruthTable, measure: Measure | None = None) -> Floats:
    """Return minus the merits of all trainings after the last epoch, (rows, trainings): of accuracies, minus these.

    A training that diverged counts as the worst that any training reached. `measure`: the table's own by default.
    """
    by_epoch = -measure.merit(measure.of(table.values)) if measure else -table.measure.merit(table.levels)
    last = by_epoch[:, :, -1]
    # Left out instead, a network that often diverges would look as good as the trainings that it survived.
    return np.where(np.isnan(last), np.nanmax(last), last)


class Truth:
    """The test part of a truth table in one measure, after the last epoch.

    Args:
        table: the test part; measure: the table's own by default.
    """

    def __init__(self, table: TruthTable, measure: Measure | None = None) -> None:
        self._losses = losses(table, measure)
        self._best = float(self._losses.mean(axis=1).min())
        self.columns = table.seeds
        self.kept = bool(table.recipe.judge)  # from all searches: none of these trainings was seen
        self.judges = table.recipe.judges

    @property
    def best(self) -> float:
        """The merit of the best candidate."""
        return -self._best

    def regret(self, row: int, seen: Sequence[int]) -> tuple[float, float, bool]:
        """Return regret and standard error of a network, and whether all its trainings were seen."""
        # A training that the search saw helped to choose the answer, so its value is too good on average.
        unseen = np.setdiff1d(np.arange(self.columns), [] if self.kept else seen)
        return (*self._regret(self._losses[row, unseen if unseen.size else slice(None)]), not unseen.size)

    def regret_of_schedules(self, rows: Sequence[int]) -> tuple[float, float, bool]:
        """Return the same of a policy that took another row in each training (one row a column)."""
        return (*self._regret(self._losses[np.asarray(rows), np.arange(self.columns)]), False)

    def _regret(self, values: Floats) -> tuple[float, float]:
        error = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else math.nan
        return float(values.mean()) - self._best, error

    def sampled(self, rows: Sequence[int]) -> float:
        """Return the mean regret of some networks over all their trainings.

        They are what was proposed, not the best of it; of a network that was proposed again because of one training of
        it, that training counts too, and flatters it a little.
        """
        return float(self._losses[np.asarray(rows)].mean()) - self._best

    def by_judge(self, block: Mapping[str, Any]) -> Floats:
        """Return the merit (runs, judges) of each run's answer in each training that is kept from all searches."""
        if (played := of_policies(block)) is not None:
            return -np.stack([self._losses[np.asarray(rows), np.arange(self.columns)] for rows in played])
        lost = np.full(self.columns, np.nan)
        return -np.stack([lost if row is None else self._losses[row] for row in block["answers"]])

    def reached(self, block: Mapping[str, Any]) -> Floats:
        """Return the merits of the answers, (runs, judges), or (runs, 1) where no trainings are kept to judge."""
        return self.by_judge(block) if self.kept else (-self._best - final(block, self).values)[:, None]

    def leave_one_out(self) -> Floats:
        """Return the regret (networks, columns) of each network when the search saw that one training of it."""
        loss = self._losses
        if self.kept:
            return np.asarray(loss.mean(axis=1, keepdims=True) - self._best)
        rest = (loss.sum(axis=1, keepdims=True) - loss) / (self.columns - 1)
        return np.asarray(rest - self._best)


class ExactTruth(Truth):
    """A function that gives the worth of every candidate, as a surrogate does: nothing is estimated.

    Args:
        values: of the candidates by number, (candidates,), levels of the measure; none where there are too many, and
            blocks hold the values of their own. best: the best value there is.
    """

    def __init__(self, values: Floats, best: float, measure: Measure) -> None:
        self._losses, self._best = -measure.merit(values)[:, None], float(-measure.merit(best))
        self.columns, self.kept = 1, True  # as if one training, without noise, were kept to judge
        self.judges = ()
        self.measure = measure

    def regrets(self, values: Sequence[Any]) -> Floats:
        """Return the regret of levels that a block holds, of their shape; NaN for None."""
        return np.asarray(-self.measure.merit(np.array(values, np.float64)) - self._best)

    def by_judge(self, block: Mapping[str, Any]) -> Floats:
        """Return the merit (runs, 1) of each run's answer."""
        if (values := block.get(VALUES)) is None:
            return super().by_judge(block)
        return (-self._best - self.regrets(values))[:, None]


def truths(table: TruthTable) -> dict[str, Truth]:
    """Return the truth in each of the table's measures, by its name."""
    return {measure.name: Truth(table, measure) for measure in table.measures}


def of_policies(block: Mapping[str, Any]) -> Sequence[Sequence[int]] | None:
    """Return the rows (runs, columns) that the frozen policies of a `repetitions` block took, None for other agents."""
    return block.get("answer_rows")


def final(block: Mapping[str, Any], truth: Truth) -> Final:
    """Return the regrets of the answers in a `repetitions` block; a policy answers training by training."""
    if isinstance(truth, ExactTruth) and (known := block.get(VALUES)) is not None:
        regret = truth.regrets(known)
        return Final(regret, np.full_like(regret, math.nan), 0)
    if (played := of_policies(block)) is not None:
        regrets = [truth.regret_of_schedules(rows) for rows in played]
    else:
        pairs = zip(block["answers"], block["answer_columns"], strict=True)
        regrets = [(math.nan, math.nan, False) if row is None else truth.regret(row, seen) for row, seen in pairs]
    values, errors, reused = zip(*regrets, strict=True)
    return Final(np.array(values), np.array(errors), sum(reused))


def late(block: Mapping[str, Any], truth: Truth) -> Floats | None:
    """Return the mean regret of what each run proposed in its last quarter, (runs,); None where that was not kept."""
    if isinstance(truth, ExactTruth) and (known := block.get("late_values")) is not None:
        return truth.regrets(known)
    kept = block.get("late_rows")
    return None if kept is None else np.array([truth.sampled(rows) for rows in kept])


def exact(results: Results) -> ExactTruth:
    """Return the truth of a study's surrogate."""
    assert results.settings.surrogate is not None
    surrogate, space = make_surrogate(results.space, results.settings.surrogate), results.space
    listed = values(surrogate, space) if enumerable(space) else np.empty(0)
    return ExactTruth(listed, optimum(surrogate), results.measure)


def load_truth(results: Results) -> Truth | str:
    """Return the truth of a study's table or surrogate, or the reason why it is unknown."""
    if results.settings.trains:
        return "the study trains its children, so that nobody knows what all of them are worth"
    if results.settings.surrogate is not None:
        return exact(results)
    try:
        return Truth(results.table("test"))
    except RlsearchError as error:
        return f"not run yet ({error.what})"


def known_truths(results: Results) -> dict[str, Truth]:
    """Return what is known of a study's candidates, by the name of the measure; nothing before the table is there.

    Raises:
        RlsearchError: the table's test part is damaged.
    """
    if results.settings.surrogate is not None:
        return {results.measure.name: exact(results)}
    return truths(results.table("test")) if results.has_table("test") else {}

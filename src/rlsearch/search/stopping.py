"""When a search stops: limits of trials and FLOPs, the prices of which budgets are made, and too many failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Protocol

from rlsearch.boundary import share_of
from rlsearch.config.models import SearchSettings
from rlsearch.errors import SearchStopped, SettingsError
from rlsearch.search.journal import Entry
from rlsearch.training.outcome import Outcome
from rlsearch.units import counted

# Of very few trials the first failure would already be too large a share.
FAILURES_BEFORE_STOP = 5


class Limit(Protocol):
    """When a search ends."""

    def remaining(self, trials: int, flops: int) -> int:
        """Return how many more children may be evaluated after this many trials at this cost."""

    def charge(self, outcome: Outcome) -> int:
        """Return what an outcome takes from the budget."""


@dataclass(frozen=True)
class TrialLimit:
    """A fixed number of trials."""

    trials: int

    def remaining(self, trials: int, flops: int) -> int:
        """Return the trials left."""
        return self.trials - trials

    def charge(self, outcome: Outcome) -> int:
        """Return the outcome's FLOPs, which do not count here."""
        return outcome.flops


@dataclass(frozen=True)
class FlopLimit:
    """A common budget of training FLOPs, of which `reserve` is kept for the finalists.

    `unit` is the cost of one full child: another one is evaluated only while a full one fits, so the budget is never
    overrun, and a child that diverged early leaves room for more. `most` ends it after this many children in any case.
    """

    total: int
    reserve: int
    unit: int
    most: int | None = None

    def remaining(self, trials: int, flops: int) -> int:
        """Return how many full children still fit."""
        room = (self.total - self.reserve - flops) // self.unit
        return room if self.most is None else min(room, self.most - trials)

    def charge(self, outcome: Outcome) -> int:
        """Return the FLOPs; a child that failed or could not be built takes a full one's, or it would be free."""
        # If failures were free, a space in which nothing can be built would be searched for ever.
        return outcome.flops if outcome.status in ("ok", "diverged") else self.unit


@dataclass(frozen=True)
class Prices:
    """FLOPs of full trainings: the mean over the space, which is the unit of a budget, and the largest."""

    mean: int
    largest: int

    @classmethod
    def of(cls, costs: Sequence[int]) -> Prices:
        """Return the prices of these trainings."""
        # Equal costs must stay what they are to the last digit.
        return cls(costs[0] if len(set(costs)) == 1 else round(fmean(costs)), max(costs))

    def fewest(self, finalists: int) -> int:
        """Return the smallest budget, in mean trainings, for one trial beside this many trainings of finalists.

        >>> Prices(10, 60).fewest(9)
        60
        """
        # Rounded up in whole numbers: FLOPs go beyond the 2**53 up to which a float is exact.
        return -(-(finalists + 1) * self.largest // self.mean)


def flop_limit(prices: Prices, search: SearchSettings, trainings: int, key: str, most: int | None = None) -> FlopLimit:
    """Return the common budget of a search: mean `trainings`, the finalists' paid at the largest price.

    Another child is asked for only while the largest fits, so no search costs more than the budget.

    Args:
        key: of the settings, which says how many trainings. most: children after which a search ends in any case.

    Raises:
        SettingsError: the budget does not pay for a trial beside the finalists.
    """
    finalists = search.finalists * search.replicates
    if trainings < prices.fewest(finalists):
        raise SettingsError(
            f"the largest network costs {prices.largest / prices.mean:.3g} times the mean of the space, so "
            f"{search.finalists} x {search.replicates} trainings of finalists leave no room for a trial",
            where=f"{key} = {trainings}",
            allowed=f"at least {prices.fewest(finalists)} with these finalists",
            remedy=f"raise {key}, or lower search.finalists or search.replicates",
        )
    return FlopLimit(trainings * prices.mean, finalists * prices.largest, prices.largest, most)


def check_failures(entries: Sequence[Entry], failed: int, trials: int, most: float, where: Path) -> None:
    """Raise a SearchStopped where too large a share of the children has failed so far.

    Args:
        entries: of the last batch; failed, trials: so far, these included.
        most: the largest share that may fail; where: the search's work folder, which remembers them.
    """
    if failed < FAILURES_BEFORE_STOP or failed <= share_of(most, trials):
        return
    names = sorted({entry.outcome.error or "" for entry in entries if entry.outcome.status == "failed"})
    raise SearchStopped(
        f"{failed} of {trials} children failed ({', '.join(names)})",
        where=str(where),
        allowed=f"a failed share of at most {most:g} (search.max_failed_share)",
        remedy="read the traceback in the log and fix the cause; if that changed no code of the package, delete"
        " this folder, which remembers the failures; then run the same command again (finished children are kept)",
    )


def check_succeeded(entries: Sequence[Entry], where: Path) -> None:
    """Raise a SearchStopped unless a child ended with status ok: nothing else can be an answer.

    Args:
        entries: all trials of a search; where: its work folder, which remembers them.
    """
    ends = Counter((entry.outcome.status, entry.outcome.error or "") for entry in entries)
    if not entries or any(status == "ok" for status, _ in ends):
        return
    (status, error), count = ends.most_common(1)[0]
    raise SearchStopped(
        f"of {counted(len(entries), 'trial')} none ended with status ok, so the search has no answer: {count} of them"
        f" {_ENDS[status]}{f' ({error})' if error else ''}",
        where=str(where),
        remedy="read this search's log (logs/search/, or above) for the reasons, and change the task's settings or the"
        " space; if neither was at fault, delete this folder, which remembers the failures; then run the same command"
        " again",
    )


_ENDS = {
    "diverged": "diverged: a loss was NaN or infinite, as with too large a learning rate",
    "invalid": "could not be built for the study's data",
    "failed": "failed with an exception",
}

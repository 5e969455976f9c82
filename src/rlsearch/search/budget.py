"""The budget of a search: prices of trainings, what a search has spent, and which proposal it can still pay for.

A proposal is evaluated while its own price fits beside what the finalists may cost. The first that does not fit ends
the search, so no search costs more than its budget, and a larger budget changes no earlier trial.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean
from typing import Any

from rlsearch.search.ranking import Ranking
from rlsearch.training.outcome import Outcome

Price = Callable[[Any], int]
"""Maps what is proposed, a spec or a row of a table, to the most FLOPs that one training of it may take."""


@dataclass(frozen=True)
class Prices:
    """What candidates of a space cost, in FLOPs.

    Attributes:
        mean: of full trainings in one try: the unit of a budget.
        largest, least: of the prices at which candidates are admitted, each the most that a training may take: with
            every restart. `least` is 0 where nobody knows it.
        place: mean of these prices: what is set aside for a training of a finalist that there is not yet.
    """

    mean: int
    largest: int
    least: int
    place: int

    @classmethod
    def of(cls, costs: Sequence[int], prices: Sequence[int] | None = None) -> Prices:
        """Return those of all candidates, from what they cost in one try; `prices`: in all tries that they may have."""
        asked = costs if prices is None else prices
        return cls(rounded_mean(costs), max(asked), min(asked), rounded_mean(asked))

    def fewest(self, finalists: int, replicates: int) -> int:
        """Return the smallest budget, in mean trainings, with which a search can pay for any first trial.

        The first candidate may become a finalist; for the others the mean price is set aside.

        >>> Prices(mean=10, largest=60, least=0, place=10).fewest(finalists=3, replicates=3)
        30
        """
        first, others = (1 + replicates) * self.largest, (finalists - 1) * replicates * self.place
        return -(-(first + others) // self.mean)


def rounded_mean(costs: Sequence[int]) -> int:
    """Return the mean as a whole number, exactly: FLOPs go beyond the 2**53 up to which a float is exact."""
    return round(Fraction(sum(costs), len(costs)))


@dataclass(frozen=True)
class FlopLimit:
    """A common budget of training FLOPs, from which the trainings of the finalists are paid as well.

    Attributes:
        total: the budget; price: of a proposal.
        finalists, replicates: how many candidates are trained again, and how often each.
        place: what is set aside for each training of a finalist that there is not yet.
        least: no proposal costs less. A search ends without another proposal where not even that fits.
        most: trials after which a search ends in any case.
        mean: of a candidate's rewards (see `Ranking`).
    """

    total: int
    price: Price
    finalists: int
    replicates: int
    place: int
    least: int = 0
    most: int | None = None
    mean: Callable[[Sequence[float]], float] = fmean

    def account(self) -> Account:
        """Return the account of a search that begins."""
        return Account(self)

    def trials_at(self, price: int) -> int:
        """Return how many trials fit beside the finalists if every training has this price."""
        trials = self.total // price - self.finalists * self.replicates
        return trials if self.most is None else min(trials, self.most)


@dataclass(frozen=True)
class Refused:
    """The proposal that no longer fitted: its candidate, its price, and by how much the reserve might have grown."""

    key: Hashable
    price: int
    reserve: int


class Account:
    """What one search has spent, and what it keeps for its finalists. Keys are of candidates; equal ones cost the same.

    Attributes:
        trials, spent: so far, in FLOPs; refused: the proposal that ended the search.
    """

    def __init__(self, limit: FlopLimit) -> None:
        self.limit = limit
        self.trials = self.spent = 0
        self.ranking = Ranking(limit.finalists, limit.place, limit.mean)
        self.refused: Refused | None = None
        self._prices: dict[Hashable, int] = {}

    @property
    def capped(self) -> bool:
        """Whether the search has had all the trials that the settings allow."""
        return self.limit.most is not None and self.trials >= self.limit.most

    @property
    def reserve(self) -> int:
        """FLOPs that are set aside for the finalists as they stand."""
        return self._reserve()

    @property
    def open(self) -> bool:
        """Whether another proposal may fit, as far as can be said before it is made."""
        if self.capped or self.refused is not None:
            return False
        return self.spent + self.limit.least + self.reserve <= self.limit.total

    def fitting(self, proposed: Sequence[tuple[Hashable, Any]]) -> int:
        """Return how many proposals, from the first on, are sure to fit whatever those before them bring.

        Args:
            proposed: (key, what the limit prices) of each, none of which is finished.

        None fits after the first that was refused, however little it costs.
        """
        if self.refused is not None:
            return 0
        room = len(proposed) if self.limit.most is None else min(len(proposed), self.limit.most - self.trials)
        out: dict[Hashable, int] = {}
        cost = 0
        for count, (key, what) in enumerate(proposed[:room]):
            out[key] = self.price(key, what)
            cost += out[key]
            if self.spent + cost + self._reserve(out) > self.limit.total:
                if count == 0:
                    self.refused = Refused(key, cost, self._reserve(out) - self.reserve)
                return count
        return room

    def book(self, key: Hashable, what: Any, outcome: Outcome, reward: float) -> None:
        """Take in a finished trial.

        One that failed or could not be built pays its price, or a space in which nothing can be built would be searched
        for ever; any other pays what it took.
        """
        ended = outcome.status in ("ok", "diverged")
        self.settle(key, what, reward, outcome.flops if ended else None, trained=outcome.status == "ok")

    def settle(self, key: Hashable, what: Any, reward: float, flops: int | None = None, *, trained: bool) -> None:
        """Take in a finished trial that took `flops`, by default its price; `trained`: with status ok."""
        price = self.price(key, what)
        self.trials += 1
        self.spent += price if flops is None else flops
        self.ranking.add(key, price, reward, trained=trained)

    def price(self, key: Hashable, what: Any) -> int:
        """Return the price of a candidate, which is counted once."""
        if key not in self._prices:
            self._prices[key] = self.limit.price(what)
        return self._prices[key]

    def _reserve(self, out: Mapping[Hashable, int] | None = None) -> int:
        return self.limit.replicates * self.ranking.dearest(out)

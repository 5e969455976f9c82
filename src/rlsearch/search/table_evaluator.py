"""Answers requests from a truth table: no training, no store, no torch."""

from __future__ import annotations

import math

from rlsearch.errors import RlsearchError
from rlsearch.search.evaluators import Request
from rlsearch.search.instant import InstantEvaluator
from rlsearch.training.outcome import Outcome
from rlsearch.truth.table import TruthTable, search_places


class TableEvaluator(InstantEvaluator):
    """Looks up what a child would have reached: the validation table at its last epoch.

    Args:
        table: the validation part of a truth table.
        study, search_seed: with the candidate, they decide the order in which its columns are used.
        replicates: finalist replicates of a search, whose columns lie between the search's and the scoring's.
        scores: scoring replicates, whose columns no trial meets either.
        judge: the trainings kept from all searches, which then score the answers; None where there are none.
        renames: whether the study keeps sequences apart that are one row of the table (`SpaceSettings.naming`).
    """

    def __init__(
        self,
        table: TruthTable,
        study: str,
        search_seed: int,
        replicates: int,
        scores: int = 0,
        judge: TruthTable | None = None,
        renames: bool = False,
    ) -> None:
        self.table, self.study, self.judge, self.renames = table, study, judge, renames
        self.search_seed, self.replicates = search_seed, replicates
        self._places = search_places(table.seeds, replicates, 0 if judge else scores)

    def outcome(self, request: Request) -> Outcome:
        """Return one entry of the table; a NaN in it is a child that diverged.

        Raises:
            RlsearchError: the candidate is no row of the table, or the purpose is none of a search's.
        """
        if "policy" in request.spec.get("training", {}):
            return self._played(request)
        row = self.table.row(self._key(request))
        table, column = self.source(request), self.column(request)
        metrics = {metric: float(values[row, column, -1]) for metric, values in table.values.items()}
        return Outcome(
            "ok" if all(map(math.isfinite, metrics.values())) else "diverged",
            metrics,
            epochs=int(self.table.epochs[-1]),
            samples=self.table.samples,
            flops=int(self.table.flops[row]),
            schedule=tuple(request.spec.get("training", {}).get("schedule", ())),
        )

    def _played(self, request: Request) -> Outcome:
        """Return what a policy reaches that chooses step by step, in the training of its column."""
        from rlsearch.search.stepwise import played

        column = self.column(request)
        # The seed of a random policy: any number will do that is the same for all who meet this training.
        return played(self.source(request), column, request.spec["training"], seed=column)

    def source(self, request: Request) -> TruthTable:
        """Return the trainings that answer a request: answers are scored on those kept from the searches."""
        return self.judge if self.judge is not None and request.purpose == "replicate" else self.table

    def column(self, request: Request) -> int:
        """Return the column that answers a request."""
        source = self.source(request)
        order = source.columns(self.study, self._key(request), self.search_seed)
        place = request.replicate if source is self.judge else self.position(request)
        return int(order[place % source.seeds])

    def _key(self, request: Request) -> str:
        """Return the key of the network in the table."""
        return self.table.space.key(request.spec) if self.renames else request.key

    def position(self, request: Request) -> int:
        """Return the place of a request among all that a search can ask about one candidate."""
        if request.purpose == "search":
            return self._places[request.replicate % len(self._places)]
        # Place 0 is the search's own first training (`truth.table.search_places`), then finalists, then scores.
        first = {"finalist": 1, "replicate": 1 + self.replicates}.get(request.purpose)
        if first is None:
            raise RlsearchError(f"a truth table answers no request of purpose {request.purpose!r}")
        return first + request.replicate

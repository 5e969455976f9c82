"""An evaluator that trains nothing: each outcome is known the moment it is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Self

from rlsearch.search.evaluators import Evaluated, Request
from rlsearch.training.outcome import Outcome


class InstantEvaluator(ABC):
    """Answers in the order of asking, in this process, with no store."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:  # noqa: B027  # no subclass has to say it: nothing is held
        """Do nothing: nothing is held."""

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        """Yield every request with its outcome, in the order of asking."""
        for request in requests:
            yield request, Evaluated(self.outcome(request), 0.0, cached=False)

    @abstractmethod
    def outcome(self, request: Request) -> Outcome:
        """Return the outcome of a request."""

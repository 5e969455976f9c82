"""Where all candidates cost the same, the account ends every search where the rule of versions before 0.2.0 did."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ask_tell_searches import OPENED, SPACE, driver, score
from rlsearch.config.models import SearchSettings
from rlsearch.search import ledger
from rlsearch.search.budget import Prices
from rlsearch.search.evaluators import Evaluated, Request
from rlsearch.search.limits import flop_limit
from rlsearch.training.outcome import Outcome, Status

PRICE, SEARCH = 60, SearchSettings(seeds=1, budget=30, finalists=2, replicates=3)
STATUSES: tuple[Status, ...] = ("ok", "ok", "diverged", "failed", "ok", "invalid", "ok")


@pytest.fixture(autouse=True)
def _journals_are_closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


@dataclass
class OldAccount:
    """The rule of before: another full child fits beside finalists that are set aside at a full child's price each."""

    spent: int = 0

    @property
    def left(self) -> int:
        return ((SEARCH.budget - SEARCH.finalists * SEARCH.replicates) * PRICE - self.spent) // PRICE

    @property
    def open(self) -> bool:
        return self.left > 0

    def fitting(self, proposed: Sequence[tuple[Hashable, Any]]) -> int:
        return min(self.left, len(proposed))

    def book(self, key: Hashable, what: Any, outcome: Outcome, reward: float) -> None:
        self.spent += outcome.flops if outcome.status in ("ok", "diverged") else PRICE


class OldLimit:
    def account(self) -> OldAccount:
        return OldAccount()


class Children:
    """Children of one price; some stop or diverge early, fail or cannot be built."""

    def __init__(self, *, early: bool) -> None:
        self.early = early

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for request in requests:
            number = int(request.key[:6], 16)
            status = STATUSES[number % len(STATUSES)] if self.early else "ok"
            flops = 0 if status in ("failed", "invalid") else PRICE // (1 + number % 3) if self.early else PRICE
            value = score(request.spec) if status == "ok" else -2.0
            yield request, Evaluated(Outcome(status, {"value": value}, flops=flops), 0.0, cached=False)


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("name", ["random", "grid", "random-in-eights", "reinforce-in-batches"])
def test_no_byte_of_a_ledger_changes(name: str, early: bool, tmp_path: Path) -> None:
    prices = Prices.of([PRICE] * 5)
    limits: dict[str, Any] = {"old": OldLimit(), "new": flop_limit(prices, SEARCH, 30, "search.budget", lambda _: 60)}
    found = {}
    for rule, limit in limits.items():
        search = driver(tmp_path / rule, name, Children(early=early), 1, max_failed_share=1.0)
        search.limit = limit
        found[rule] = ledger.render(ledger.trials(SPACE, search.run(), search.reward), search.journal.recorded)
    assert found["old"] == found["new"]
    assert (len(found["new"].splitlines()) == SEARCH.trials) is not early

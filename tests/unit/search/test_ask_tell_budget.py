"""The driver and its budget: where a search ends, whole and cut batches, and a longer budget."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ask_tell_searches import OPENED, SPACE, Killed, driver, score
from rlsearch.search import ask_tell, ledger
from rlsearch.search.evaluators import Evaluated, Request
from rlsearch.search.stopping import FlopLimit
from rlsearch.training.outcome import Outcome


@pytest.fixture(autouse=True)
def _journals_are_closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.mark.parametrize(("flops", "left"), [(0, 8), (10, 7), (79, 0), (80, 0), (75, 0), (70, 1)])
def test_the_budget_is_never_overrun(flops: int, left: int) -> None:
    assert FlopLimit(total=100, reserve=20, unit=10).remaining(3, flops) == left


class Priced:
    """Answers the last request first, at costs from 1 to 4; notes how many were asked for side by side."""

    def __init__(self, answers: int | None = None) -> None:
        self.left, self.asked = answers, list[int]()

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        self.asked.append(len(requests))
        for request in reversed(requests):
            if self.left == 0:
                raise Killed
            self.left = None if self.left is None else self.left - 1
            cost = 1 + round(request.spec["init"]["scale"] * 1e4) // 7 % 4
            yield request, Evaluated(Outcome("ok", {"value": score(request.spec)}, flops=cost), 0.0, cached=False)


EIGHTS = ("random-in-eights", "reinforce-in-eights")


def bought(folder: Path, name: str, budget: int, answers: int | None = None) -> str:
    """Run a search that may spend so much on networks of cost 1 to 4, and return its ledger."""
    search = driver(folder, name, Priced(answers), 1)
    search.limit = FlopLimit(total=budget + 20, reserve=20, unit=4)
    try:
        return ledger.render(ledger.trials(SPACE, search.run(), search.reward), search.journal.recorded)
    finally:
        search.journal.close()


def costs(found: str) -> list[int]:
    return [json.loads(line)["flops"] for line in found.splitlines()]


@pytest.mark.parametrize("budget", range(60, 76))
@pytest.mark.parametrize("name", ["random", *EIGHTS])
def test_a_search_ends_when_the_largest_no_longer_fits(name: str, budget: int, tmp_path: Path) -> None:
    spent = costs(bought(tmp_path / "x", name, budget))
    assert set(spent) == {1, 2, 3, 4}
    assert sum(spent[:-1]) <= budget - 4 < sum(spent) <= budget


def test_the_size_of_batches_changes_no_trial_of_an_agent_that_learns_nothing(tmp_path: Path) -> None:
    for budget in (61, 70):
        one, eight = (bought(tmp_path / f"{name}-{budget}", name, budget) for name in ("random", "random-in-eights"))
        assert one == eight


def test_a_batch_that_fits_is_evaluated_side_by_side_and_another_in_parts(tmp_path: Path) -> None:
    search = driver(tmp_path / "x", "random-in-eights", priced := Priced(), 1)
    search.limit = FlopLimit(total=70, reserve=20, unit=4)
    told: list[int] = []
    tell = search.agent.tell
    search.agent.tell = lambda proposals, rewards: (told.append(len(proposals)), tell(proposals, rewards))[1]  # type: ignore[method-assign]
    spent = [entry.outcome.flops for entry in search.run()]
    assert priced.asked[0] == 8
    left = 50 - sum(spent[:8])
    assert priced.asked[1] == min(8, left // 4) < len(spent) - 8
    assert sum(priced.asked) == len(spent) == sum(told)
    assert told == [8] * (len(spent) // 8) + ([len(spent) % 8] if len(spent) % 8 else [])


@pytest.mark.parametrize("snapshot_every", [1000, 8])
@pytest.mark.parametrize("name", EIGHTS)
def test_killed_in_a_batch_that_is_cut(
    name: str, snapshot_every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_tell, "SNAPSHOT_EVERY", snapshot_every)
    whole = bought(tmp_path / "whole", name, 50)
    trials = len(costs(whole))
    assert trials % 8 > 2, "the last batch is whole: nothing is tested"
    for answers in range(trials):
        folder = tmp_path / f"killed-{answers}"
        with pytest.raises(Killed):
            bought(folder, name, 50, answers)
        assert bought(folder, name, 50) == whole
    assert bought(tmp_path / "whole", name, 50, 0) == whole


@pytest.mark.parametrize("snapshot_every", [1000, 8])
@pytest.mark.parametrize("name", EIGHTS)
def test_a_longer_budget_goes_on_in_the_batch_that_was_cut(
    name: str, snapshot_every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_tell, "SNAPSHOT_EVERY", snapshot_every)
    # Up and down again: a shorter search finds the journal and the snapshots of a longer one.
    for budget in (*range(20, 75, 3), *range(74, 20, -1)):
        found = bought(tmp_path / "extended", name, budget)
        assert found == bought(tmp_path / f"new-{budget}", name, budget)


@pytest.mark.parametrize("status", ["failed", "invalid"])
def test_children_that_cost_nothing_use_up_the_budget(status: Any, tmp_path: Path) -> None:
    class Useless:
        def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
            for request in requests:
                yield request, Evaluated(Outcome(status, {"value": -2.0}), 0.0, cached=False)

    search = driver(tmp_path / "x", "random", Useless(), 1, max_failed_share=1.0)
    search.limit = FlopLimit(total=120, reserve=20, unit=10)
    assert len(search.run()) == 10

"""The driver and its budget: where a search ends, whole and cut batches, and a larger budget."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ask_tell_searches import OPENED, SPACE, Killed, driver, score
from rlsearch.search import ask_tell, finalists, ledger
from rlsearch.search.budget import Account, FlopLimit
from rlsearch.search.evaluators import Evaluated, Request
from rlsearch.training.outcome import Outcome


@pytest.fixture(autouse=True)
def _journals_are_closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.mark.parametrize(("flops", "left"), [(0, 8), (10, 7), (79, 0), (80, 0), (75, 0), (70, 1)])
def test_of_equal_costs_as_many_fit_as_the_budget_pays_for_beside_the_finalists(flops: int, left: int) -> None:
    account = FlopLimit(100, lambda _: 10, finalists=2, replicates=1, place=10, least=10).account()
    account.spent = flops
    assert account.open == (left > 0)
    assert account.fitting([(number, None) for number in range(12)]) == left


def price(spec: Any) -> int:
    return 1 + round(spec["init"]["scale"] * 1e4) // 7 % 4


def limit(budget: int) -> FlopLimit:
    """A budget of which two finalists take two trainings each, 10 at the mean price."""
    return FlopLimit(budget, price, finalists=2, replicates=2, place=3)


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
            outcome = Outcome("ok", {"value": score(request.spec)}, flops=price(request.spec))
            yield request, Evaluated(outcome, 0.0, cached=False)


EIGHTS = ("random-in-eights", "reinforce-in-eights")


def bought(folder: Path, name: str, budget: int, answers: int | None = None) -> str:
    """Run a search that may spend so much on networks of cost 1 to 4, and return its ledger."""
    search = driver(folder, name, Priced(answers), 1)
    search.limit = limit(budget)
    try:
        return ledger.render(ledger.trials(SPACE, search.run(), search.reward), search.journal.recorded)
    finally:
        search.journal.close()


def costs(found: str) -> list[int]:
    return [json.loads(line)["flops"] for line in found.splitlines()]


@pytest.mark.parametrize("budget", range(60, 76))
@pytest.mark.parametrize("name", ["random", *EIGHTS])
def test_a_search_ends_at_the_first_proposal_that_does_not_fit(name: str, budget: int, tmp_path: Path) -> None:
    search = driver(tmp_path / "x", name, Priced(), 1)
    search.limit = limit(budget)
    trials = ledger.trials(SPACE, search.run(), search.reward)
    spent = sum(trial.entry.outcome.flops for trial in trials)
    again = sum(2 * price(spec) for _, spec, _ in finalists.candidates(trials, 2))
    assert isinstance(search.account, Account)
    refused = search.account.refused
    assert refused is not None and refused.price <= 4
    # The refused candidate and, where it might have become a finalist, its trainings as one.
    assert spent + again <= budget < spent + again + refused.price + refused.reserve
    assert search.account.reserve == again and search.account.spent == spent
    # Nor does anything after it, were it free.
    assert search.account.fitting([("another", {"price": 0})]) == 0
    # A longer search of the same agent proposes it next.
    longer = driver(tmp_path / "longer", name, Priced(), 1)
    longer.limit = limit(budget + 30)
    assert ledger.trials(SPACE, longer.run(), longer.reward)[len(trials)].key == refused.key


def test_the_size_of_batches_changes_no_trial_of_an_agent_that_learns_nothing(tmp_path: Path) -> None:
    for budget in (61, 70):
        one, eight = (bought(tmp_path / f"{name}-{budget}", name, budget) for name in ("random", "random-in-eights"))
        assert one == eight


def test_a_batch_that_fits_is_evaluated_side_by_side_and_another_in_parts(tmp_path: Path) -> None:
    parts = 0
    for budget in range(60, 76):
        search = driver(tmp_path / f"{budget}", "random-in-eights", priced := Priced(), 1)
        search.limit = limit(budget)
        told: list[int] = []
        tell = search.agent.tell
        search.agent.tell = lambda proposals, rewards, told=told, tell=tell: (  # type: ignore[method-assign,misc]
            told.append(len(proposals)),
            tell(proposals, rewards),
        )[1]
        trials = len(search.run())
        assert priced.asked[:2] == [8, 8]
        assert sum(priced.asked) == trials == sum(told)
        assert told == [8] * (trials // 8) + ([trials % 8] if trials % 8 else [])
        parts += len(priced.asked) - len(told)
    assert parts > 4, "hardly a batch was evaluated in parts: nothing is tested"


@pytest.mark.parametrize("snapshot_every", [1000, 8])
@pytest.mark.parametrize("name", EIGHTS)
def test_killed_in_a_batch_that_is_cut(
    name: str, snapshot_every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_tell, "SNAPSHOT_EVERY", snapshot_every)
    lengths = {budget: len(costs(bought(tmp_path / f"{budget}", name, budget))) for budget in range(50, 80, 3)}
    budget = next(budget for budget, trials in lengths.items() if trials % 8 > 2)  # the last batch is cut
    whole = bought(tmp_path / "whole", name, budget)
    for answers in range(lengths[budget]):
        folder = tmp_path / f"killed-{answers}"
        with pytest.raises(Killed):
            bought(folder, name, budget, answers)
        assert bought(folder, name, budget) == whole
    assert bought(tmp_path / "whole", name, budget, 0) == whole


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
    search.limit = FlopLimit(120, lambda _: 10, finalists=2, replicates=1, place=10)
    assert len(search.run()) == 10


@pytest.mark.parametrize("name", ["random", *EIGHTS])
def test_a_larger_budget_changes_no_earlier_trial(name: str, tmp_path: Path) -> None:
    def actions(budget: int) -> list[Any]:
        found = bought(tmp_path / f"{name}-{budget}", name, budget)
        return [(line["actions"], line["reward"]) for line in map(json.loads, found.splitlines())]

    longest = actions(90)
    lengths = [len(found) for budget in range(20, 90, 5) if (found := actions(budget)) == longest[: len(found)]]
    assert len(lengths) == 14 and lengths == sorted(lengths) and lengths[0] < lengths[-1] < len(longest)


def test_what_stops_early_pays_what_it_took(tmp_path: Path) -> None:
    class Short(Priced):
        def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
            for request, result in super().run(requests):
                yield request, Evaluated(replace(result.outcome, flops=1), 0.0, cached=False)

    whole = len(costs(bought(tmp_path / "whole", "random", 60)))
    search = driver(tmp_path / "short", "random", Short(), 1)
    search.limit = limit(60)
    entries = search.run()
    assert len(entries) > whole
    assert isinstance(search.account, Account) and search.account.spent == len(entries)

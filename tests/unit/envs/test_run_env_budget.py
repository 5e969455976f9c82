"""Agents that drive an environment and their budget: the candidate that is refused, kills, larger budgets."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rlsearch.agents import maskable_ppo
from rlsearch.search import ledger
from rlsearch.search.budget import Account, FlopLimit
from rlsearch.search.evaluators import Evaluated, Request
from rlsearch.search.journal import Journal
from rlsearch.search.run_env import RunEnv
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings
from rlsearch.training.outcome import Outcome

SPACE = LayeredCNN(LayeredSettings(layers=2, filters=(4, 8), strides=(1,)))
SETTINGS = maskable_ppo.Settings(episodes=3, n_epochs=2, hidden=(8,))


def price(spec: Any) -> int:
    return 2 + sum(layer["filters"] * layer["kernel"][0] for layer in spec["network"]["layers"]) // 4


class Priced:
    """Answers with children that take what they cost, so many times."""

    def __init__(self, left: int = 1_000_000) -> None:
        self.left = left

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for request in requests:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            value = float(request.spec["network"]["layers"][0]["filters"])
            yield request, Evaluated(Outcome("ok", {"value": value}, flops=price(request.spec)), 0.0, cached=False)


def bought(folder: Path, budget: int, evaluator: Priced) -> tuple[list[str], Account]:
    """Run a search whose candidates cost from 4 to 14, two finalists twice each; return its ledger and its account."""
    folder.mkdir(exist_ok=True)
    search = RunEnv(
        space=SPACE,
        agent=maskable_ppo.MaskablePPO(SPACE, SETTINGS, 1),
        evaluator=evaluator,
        reward=lambda outcome: outcome.metrics["value"],
        limit=FlopLimit(budget, price, finalists=2, replicates=2, place=8),
        journal=Journal(folder / "journal.jsonl", {}),
    )
    with search.journal:
        rows = ledger.trials(search.space, search.run(), search.reward)
        assert isinstance(search.account, Account)
        return ledger.render(rows, search.journal.recorded).splitlines(), search.account


def test_the_first_candidate_that_does_not_fit_ends_the_search(tmp_path: Path) -> None:
    whole, _ = bought(tmp_path / "whole", 300, Priced())
    before = random.getstate()
    for budget in range(100, 140, 4):
        found, account = bought(tmp_path / str(budget), budget, Priced())
        refused = account.refused
        assert refused is not None and found == whole[: len(found)]
        assert (
            account.spent + account.reserve
            <= budget
            < account.spent + account.reserve + refused.price + refused.reserve
        )
        assert json.loads(whole[len(found)])["key"] == refused.key
    assert random.getstate() == before


def test_killed_anywhere_a_budget_buys_the_same(tmp_path: Path) -> None:
    whole, _ = bought(tmp_path / "whole", 120, Priced())
    for answers in range(len(whole)):
        with pytest.raises(KeyboardInterrupt):
            bought(tmp_path / str(answers), 120, Priced(left=answers))
        assert bought(tmp_path / str(answers), 120, Priced())[0] == whole
    assert bought(tmp_path / "whole", 120, Priced(left=0))[0] == whole
    # A smaller budget finds the longer search's journal, and ends where it ends.
    assert bought(tmp_path / "whole", 100, Priced(left=0))[0] == bought(tmp_path / "less", 100, Priced())[0]

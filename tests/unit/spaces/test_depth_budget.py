"""Budgets of spaces that grow: each network pays what it costs at its depth, whatever interrupts the search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rlsearch.config import plugins
from rlsearch.search import ask_tell, finalists, ledger
from rlsearch.search.budget import Account, FlopLimit
from rlsearch.search.evaluators import Evaluated, Request
from rlsearch.search.journal import Journal
from rlsearch.search.run_env import driver_of
from rlsearch.spaces.base import Spec
from rlsearch.spaces.layered_cnn import SETTINGS, LayeredCNN
from rlsearch.training.outcome import Outcome

SPACE = LayeredCNN(SETTINGS(layers=2, strides=(1,), depth={"step": 1, "every": 5, "most": 4}))


class Killed(BaseException):
    """Stands for a signal."""


class Answers:
    """Rewards depth and width; kills the search after so many answers."""

    def __init__(self, left: int = 1_000_000) -> None:
        self.left = left

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for request in reversed(requests):
            if self.left == 0:
                raise Killed
            self.left -= 1
            value = sum(layer["filters"] for layer in request.spec["network"]["layers"]) / 1000
            yield request, Evaluated(Outcome("ok", {"value": value}, flops=price(request.spec)), 0.0, cached=False)


def price(spec: Spec) -> int:
    """From 4 at two layers to 36 at four."""
    layers = spec["network"]["layers"]
    return len(layers) * sum(layer["kernel"][0] for layer in layers) - len(layers) ** 2 // 3


def bought(folder: Path, budget: int, agent: str, batch: int = 1, answers: int = 1_000_000) -> list[str]:
    module = plugins.load("agents", agent)
    folder.mkdir(exist_ok=True)
    with Journal(folder / "journal.jsonl", {}) as journal:
        search = driver_of(
            module.AGENT(SPACE, module.SETTINGS(), 0),
            space=SPACE,
            evaluator=Answers(answers),
            reward=lambda outcome: outcome.metrics["value"],
            limit=FlopLimit(budget, price, finalists=2, replicates=2, place=24),
            journal=journal,
            batch=batch,
        )
        rows = ledger.trials(SPACE, search.run(), search.reward)
        spent = sum(row.entry.outcome.flops for row in rows)
        again = sum(2 * price(spec) for _, spec, _ in finalists.candidates(rows, 2))
        assert isinstance(search.account, Account) and search.account.refused is not None
        beyond = search.account.refused.price + search.account.refused.reserve
        assert spent + again <= budget < spent + again + beyond
        return ledger.render(rows, journal.recorded).splitlines()


@pytest.mark.parametrize(("agent", "batch"), [("random", 1), ("random", 4), ("lstm-reinforce", 4), ("maskable-ppo", 1)])
def test_killed_anywhere_or_given_more_the_trials_are_the_same(
    agent: str, batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_tell, "SNAPSHOT_EVERY", 6)
    asked: dict[str, Any] = {"agent": agent, "batch": batch}
    whole = bought(tmp_path / "whole", 300, **asked)
    assert {line.count('"kernel"') for line in whole} == {2, 3, 4}
    for answers in range(0, len(whole), 3):
        folder = tmp_path / f"killed-{answers}"
        with pytest.raises(Killed):
            bought(folder, 300, **asked, answers=answers)
        assert bought(folder, 300, **asked) == whole
    # Up and down again on one journal.
    for budget in (180, 300, 240):
        assert bought(tmp_path / "whole", budget, **asked) == bought(tmp_path / f"new-{budget}", budget, **asked)
    if batch == 1:
        assert whole[: len(shorter := bought(tmp_path / "short", 180, **asked))] == shorter

"""A search of Q-learning that is killed, also inside `ask`: ledger and table are those of one that nobody disturbed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import toy_choices
from ask_tell_searches import Killed
from q_searches import Binned, agent
from rlsearch import seeds
from rlsearch.agents import q_learning
from rlsearch.agents._q_tree import Tree
from rlsearch.search import ask_tell, learnt, ledger
from rlsearch.search.ask_tell import AskTell
from rlsearch.search.evaluators import Evaluated, Request
from rlsearch.search.journal import Journal
from rlsearch.search.stopping import TrialLimit
from rlsearch.spaces._layered_settings import Depth, LayeredSettings
from rlsearch.spaces.base import Space
from rlsearch.spaces.layered_cnn import LayeredCNN
from rlsearch.training.outcome import Outcome

SPACES: dict[str, Space] = {
    "binned": Binned(),
    "growing": LayeredCNN(LayeredSettings(layers=2, filters=(4, 8), strides=(1,), depth=Depth(every=5, most=6))),
    "masked": toy_choices.Ragged(),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "the paper's": {},
    "in batches": {"batch": 4, "update": "sarsa", "steps": 2},
    "double": {"update": "double", "bootstrap": "visited", "again": True},
    "best": {"update": "max", "state": "place"},
}
TRIALS = 15
FILES = ("learnt.json", "q-table.csv")


class InDisorder:
    """Answers the last request first, and calls a function before each answer."""

    def __init__(self, before: Callable[[], None]) -> None:
        self.before = before

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for request in reversed(requests):
            self.before()
            reward = seeds.generator("test", request.key).random()
            yield request, Evaluated(Outcome("ok", {"value": reward}, flops=10), 0.0, cached=False)


def nothing() -> None:
    """Let the search be."""


def search(
    folder: Path,
    space: Space,
    settings: dict[str, Any],
    trials: int = TRIALS,
    before: Callable[[], None] = nothing,
) -> tuple[str, ...]:
    """Run a search, on from where it stands; return its ledger and the files of what it has learnt."""
    folder.mkdir(exist_ok=True)
    chosen = {"schedule": [[1.0, 5], [0.3, 5], [0.1, 5]], "replay": 5, "alpha": 0.2, **settings}
    with Journal(folder / "journal.jsonl", {}) as journal:
        driver = AskTell(
            space=space,
            agent=agent(space, 3, **chosen),
            evaluator=InDisorder(before),
            reward=lambda outcome: outcome.metrics["value"],
            limit=TrialLimit(trials),
            journal=journal,
            batch=chosen.get("batch", 1),
        )
        rows = ledger.trials(space, driver.run(), driver.reward)
        return ledger.render(rows, journal.recorded), *learnt.files(driver.learnt, FILES, "test").values()


@pytest.mark.parametrize("snapshots", [1000, 4])
@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("space", SPACES)
def test_killed_at_random_moments_it_ends_as_if_it_had_not_been(
    space: str, settings: str, snapshots: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At five moments each: before a draw inside `ask`, or before an answer."""
    monkeypatch.setattr(q_learning, "MOST_VAIN", 50)
    monkeypatch.setattr(ask_tell, "SNAPSHOT_EVERY", snapshots)
    whole = search(tmp_path / "whole", SPACES[space], SETTINGS[settings])
    rng, left, moments = seeds.generator("test", "kills", space, settings, snapshots), [10**9], 0

    def count() -> None:
        nonlocal moments
        moments, left[0] = moments + 1, left[0] - 1
        if left[0] < 0:
            raise Killed

    draw = Tree.draw
    monkeypatch.setattr(Tree, "draw", lambda *given: (count(), draw(*given))[1])
    assert search(tmp_path / "counted", SPACES[space], SETTINGS[settings], before=count) == whole
    for _ in range(5):
        left[0] = int(rng.integers(moments))
        with suppress(Killed):  # a continued search may end before that moment
            search(tmp_path / "killed", SPACES[space], SETTINGS[settings], before=count)
    left[0] = 10**9
    assert search(tmp_path / "killed", SPACES[space], SETTINGS[settings], before=count) == whole


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("space", SPACES)
def test_a_larger_budget_changes_no_earlier_byte(space: str, settings: str, tmp_path: Path) -> None:
    short = search(tmp_path / "one", SPACES[space], SETTINGS[settings], 6)
    long = search(tmp_path / "one", SPACES[space], SETTINGS[settings], 12)
    assert long == search(tmp_path / "other", SPACES[space], SETTINGS[settings], 12)
    lines = len(short[0].splitlines())
    batch = SETTINGS[settings].get("batch", 1)
    told = lines - lines % batch  # the diagnostics of a batch that was cut are not those of the whole one
    assert long[0].splitlines()[:told] == short[0].splitlines()[:told] and len(long[0]) > len(short[0])


def test_the_order_in_which_answers_come_changes_nothing(tmp_path: Path) -> None:
    whole = search(tmp_path / "whole", SPACES["binned"], SETTINGS["in batches"])
    original = InDisorder.run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InDisorder, "run", lambda self, requests: original(self, list(reversed(requests))))
        assert search(tmp_path / "in order", SPACES["binned"], SETTINGS["in batches"]) == whole

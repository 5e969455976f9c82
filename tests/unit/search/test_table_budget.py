"""Searches on a truth table and their budget: networks whose costs differ by two orders of magnitude."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

import small_table as made_up
from leftovers import explained
from rlsearch import truth
from rlsearch.config.artefacts import search_folder
from rlsearch.files import read_jsonl
from rlsearch.overview.state import StudyState
from rlsearch.phases import search


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made_up.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ledger(agent: str, seed: int = 0) -> list[Any]:
    return list(read_jsonl(search_folder("tiny", agent, seed) / "trials.jsonl"))


EVERYONE: dict[str, Any] = {
    "random": {"type": "random"},
    "pairs": {"type": "random", "batch": 2},
    "unique": {"type": "random", "replacement": False, "batch": 8},
    "evolution": {"type": "regularized-evolution", "population": 8, "sample": 3},
    "evolution-in-eights": {"type": "regularized-evolution", "population": 8, "sample": 3, "batch": 8},
    "largest": {"type": "largest"},
    "first": {"type": "random", "answer": "first"},
    "maskable-ppo": {"type": "maskable-ppo", "episodes": 4, "n_epochs": 2},
    "q-learning": {"type": "q-learning", "alpha": 0.5, "schedule": [[1.0, 8], [0.3, 6], [0.0, 6]]},
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("agent", EVERYONE)
def test_a_search_stays_within_its_budget_and_accounts_for_all_of_it(agent: str, seed: int, root: Path) -> None:
    """Networks whose costs differ by two orders of magnitude."""
    ends = {30: "budget", 60: "agent" if agent in ("unique", "q-learning") else "budget"}  # 36 networks, each once
    for budget, end in ends.items():
        params = made_up.params(agents=EVERYONE, search={**made_up.SEARCH, "budget": budget})
        search.run(params, "tiny", agent, seed)
        left = explained(search_folder("tiny", agent, seed))
        assert left["ended"] == end
        assert left["unneeded_restarts"] == left["shorter_finalists"] == left["failed_children"] == 0
        assert (left["empty_places"] > 0) == (agent == "largest")
        state = StudyState(params, "tiny").search(agent, seed)
        assert (state.state, state.ended, state.planned) == ("finished", end, len(ledger(agent, seed)))


def test_a_search_that_likes_small_networks_has_more_trials(root: Path) -> None:
    """None is kept from the finalists' part of the budget because the space has a large one."""
    params = made_up.params(agents=EVERYONE)
    for agent in ("random", "largest"):
        search.run(params, "tiny", agent, 0)
    mean = round(fmean(truth.load(made_up.NAME).flops.tolist()))
    assert len(ledger("largest")) == (30 * mean - 2 * 85_000 - 2 * mean) // 85_000
    assert len(ledger("random")) > 2 * len(ledger("largest"))


def test_a_larger_budget_changes_no_earlier_byte(root: Path) -> None:
    for agent in ("random", "evolution", "largest", "maskable-ppo", "q-learning"):
        ledgers = []
        for budget in (30, 45, 60):
            params = made_up.params(agents=EVERYONE, search={**made_up.SEARCH, "budget": budget})
            search.run(params, "tiny", agent, 0)
            ledgers.append((search_folder("tiny", agent, 0) / "trials.jsonl").read_bytes())
        assert all(longer.startswith(shorter) for shorter, longer in pairwise(ledgers))
        assert len(ledgers[0]) < len(ledgers[2])


def test_most_trials_ends_a_search(root: Path) -> None:
    params = made_up.params(search={**made_up.SEARCH, "most_trials": 5})
    search.run(params, "tiny", "random", 0)
    assert explained(search_folder("tiny", "random", 0))["ended"] == "most_trials"
    assert len(ledger("random")) == 5
    state = StudyState(params, "tiny").search("random", 0)
    assert (state.state, state.ended, state.planned) == ("finished", "most_trials", 5)

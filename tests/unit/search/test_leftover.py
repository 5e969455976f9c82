"""What searches leave of their budgets, to the FLOP: real children, failures, tries that nobody needed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from leftovers import PARTS, explained
from rlsearch.config.artefacts import search_folder
from rlsearch.errors import SearchStopped
from rlsearch.files import read_json, read_jsonl
from rlsearch.measures import ACCURACY
from rlsearch.networks import _registry as networks
from rlsearch.phases import search
from rlsearch.search import leftover, proxy
from rlsearch.search.answers import answers_of
from rlsearch.search.answers.trained import TrainedAnswers
from rlsearch.search.budget import Account, FlopLimit, Prices
from rlsearch.search.finalists import Finalist
from rlsearch.training import evaluate as evaluation
from rlsearch.training.outcome import Outcome

BUDGET = {**tiny.STUDY["search"], "budget": 14}


def finalist(key: str, flops: int, restarts: int) -> Finalist:
    return Finalist(key, {"network": key}, 0.5, (0.5, 0.5), (0.5, 0.5), ACCURACY, flops, restarts=restarts)


def test_every_part_by_hand() -> None:
    """Prices 10 and 30, of which a fifth is for one restart: a finalist stops early twice, one begins again as well."""
    prices = {"a": 10, "b": 30}
    account = FlopLimit(200, prices.__getitem__, finalists=3, replicates=2, place=12).account()
    assert account.fitting([("a", "a"), ("b", "b")]) == 2
    account.book("a", "a", Outcome("ok", flops=8), 0.6)
    account.book("b", "b", Outcome("failed", error="ValueError"), -2.0)
    account.book("b", "b", Outcome("ok", flops=24), 0.5)
    assert account.spent == 8 + 30 + 24
    assert account.reserve == 2 * (10 + 30 + 12)
    assert not account.fitting([("c", "b")])

    def unneeded(spec: Any, trainings: int, restarts: int) -> int:
        return (trainings - restarts) * prices[spec["network"]] // 5

    again = [finalist("b", 24 + 22 + 6, restarts=1), finalist("a", 8 + 5, restarts=0)]
    found = leftover.left(account, 8 + 24, again, unneeded)
    assert found == {
        "flops": 200 - 32 - 65,
        "ended": "budget",
        "free": 200 - 62 - 104,
        "refused": {"key": "c", "flops": 30, "reserve": 2 * (30 - 12)},
        "failed_children": 30,
        "empty_places": 24,
        "unneeded_restarts": 6 + 2 * 2,
        "shorter_finalists": 2 + 3,
    }
    assert found["flops"] == sum(found[part] for part in PARTS)


def test_what_ended_a_search() -> None:
    def account(**changes: Any) -> Account:
        return FlopLimit(
            **{"total": 100, "price": lambda _: 10, "finalists": 1, "replicates": 1, "place": 10, **changes}
        ).account()

    assert leftover.ended(account()) == "agent"  # it may go on, and did not
    assert leftover.ended(account(most=0)) == "most_trials"
    poor = account(total=19, least=10)
    assert leftover.left(poor, 0, [], lambda *_: 0)["refused"] == {"key": None, "flops": 10, "reserve": 0}
    assert leftover.ended(poor) == "budget"


@pytest.mark.parametrize("seed", range(30))
def test_no_search_costs_more_than_its_budget(seed: int) -> None:
    """Prices over three orders of magnitude, repeated and failing candidates, batches."""
    rng = np.random.default_rng(seed)
    prices = np.round(np.exp(rng.normal(3, 1.5, 200))).astype(int) + 1
    limit = FlopLimit(
        int(rng.integers(20, 400)) * int(prices.mean()),
        lambda row: int(prices[row]),
        finalists=int(rng.integers(1, 6)),
        replicates=int(rng.integers(1, 5)),
        place=int(prices.mean()),
    )
    account, trials = limit.account(), 0
    while account.open:
        batch = [(int(row), int(row)) for row in rng.integers(200, size=int(rng.integers(1, 9)))]
        fitting = account.fitting(batch)
        for key, row in batch[:fitting]:
            status: Any = rng.choice(["ok", "diverged", "failed"], p=[0.8, 0.1, 0.1])
            account.book(
                key, row, Outcome(status, flops=int(prices[row] * rng.choice([1, 1, 0.5]))), float(rng.random())
            )
            trials += 1
        again = limit.replicates * sum(int(prices[row]) for row in account.ranking.top())
        assert account.spent + again <= account.spent + account.reserve <= limit.total
    assert account.trials == trials
    assert account.refused is not None and account.refused.reserve >= 0


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("searched")
    params = tiny.study(root, **tiny.LAYERED, search=BUDGET)
    for agent in ("lstm", "maskable-ppo", "random"):
        search.run(params, "tiny", agent, 0, root)
    return root


@pytest.mark.parametrize("agent", ["lstm", "maskable-ppo", "random"])
def test_children_that_train_in_full_leave_what_was_free(agent: str, searched: Path) -> None:
    folder = searched / search_folder("tiny", agent, 0)
    left = explained(folder)
    assert left["ended"] == "budget" and left["flops"] == left["free"]
    answers = answers_of(tiny.study(searched, **tiny.LAYERED, search=BUDGET), "tiny", searched)
    for trial in read_jsonl(folder / "trials.jsonl"):
        assert trial["flops"] == answers.price(trial["spec"])


def test_the_number_of_workers_changes_no_byte(searched: Path, tmp_path: Path) -> None:
    shutil.copytree(searched / "data", tmp_path / "data")
    search.run(tiny.study(tmp_path, **tiny.LAYERED, search=BUDGET, workers=2), "tiny", "lstm", 0, tmp_path)
    for name in ("trials.jsonl", "finalists.csv"):
        folder = search_folder("tiny", "lstm", 0)
        assert (tmp_path / folder / name).read_bytes() == (searched / folder / name).read_bytes()
    assert explained(tmp_path / folder) == explained(searched / folder)


@pytest.mark.parametrize(("threshold", "tries"), [(0.0, 1), (1.0, 3)])
def test_restarts_are_set_aside_and_given_back(threshold: float, tries: int, searched: Path, tmp_path: Path) -> None:
    """Of one epoch each, so that what no restart takes is the price of a training."""
    shutil.copytree(searched / "data", tmp_path / "data")
    proxy_task = {**tiny.LAYERED["proxy"], "restart": {"most": 2, "threshold": threshold}}
    params = tiny.study(tmp_path, **{**tiny.LAYERED, "proxy": proxy_task}, search={**BUDGET, "budget": 50})
    search.run(params, "tiny", "random", 0, tmp_path)
    folder = tmp_path / search_folder("tiny", "random", 0)
    left, cost = explained(folder), read_json(folder / "summary.json")["cost"]
    assert tries * left["unneeded_restarts"] == (3 - tries) * cost["finalist_flops"]
    assert left["shorter_finalists"] == 0
    answers = answers_of(params, "tiny", tmp_path)
    for trial in read_jsonl(folder / "trials.jsonl"):
        assert 3 * trial["flops"] == tries * answers.price(trial["spec"])


def test_children_that_fail_or_cannot_be_built_pay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, count = evaluation.train, 0

    def third(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        if count % 3 == 0:
            raise RuntimeError("no such kernel")
        return train(*args, **kwargs)

    monkeypatch.setattr(evaluation, "train", third)
    params = tiny.study(tmp_path, **tiny.LAYERED, search={**BUDGET, "budget": 20})
    search.run(params, "tiny", "random", 0, tmp_path)
    folder = tmp_path / search_folder("tiny", "random", 0)
    answers = answers_of(params, "tiny", tmp_path)
    trials = read_jsonl(folder / "trials.jsonl")
    failed = [trial for trial in trials if trial["status"] == "failed"]
    left = explained(folder)
    assert failed and left["failed_children"] == sum(answers.price(trial["spec"]) for trial in failed)
    assert isinstance(answers, TrainedAnswers)
    unbuildable = {"network": {"layers": [{"kernel": [2, 2], "stride": [1, 1], "filters": 4}]}}
    assert answers.price(unbuildable) == answers.prices().place


def test_a_network_that_raises_anything_when_it_is_built_is_a_failed_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As torch says that shapes do not fit: a RuntimeError, which counting the costs of trials meets first."""
    build = networks.build

    def sometimes(name: str, shape: Any, outputs: int, options: Any) -> Any:
        if [layer["filters"] for layer in options["layers"]] == [8, 8, 8]:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
        return build(name, shape, outputs, options)

    monkeypatch.setattr(networks, "forward_flops", lambda *_: None)
    monkeypatch.setattr(networks, "build", sometimes)
    params = tiny.study(tmp_path, **tiny.LAYERED, search={**BUDGET, "budget": 40})
    search.run(params, "tiny", "random", 0, tmp_path)
    folder = tmp_path / search_folder("tiny", "random", 0)
    failed = [trial for trial in read_jsonl(folder / "trials.jsonl") if trial["status"] != "ok"]
    assert {trial["error"] for trial in failed} == {"RuntimeError"}
    prices = answers_of(params, "tiny", tmp_path).prices()
    assert explained(folder)["failed_children"] == len(failed) * prices.place


def test_a_first_proposal_beyond_the_budget_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = tiny.study(tmp_path, **tiny.LAYERED, search=BUDGET)
    monkeypatch.setattr(proxy, "prices", lambda *_: Prices(1, 1, 0, 1))
    with pytest.raises(SearchStopped, match="the search has no trial"):
        search.run(params, "tiny", "random", 0, tmp_path)

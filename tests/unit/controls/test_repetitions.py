"""Repeated searches on a made-up table: costs, pairing, answers and curves, against slow and plain computations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import made_up_table
from rlsearch.config import plugins
from rlsearch.config.models import Params, RepetitionSettings, RewardSettings
from rlsearch.controls import repetitions, traces
from rlsearch.controls.traces import FIRST_SEED, SeedOrder, Trace
from rlsearch.errors import RlsearchError
from rlsearch.files import canonical_json
from rlsearch.measures import ACCURACY
from rlsearch.search.answers.table import oracle_of
from rlsearch.search.ask_tell import AskTell
from rlsearch.search.budget import FlopLimit
from rlsearch.search.evaluators import Evaluated
from rlsearch.search.journal import Journal
from rlsearch.search.reward import Reward
from rlsearch.training.outcome import Outcome
from rlsearch.truth.table import TruthTable

AGENTS = ("random", "unique", "evolution", "largest")


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TruthTable:
    """The made-up table, with one training that diverged."""
    made_up_table.write(tmp_path, diverged=(4, 2))
    monkeypatch.chdir(tmp_path)
    return TruthTable.load(made_up_table.NAME)


def _block(params: Params, agent: str, table: TruthTable) -> dict[str, Any]:
    found = repetitions.block(made_up_table.answers(params, table), agent)
    assert found is not None
    return found


def _seed_order(params: Params, table: TruthTable) -> SeedOrder:
    study = params.studies["layers"]
    assert study.controls.repetitions is not None
    return SeedOrder(oracle_of(table), study.reward, "layers", study.controls.repetitions.runs)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_rewards_are_those_of_the_search(power: Any) -> None:
    settings = RewardSettings(scale=10, power=power, failure=-2)
    reward = Reward(settings, ACCURACY)
    expected = [reward(Outcome("ok", {"accuracy": 0.5})), reward(Outcome("diverged"))]
    assert reward.of_levels(np.array([0.5, np.nan])).tolist() == pytest.approx(expected)


def test_all_agents_meet_the_same_seed_order(table: TruthTable) -> None:
    """In a repetition a network's first training is one column for whoever proposes it, and the runs differ."""
    params = made_up_table.study()
    seed_order = _seed_order(params, table)
    assert (np.sort(seed_order.order, axis=2) == np.arange(made_up_table.COLUMNS)).all()
    study = params.studies["layers"]
    limit = repetitions.budget(oracle_of(table), study.controls.repetitions, study.search)  # type: ignore[arg-type]
    met: dict[tuple[int, int], set[int]] = {}
    for agent in ("random", "unique", "evolution"):
        found = repetitions.searches(study.agents[agent], seed_order, limit, 30)
        for run, trace in enumerate(found):
            for row, column in zip(trace.rows.tolist(), trace.columns.tolist(), strict=True):
                met.setdefault((run, row), set()).add(column)
    assert all(len(columns) == 1 for columns in met.values())
    assert len({tuple(seed_order.order[run, 0]) for run in range(seed_order.runs)}) > 6


@pytest.mark.parametrize("agent", AGENTS)
def test_a_search_spends_its_budget_and_no_more(agent: str, table: TruthTable) -> None:
    params = made_up_table.study()
    found = _block(params, agent, table)
    assert found["budget_flops"] == 30 * 1000
    assert len(found["answers"]) == found["runs"] == 12
    assert max(found["flops"]) <= found["budget_flops"]
    for used, flops, spent in zip(found["trials_used"], found["flops"], found["incumbent_flops"], strict=True):
        exhausted = agent == "unique" and used == 9
        finalists = flops - spent[-1]
        # Another trial of the largest network, with its trainings as a finalist, would not have fitted.
        assert exhausted or flops + (1 + 2) * 1200 > found["budget_flops"]
        assert 2 * 2 * 800 <= finalists <= 2 * 2 * 1200 or agent == "largest"
    assert canonical_json(found) == canonical_json(_block(params, agent, table))


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("agent", ["evolution", "unique"])
def test_asking_and_telling_ends_where_a_real_search_ends(
    agent: str, batch: int, table: TruthTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(table.__dict__, "flops", 1 + np.arange(9) % 4)
    params = made_up_table.study()
    study = params.studies["layers"]
    seed_order, settings = _seed_order(params, table), study.agents[agent].model_copy(update={"batch": batch})
    limit = FlopLimit(50, lambda row: int(table.flops[row]), 2, 2, 4, mean=repetitions._mean)
    kind = plugins.load("agents", settings.type).AGENT

    class Lucky:
        def run(self, requests: Any) -> Any:
            for request in requests:
                row = table.rows[request.key]
                metrics = {"value": float(seed_order.reward[row, seed_order.columns(run, row, request.replicate)])}
                yield request, Evaluated(Outcome("ok", metrics, flops=int(table.flops[row])), 0.0, cached=False)

    for run in range(seed_order.runs):
        told = repetitions._ask_and_tell(settings, seed_order, run, limit, [0])
        (folder := tmp_path / str(run)).mkdir()
        with Journal(folder / "journal.jsonl", {}) as journal:
            search = AskTell(
                space=table.space,
                agent=kind(table.space, settings, FIRST_SEED + run),
                evaluator=Lucky(),
                reward=lambda outcome: outcome.metrics["value"],
                limit=replace(limit, price=lambda spec: int(table.flops[table.rows[table.space.key(spec)]])),
                journal=journal,
                batch=batch,
            )
            entries = search.run()
        assert [table.row_of(entry.proposal.actions) for entry in entries] == told.rows.tolist()
        assert agent == "unique" or 30 < told.flops[-1] <= 50 - 2 * 2


@pytest.mark.parametrize("batch", [1, 8])
def test_side_by_side_is_cut_where_asking_and_telling_ends(
    batch: int, table: TruthTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vectorised path, fed the proposals of asked agents, gives the traces of the path that asks and tells."""
    params = made_up_table.study()
    study = params.studies["layers"]
    seed_order, settings = _seed_order(params, table), study.agents["random"].model_copy(update={"batch": batch})
    limit = repetitions.budget(oracle_of(table), study.controls.repetitions, study.search)  # type: ignore[arg-type]
    kind = plugins.load("agents", "random").AGENT
    told = [repetitions._ask_and_tell(settings, seed_order, run, limit, [0]) for run in range(seed_order.runs)]

    def replay(space: Any, settings: Any, reward: Any, *, episodes: int, runs: int, seed: int) -> Any:
        agents = [kind(space, settings, FIRST_SEED + run) for run in range(runs)]
        actions = np.array([[one.actions for one in agent.ask(episodes)] for agent in agents])
        return actions, np.stack([reward(actions[:, episode]) for episode in range(episodes)], 1)

    monkeypatch.setattr(kind, "simulate_choices", replay)
    together = repetitions._together(kind, settings, seed_order, limit, 30)
    for one, other in zip(told, together, strict=True):
        assert one.rows.tolist() == other.rows.tolist()
        assert one.reward.tolist() == other.reward.tolist()
        assert one.columns.tolist() == other.columns.tolist()


def test_cheap_networks_are_bought_until_the_cap(table: TruthTable, monkeypatch: pytest.MonkeyPatch) -> None:
    params = made_up_table.study()
    study = params.studies["layers"]
    limit = repetitions.budget(oracle_of(table), study.controls.repetitions, study.search)  # type: ignore[arg-type]
    limit = replace(limit, price=lambda _: 10)
    monkeypatch.setitem(table.__dict__, "flops", np.full(9, 10))
    for agent in ("random", "evolution"):
        found = repetitions.searches(study.agents[agent], _seed_order(params, table), limit, 30)
        assert {len(trace.rows) for trace in found} == {4 * 30}


def test_a_budget_for_nothing_but_finalists_is_refused(table: TruthTable) -> None:
    repeated = {"runs": 3, "trials": 16}
    controls = {**made_up_table.STUDY["controls"], "repetitions": repeated}
    search = {**made_up_table.STUDY["search"], "finalists": 5, "replicates": 3}
    with pytest.raises(RlsearchError, match=r"repetitions\.trials = 16[^-]*at least 17"):
        made_up_table.study(controls=controls, search=search)
    params = made_up_table.study(search=search)
    study = params.studies["layers"]
    asked = study.controls.model_copy(update={"repetitions": RepetitionSettings.model_validate(repeated)})
    with pytest.raises(RlsearchError, match="at least 17"):
        repetitions.block(made_up_table.answers(params, table), "random", study.model_copy(update={"controls": asked}))


def test_searches_that_end_before_they_have_begun_are_told(table: TruthTable, monkeypatch: pytest.MonkeyPatch) -> None:
    params = made_up_table.study()
    monkeypatch.setattr(repetitions, "budget", lambda *_, **__: FlopLimit(1, lambda _: 2, 2, 2, 2))
    for agent in ("random", "evolution"):
        with pytest.raises(RlsearchError, match=r"12 of 12 repeated searches of agent '\w+' have no trial"):
            _block(params, agent, table)


def test_incumbents_and_tops_by_hand() -> None:
    rows, accuracy = np.array([3, 1, 3, 2, 0]), np.array([0.5, 0.4, 0.9, np.nan, 0.6])
    reward = np.array([5.0, 4.0, 9.0, -2.0, 6.0])
    trace = Trace(rows, np.zeros(5, int), accuracy, reward, np.arange(5))
    assert traces.incumbents(reward).tolist() == [0, 0, 2, 2, 2]
    # Row 3 counts with its first training (0.5); the diverged one does not count.
    assert traces.top(trace, np.array([1, 3, 5]), [1, 3], ACCURACY) == {
        1: [0.5, 0.5, 0.6],
        3: [None, None, pytest.approx(0.5)],
    }


def test_checkpoints_end_at_the_longest_search(table: TruthTable) -> None:
    found = _block(made_up_table.study(), "random", table)
    assert found["checkpoints"][0] == 1
    assert found["checkpoints"][-1] == max(found["trials_used"])
    for name in ("incumbents", "columns", "incumbent_flops"):
        assert {len(run) for run in found[name]} == {len(found["checkpoints"])}
    assert len(found["rewards"]) == len(found["reward_sd"]) == min(found["trials_used"])
    one, three = (np.array(found["top"][k], float) for k in ("1", "3"))
    assert (np.diff(one, axis=1) >= 0).all()
    assert (one >= three)[~np.isnan(three)].all()


def test_an_answer_is_chosen_on_columns_that_the_search_did_not_see(table: TruthTable) -> None:
    """The rule by hand: two best by mean reward, seen again at positions 1 and 2, the better mean wins."""
    params = made_up_table.study()
    seed_order, search = _seed_order(params, table), params.studies["layers"].search
    rows = np.array([8, 2, 8, 7])
    columns = seed_order.columns(5, rows, 0)
    rewards = np.array([3.0, 9.0, 8.0, 6.0])
    trace = Trace(rows, columns, np.full(4, 0.5), rewards, np.arange(4))
    found = traces.answer(trace, 5, seed_order, search)
    means = {row: seed_order.reward[row, seed_order.order[5, row, 1:3]].mean() for row in (2, 7)}
    best = max(means, key=lambda row: means[row])
    assert found.row == best
    assert found.columns == sorted(seed_order.order[5, best, :3].tolist())
    assert found.flops == 2 * (made_up_table.FLOPS[2] + made_up_table.FLOPS[7])
    nothing = Trace(rows, columns, np.full(4, np.nan), rewards, np.arange(4))
    assert traces.answer(nothing, 5, seed_order, search).row is None


def test_the_largest_is_trained_again_and_again(table: TruthTable) -> None:
    found = _block(made_up_table.study(), "largest", table)
    assert set(found["answers"]) == {8}
    assert set(map(tuple, found["answer_columns"])) == {tuple(range(made_up_table.COLUMNS))}
    assert found["top"]["3"][0][-1] is None


def test_without_the_setting_nothing_is_repeated(table: TruthTable) -> None:
    controls = {**made_up_table.STUDY["controls"], "repetitions": None}
    params = made_up_table.study(controls=controls)
    assert repetitions.block(made_up_table.answers(params, table), "random") is None

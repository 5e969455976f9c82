"""Agents whose finalists are the first candidates: the same proposals, other answers, repeated and simulated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import made_up_table
from rlsearch.config.models import SearchSettings
from rlsearch.controls import repetitions
from rlsearch.controls.simulate import answer
from rlsearch.controls.traces import SeedOrder
from rlsearch.search.answers.table import oracle_of
from rlsearch.truth.table import TruthTable


def test_a_simulated_search_answers_by_the_rule_of_its_agent() -> None:
    rule = SearchSettings(seeds=1, budget=20, finalists=2, replicates=2)
    keys, rewards = np.array([7, 7, 5, 9, 8]), np.array([1.0, 1.0, 3.0, 2.0, 9.0])

    def fresh(actions: np.ndarray, replicate: int) -> np.ndarray:
        assert replicate == 1 and len(actions) == 2
        return actions.astype(float)

    assert keys[answer(keys, keys, rewards, fresh, rule)] == 8
    assert keys[answer(keys, keys, rewards, fresh, rule, earliest=True)] == 7


def test_repeated_searches_propose_the_same_and_answer_one_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up_table.write(tmp_path, diverged=(4, 2))
    monkeypatch.chdir(tmp_path)
    table = TruthTable.load(made_up_table.NAME)
    agents = {"usual": {"type": "random"}, "hasty": {"type": "random", "answer": "first"}}
    params = made_up_table.study(agents=agents)
    usual, hasty = (repetitions.block(made_up_table.answers(params, table), agent) for agent in agents)
    assert usual and hasty
    # They propose the same; what is set aside for other finalists says how much of it.
    common = sum(point <= min(usual["trials_used"] + hasty["trials_used"]) for point in usual["checkpoints"])
    assert common > 5
    for key in ("incumbents", "columns", "incumbent_flops"):
        assert [run[:common] for run in usual[key]] == [run[:common] for run in hasty[key]]
    study, oracle = params.studies["layers"], oracle_of(table)
    assert study.controls.repetitions is not None
    order = SeedOrder(oracle, study.reward, "layers", study.controls.repetitions.runs)
    limit = repetitions.budget(oracle, study.controls.repetitions, study.search, earliest=True)
    met = repetitions.searches(study.agents["hasty"], order, limit, study.controls.repetitions.trials)
    asked = [list(dict.fromkeys(trace.rows[~np.isnan(trace.levels)].tolist())) for trace in met]
    assert all(row in rows[: study.search.finalists] for row, rows in zip(hasty["answers"], asked, strict=True))

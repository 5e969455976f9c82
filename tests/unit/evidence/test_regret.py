"""Regret on a made-up table whose true best is known, and the claim that rests on it."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import made_up_table
from rlsearch.claims import base as claims
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.controls import repetitions
from rlsearch.evidence import regret, worth
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Verdict
from rlsearch.evidence.worth import Truth
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.measures import CROSS_ENTROPY
from rlsearch.search.answers import answers_of
from rlsearch.statistics.permutation import sign_flip
from rlsearch.statistics.power import Design
from rlsearch.truth.table import TruthTable

CLAIM = {"claim": "beats-agent-on-table", "agent": "evolution", "against": "random", "margin": 0.001}


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made_up_table.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(params: Params, agent: str, **changes: Any) -> None:
    block = repetitions.block(answers_of(params, "layers"), agent)
    assert block is not None
    path = artefacts.controls_file("layers", agent)
    whole = {"noise": {}, "provenance": {}, "repetitions": {**block, **changes}, "gradient": None}
    write_atomic(path, pretty_json(whole))


def _verdict(params: Params) -> Verdict:
    (verdict,) = claims.evaluate(Results(params, "layers"))
    return verdict


def test_regret_by_hand() -> None:
    table = TruthTable.load(made_up_table.NAME, "test")
    truth, values, losses = Truth(table), table.values["accuracy"][:, :, -1], table.values["loss"][:, :, -1]
    rest = np.delete(values[3], [0, 4])
    found, error, reused = truth.regret(3, [0, 4])
    assert found == pytest.approx(values.mean(1).max() - rest.mean())
    assert error == pytest.approx(rest.std(ddof=1) / 2)
    assert not reused
    cross, _, _ = Truth(table, CROSS_ENTROPY).regret(3, [0, 4])
    assert cross == pytest.approx(np.delete(losses[3], [0, 4]).mean() - losses.mean(1).min())
    again, _, reused = truth.regret(3, list(range(made_up_table.COLUMNS)))
    assert reused
    assert again == pytest.approx(values.mean(1).max() - values[3].mean())
    assert truth.leave_one_out()[3, 4] == pytest.approx(values.mean(1).max() - np.delete(values[3], 4).mean())


def test_a_diverged_training_counts_as_the_worst(tmp_path: Path) -> None:
    made_up_table.write(tmp_path, diverged=(8, 1))
    table = TruthTable.load(made_up_table.NAME, "test")
    values = table.values["accuracy"][:, :, -1].copy()
    values[8, 1] = np.nanmin(values)
    found, _, _ = Truth(table).regret(8, [0])
    assert found == pytest.approx(values.mean(1).max() - np.delete(values[8], 0).mean())


def test_curves_by_hand() -> None:
    truth = Truth(TruthTable.load(made_up_table.NAME, "test"))
    block = {
        "checkpoints": [1, 5, 9],
        "incumbents": [[0, 2, 8], [1, 1, 7]],
        "columns": [[0, 1, 2], [3, 3, 4]],
        "incumbent_flops": [[100, 500, 900], [100, 300, 700]],
        "budget_flops": 1000,
    }
    table = truth.leave_one_out()
    paths = np.array([[table[0, 0], table[2, 1], table[8, 2]], [table[1, 3], table[1, 3], table[7, 4]]])
    trials = regret.by_trials(block, truth)
    assert trials.x.tolist() == [1, 5, 9]
    assert trials.mean == pytest.approx(paths.mean(0))
    half = stats.t.ppf(0.975, 1) * paths[:, 0].std(ddof=1) / math.sqrt(2)
    assert (trials.low[0], trials.high[0]) == (
        pytest.approx(paths[:, 0].mean() - half),
        pytest.approx(trials.mean[0] + half),
    )
    budget = regret.by_budget(block, truth, np.array([0.05, 0.4, 0.5, 1.0]))
    assert budget.mean == pytest.approx(
        [paths[:, 0].mean(), (paths[0, 0] + paths[1, 1]) / 2, paths[:, 1].mean(), paths[:, 2].mean()]
    )


def test_all_agents_of_a_study() -> None:
    params = made_up_table.study()
    assert regret.evaluate(Results(params, "layers")) == {}
    _write(params, "random")
    _write(params, "largest")
    found = regret.evaluate(Results(params, "layers"))
    assert list(found) == ["random", "largest"]
    largest, random = (found[agent]["accuracy"]["final"] for agent in ("largest", "random"))
    # The largest network is the best of the made-up table, and its searches see all of its trainings.
    assert largest["mean"] == pytest.approx(0, abs=1e-12)
    assert (largest["reused"], random["reused"]) == (12, 0)
    assert 0 < random["mean"] < 0.2
    assert random["interval"][0] < random["mean"] < random["interval"][1]
    # Two in three answers left unseen: the error of a mean over at least three trainings of sd 0.02.
    assert 0.003 < random["error"] < 0.02
    cross = found["random"]["cross_entropy"]["by_budget"]
    assert cross.x[-1] == 1.0
    assert cross.mean[-1] < cross.mean[0]


def test_the_claim_is_tested_pair_by_pair() -> None:
    params = made_up_table.study(claims=[{**CLAIM, "agent": "largest"}])
    _write(params, "largest")
    _write(params, "random", answers=[6, 7] * 6, answer_columns=[[run % 3] for run in range(12)])
    verdict = _verdict(params)
    truth = Truth(TruthTable.load(made_up_table.NAME, "test"))
    blocks = [read_json(artefacts.controls_file("layers", agent))["repetitions"] for agent in ("largest", "random")]
    best, other = (worth.final(block, truth).values for block in blocks)
    expected = sign_flip(other - best)
    assert expected is not None
    assert (verdict.effect, verdict.p, verdict.n) == (pytest.approx(expected.effect), expected.p, (12, 12))
    assert verdict.interval is not None
    assert verdict.interval.low == pytest.approx(expected.interval(0.95).low)
    assert verdict.decision == "better"
    # The minimal detectable effect is that of the paired differences.
    factor = Design("sign-flip", 12, 11).detectable(0.05)
    assert factor is not None
    assert verdict.mde == pytest.approx(factor * stats.sem(other - best))


def test_arms_that_spend_unequally_are_pointed_out() -> None:
    params = made_up_table.study(claims=[CLAIM])
    _write(params, "evolution")
    _write(params, "random", flops=[15_000] * 12)
    assert "did not cost the same" in " ".join(_verdict(params).notes)
    _write(params, "random")
    assert _verdict(params).notes == ()


def test_unfinished_work_decides_nothing(root: Path) -> None:
    params = made_up_table.study(claims=[CLAIM])
    assert "no repetitions of evolution and random" in _verdict(params).explanation
    _write(params, "evolution")
    assert "no repetitions of random" in _verdict(params).explanation
    _write(params, "random", runs=11)
    assert "not those of the settings" in _verdict(params).explanation
    _write(params, "random", answers=[None] + [1] * 11)
    assert "1 of 12 repetitions of random gave no answer" in _verdict(params).explanation
    _write(params, "random")
    assert _verdict(params).effect is not None
    (root / "results/reference" / made_up_table.NAME / "test.npz").unlink()
    verdict = _verdict(params)
    assert (verdict.decision, verdict.effect) == ("cannot tell", None)
    assert "not there" in verdict.explanation


def test_equal_arms_have_no_noise_to_judge_by() -> None:
    params = made_up_table.study(claims=[CLAIM])
    for agent in ("evolution", "random"):
        _write(params, agent, answers=[1] * 12, answer_columns=[[0]] * 12)
    assert "the same in every pair" in _verdict(params).explanation


def test_regret_needs_no_torch() -> None:
    code = "import rlsearch.evidence.regret, rlsearch.claims.base, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Searches repeated on a function: they meet what real searches would meet, and cost no list of all candidates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mock_study
import unordered
from rlsearch.controls import meetings, repetitions
from rlsearch.controls.meetings import FIRST_SEED, OwnNoise
from rlsearch.evidence import regret, worth
from rlsearch.evidence.results import Results
from rlsearch.files import read_json, read_jsonl
from rlsearch.phases import controls, search
from rlsearch.search.answers import answers_of
from rlsearch.search.answers.function import FunctionOracle, noise_of
from rlsearch.spaces.base import Space
from rlsearch.surrogates.base import optimum
from rlsearch.surrogates.planted import Planted, Settings

NOISY = {"type": "surrogate", "name": "nasnet-mock", "noise": 0.05}
STUDY = "mock"


@pytest.mark.parametrize("agent", ["evolution", "largest"])
def test_a_repetition_is_the_search_with_its_seed(agent: str, tmp_path: Path) -> None:
    """Trial by trial and to the last bit, further replicates of one candidate and the choice of the answer included."""
    agents = {**mock_study.STUDY["agents"], "largest": {"type": "largest", "batch": 2}}
    params = mock_study.study(evaluator=NOISY, agents=agents)
    answers = answers_of(params, STUDY, tmp_path)
    oracle, study = answers.oracle, params.studies[STUDY]
    assert isinstance(oracle, FunctionOracle) and study.controls.repetitions is not None
    met = meetings.meetings(oracle, study.reward, STUDY, 3, study.search.replicates)
    limit = repetitions.budget(oracle, study.controls.repetitions, study.search)
    found = repetitions.searches(study.agents[agent], met, limit, 40, met.places(2, 40))
    block = repetitions.block(answers, agent)
    search.run(params, STUDY, agent, FIRST_SEED + 1, tmp_path)
    folder = tmp_path / f"results/search/{STUDY}/{agent}/seed-{FIRST_SEED + 1}"
    ledger = read_jsonl(folder / "trials.jsonl")
    assert [line["reward"] for line in ledger] == found[1].reward.tolist() and len(ledger) == 36
    assert block is not None and len(set(found[1].reward.tolist())) > 18
    answer = answers.space.decode(tuple(block["answer_actions"][1]))
    assert answers.space.key(answer) == read_json(folder / "summary.json")["answer"]["key"]


def test_the_common_price_spares_the_accounts_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    params = mock_study.study(evaluator=NOISY)
    quick = [repetitions.block(answers_of(params, STUDY), agent) for agent in ("random", "evolution")]
    monkeypatch.setattr(OwnNoise, "alike", property(lambda self: None, lambda self, value: None), raising=False)
    slow = [repetitions.block(answers_of(params, STUDY), agent) for agent in ("random", "evolution")]
    assert quick[1] == slow[1]
    assert [quick[0][key] == slow[0][key] for key in ("trials_used", "flops", "budget_flops")] == [True] * 3  # type: ignore[index]


def test_regret_is_that_of_the_values_without_noise(tmp_path: Path) -> None:
    params = mock_study.study(
        evaluator=NOISY,
        controls={
            **mock_study.STUDY["controls"],
            "repetitions": {"runs": 3, "trials": 40, "top": [1], "below": [0.7, 0.9]},
        },
    )
    for agent in ("random", "evolution", "evolution-never-updated"):
        controls.run(params, STUDY, agent, tmp_path)
    answers, results = answers_of(params, STUDY, tmp_path), Results(params, STUDY, tmp_path)
    found, truth = regret.evaluate(results), worth.load_truth(results)
    assert set(found) == {"random", "evolution", "evolution-never-updated"} and isinstance(truth, worth.ExactTruth)
    best = optimum(answers.surrogate)  # type: ignore[attr-defined]
    for agent, one in found.items():
        block = results.block(agent, "repetitions")
        exact = [answers.surrogate.value(answers.space.decode(tuple(row))) for row in block["answer_actions"]]  # type: ignore[attr-defined]
        assert block["answer_values"] == exact
        assert one["value"]["final"]["values"] == pytest.approx([best - level for level in exact], abs=1e-12)
        assert one["value"]["by_trials"].mean[-1] == pytest.approx(
            best - np.mean(np.array(block["incumbent_values"])[:, -1])
        )
        assert len(one["value"]["late"]["values"]) == 3
        assert truth.reached(block)[:, 0] == pytest.approx(exact)
        shares = np.array([block["stretches"]["below"]["0.7"], block["stretches"]["below"]["0.9"]])
        assert shares.shape[:2] == (2, 3) and (shares[0] <= shares[1]).all() and 0 <= shares.min() <= shares.max() <= 1


def test_equal_candidates_have_one_row_whatever_their_sequence_and_padding() -> None:
    space: Space = unordered.Unordered()
    oracle = FunctionOracle(space, Planted(space, Settings()), 0.1, "pairs")
    rows = oracle.rows_of([[4, 1], [1, 4], [0, 0], [4, 1]])
    assert rows[0] == rows[1] == rows[3] != rows[2] and len(oracle.values) == 2
    assert oracle.rows_of([[1, 4, -1], [0, 0, -1]]).tolist() == rows[1:3].tolist()
    assert oracle.values[rows[0]] == Planted(space, Settings()).value(space.decode((4, 1)))


def test_noise_of_neighbouring_seeds_is_independent() -> None:
    drawn = np.array([noise_of(seed) for seed in range(4000)])
    assert abs(drawn.mean()) < 0.06 and abs(drawn.std() - 1) < 0.05
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.06

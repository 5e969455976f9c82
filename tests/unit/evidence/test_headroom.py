"""Headroom: the chooser is judged on trainings by which it did not choose, and margins above it show."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import made_up_table
from rlsearch import checks
from rlsearch.claims import base as claims
from rlsearch.config import artefacts
from rlsearch.evidence import ceilings, table_headroom
from rlsearch.evidence.headroom import UNKNOWN, Headroom
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Verdict
from rlsearch.files import pretty_json, write_atomic
from rlsearch.measures import ACCURACY
from rlsearch.overview.headroom import Foreseen
from rlsearch.report import cards, meanings
from rlsearch.report.metrics import claim_numbers
from rlsearch.statistics.intervals import Interval
from rlsearch.truth.table import TruthTable
from shipped import ROOT, SETTINGS

SHIPPED = checks.read(SETTINGS)


def every_way(scores: np.ndarray, worth: np.ndarray) -> float:
    """Return the expectation of `left_out` by trying every way in which the rows leave out a training."""
    rows, trainings = scores.shape
    found = []
    for left in product(range(trainings), repeat=rows):
        means = np.round([np.delete(row, out).mean() for row, out in zip(scores, left, strict=True)], 12)
        found.append(np.mean([worth[row, left[row]] for row in np.flatnonzero(means == means.max())]))
    return float(np.mean(found))


@pytest.mark.parametrize("seed", range(6))
def test_the_expectation_over_all_ways_is_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, worth = rng.integers(0, 6, (5, 4)) / 6, rng.random((5, 4))  # with ties
    assert ceilings.left_out(scores, worth) == pytest.approx(every_way(scores, worth))


def test_of_more_than_two_equal_rows_each_counts_equally() -> None:
    worth = np.repeat([[0.0], [1.0], [0.0]], 2, axis=1)
    assert ceilings.left_out(np.full((3, 2), 0.5), worth) == pytest.approx(1 / 3)


def test_on_a_grid_the_best_mean_is_chosen_whatever_the_number_of_values() -> None:
    """The first point was drawn most often, the last lost a training in one search: neither is better for it."""
    assert ceilings.by_group([[[0.5, 0.5]] * 3, [[0.9]] * 3, [[0.8]] * 3]).tolist() == [0.9] * 3
    ragged = [[[0.8, 0.8], [0.8, 0.8], [0.8, 0.8]], [[0.9, 0.9], [0.9], [0.9, 0.9]]]
    assert ceilings.by_group(ragged) == pytest.approx([0.9] * 3)


def test_seed_variance_that_both_parts_share_is_no_headroom() -> None:
    """Rows that are all worth the same: only who is judged where it chose seems better, by seed variance."""
    rng = np.random.default_rng(0)
    fair, naive = [], []
    for _ in range(60):
        seed_order = rng.normal(0, 0.01, (100, 10))
        fair.append(ceilings.left_out(0.9 + seed_order, 0.9 + seed_order))
        naive.append(float((0.9 + seed_order)[seed_order.mean(1).argmax()].mean()))
    error = np.std(fair, ddof=1) / np.sqrt(60)
    assert abs(np.mean(fair) - 0.9) < 3 * error
    assert np.mean(naive) - 0.9 > 0.006


def test_a_row_that_is_better_is_found() -> None:
    rng = np.random.default_rng(0)
    scores = np.vstack([rng.normal(0.8, 0.01, (9, 8)), rng.normal(0.9, 0.01, (1, 8))])
    assert ceilings.left_out(scores, scores) == pytest.approx(scores[-1].mean())
    others = rng.normal(0.9, 0.01, (10, 3))
    assert ceilings.judged(scores, None, others) == pytest.approx(others[-1])
    assert ceilings.by_group([[[value] for value in row] for row in scores]) == pytest.approx(scores[-1])


def test_what_a_policy_sees_of_the_judging_training_counts_as_one_more() -> None:
    scores, worth = np.array([[0.5, 0.5], [0.5, 0.4]]), np.array([[0.0, 0.1], [1.0, 0.9]])
    own = np.array([[0.0, 0.3], [0.2, 0.3]])
    assert ceilings.judged(scores, None, worth).tolist() == [0.0, 0.1]
    assert ceilings.judged(scores, own, worth).tolist() == [1.0, 0.1]


def test_equal_scores_share() -> None:
    worth = np.array([[0.0], [1.0], [0.4]])
    assert ceilings.judged(np.array([[0.3], [0.1 + 0.2], [0.2]]), None, worth).tolist() == [0.5]


def test_on_rl_nas_1296_there_is_next_to_nothing_to_gain() -> None:
    """Judged where it chose, the oracle has a regret of 0.67 points; judged elsewhere, hardly less than chance."""
    validation, test = (TruthTable.load("rl-nas-1296", part, ROOT) for part in ("validation", "test"))
    chosen = validation.values["accuracy"][:, :, -1].mean(1).argmax()
    means = test.values["accuracy"][:, :, -1].mean(1)
    assert 100 * (means.max() - means[chosen]) == pytest.approx(0.67, abs=0.005)
    found = ceilings.on_table(validation, test)
    assert 100 * (means.max() - found.value) == pytest.approx(0.91, abs=0.005)


def test_only_q_learning_s_claims_on_the_shipped_tables_have_margins_that_can_be_reached(tmp_path: Path) -> None:
    """The others' stay at what is worth having; the pages say that these tables can hardly show it."""
    for name, study in SHIPPED.studies.items():
        foreseen = Foreseen(SHIPPED, name, tmp_path)  # only the tables are there
        on_tables = ["learns"] if study.controls.repetitions else []
        for claim in study.claims:
            room = claims.room(claims.of(claim), foreseen)
            on_table = study.table is not None and claim.claim in ("beats-agent-on-table", *on_tables)
            tabular = study.agents[claim.agent].type == "q-learning"
            assert claim.margin == 0.0005 or not tabular, (name, claim)
            assert room.below(claim.margin) is (on_table and not tabular), (name, claim)


def verdict(margin: float, decision: str = "too small to matter", **room: Any) -> Verdict:
    """A made-up verdict on a table with this margin."""
    return Verdict(
        **{"claim": "a beats b", "kind": "beats-agent-on-table", "agent": "a", "against": "b", "effect": -0.0009},
        **{"unit": ACCURACY, "interval": Interval(-0.0026, 0.0008, 0.9875), "level": 0.0125, "p": 0.17},
        **{"margin": margin, "decision": decision, "mde": 0.002, "n": (100, 100), "explanation": "x"},
        headroom=Headroom("by a table", **room) if room else UNKNOWN,
    )


ROOM = {"floor": 0.9669, "ceiling": 0.9702, "gain": 0.0033, "interval": Interval(0.001, 0.0049, 0.95)}


@pytest.mark.parametrize("say", [meanings.meaning, cards.answer])
def test_the_page_says_what_the_run_could_not_have_shown(say: Any) -> None:
    told = "This run could not have shown a gain of 0.50 points: the best chooser that we tried gains 0.33 points (95 %"
    assert told in say(verdict(0.005, **ROOM))
    assert told in say(verdict(0.005, "cannot tell", **ROOM))
    for other in (verdict(0.003, **ROOM), verdict(0.005), verdict(0.005, "better", **ROOM)):
        assert "best chooser" not in say(other)


@pytest.mark.parametrize("say", [meanings.meaning, cards.answer])
def test_where_the_interval_reaches_the_margin_the_page_says_so_less_strongly(say: Any) -> None:
    wide = {**ROOM, "interval": Interval(-0.004, 0.0127, 0.95)}
    said = say(verdict(0.005, **wide))
    assert "The best chooser that we tried gains 0.33 points (95 % interval −0.40 to +1.27 points), less than" in said
    assert "the margin of 0.50 points: this run could hardly have shown it." in said and "could not have" not in said
    at_the_end = {**ROOM, "interval": Interval(0.001, 0.005, 0.95)}
    assert "could hardly have shown" in say(verdict(0.005, **at_the_end))
    assert "could not have shown" in say(verdict(0.005, **{**ROOM, "interval": None}))


def test_where_even_the_best_possible_loses_the_page_says_so() -> None:
    said = meanings.meaning(verdict(0.005, "worse", floor=0.98, ceiling=0.975, gain=-0.005))
    assert "the best chooser that we tried loses 0.50 points." in said


def test_numbers_and_words_of_a_headroom() -> None:
    numbers = claim_numbers(verdict(0.005, **ROOM))["headroom"]
    assert {key: numbers[key] for key in ("floor", "ceiling", "gain", "low", "high")} == {
        **{key: ROOM[key] for key in ("floor", "ceiling", "gain")},
        **{"low": 0.001, "high": 0.0049},
    }
    told = "Headroom +0.33 points (95 % interval +0.10 to +0.49 points): floor 96.69 %, ceiling 97.02 %; by a table."
    assert verdict(0.005, **ROOM).headroom.sentence(ACCURACY) == told
    assert UNKNOWN.sentence(ACCURACY).startswith("Headroom unknown: there is neither a truth table nor a grid")
    assert verdict(0.0033, **ROOM).beyond_reach is False


def test_the_floor_is_what_the_other_arm_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An arm that always answers the worst network leaves the whole range to gain, that with the best one nothing."""
    monkeypatch.chdir(tmp_path)
    made_up_table.write(tmp_path, noise=0.001)
    claim = {"claim": "beats-agent-on-table", "agent": "evolution", "against": "unique", "margin": 0.005}
    params = made_up_table.study(claims=[claim])
    (asked,) = params.studies["layers"].claims
    runs, path = 12, artefacts.controls_file("layers", "unique")
    for row, gain in ((0, 0.4), (8, 0.0)):
        block = {
            "runs": runs,
            "trials": 30,
            "answers": [row] * runs,
            "answer_columns": [[run % 6] for run in range(runs)],
        }
        write_atomic(tmp_path / path, pretty_json({"noise": {}, "provenance": {}, "repetitions": block}))
        room = claims.room(claims.of(asked), Results(params, "layers", tmp_path))
        assert room.gain == pytest.approx(gain, abs=0.002)
        assert "what unique reached in 12 searches" in room.source
        assert room.below(0.005) is (row == 8)


def test_the_floor_before_the_run_is_random_search_and_then_the_other_arm(tmp_path: Path) -> None:
    asked = [one for one in SHIPPED.studies["layered-cnn"].claims if one.claim == "beats-agent-on-table"]
    foreseen = Foreseen(SHIPPED, "layered-cnn", tmp_path)
    rooms = {one.against: one.headroom(foreseen) for one in map(claims.of, asked)}
    assert {room.floor for room in rooms.values()} == {rooms["random"].floor}
    assert "random search's, simulated before the run" in rooms["evolution"].source


@pytest.mark.parametrize("name", ["rl-nas-1296", "schedule-tree", "sgd-sweep"])
def test_the_data_sheets_state_floor_ceiling_and_what_a_table_with_headroom_needs(name: str) -> None:
    sheet = (ROOT / "results/reference" / name / "README.md").read_text(encoding="utf-8")
    assert f"`.venv/bin/python -m rlsearch.evidence.table_headroom {name}` prints:" in sheet
    assert table_headroom.markdown(name, ROOT) in sheet
    assert "needs" in sheet or "would need" in sheet
    assert "floor: random search" in sheet and "ceiling: the best chooser that we tried" in sheet


def test_a_table_with_more_rows_than_a_search_trains_leaves_more_to_gain() -> None:
    """The model of a data sheet: no noise leaves what was not met, and a table that is swept leaves nothing."""
    few, many = (table_headroom.Spread(np.linspace(0.9, 1.0, rows), 9, 0.01, 0.01) for rows in (10, 1000))
    assert few.gain(1, 1, 0.0) == pytest.approx(0.0, abs=1e-4)
    assert many.gain(1, 1, 0.0) > 2e-4
    assert many.gain(4, 1, 0.0) == pytest.approx(4 * many.gain(1, 1, 0.0), rel=0.2)

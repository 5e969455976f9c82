"""Null and planted controls in spaces of choices: frozen noise, signs, hits, and the whole phase on a made-up table."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy import stats

import made_up_table
import tiny
from rlsearch.agents.base import Agent, Proposal
from rlsearch.agents.random import Random
from rlsearch.agents.random import Settings as RandomSettings
from rlsearch.config import artefacts
from rlsearch.config.models import StudySettings
from rlsearch.controls import candidates, choice_controls
from rlsearch.controls.candidates import Candidates, Frozen
from rlsearch.controls.noise import Noise
from rlsearch.controls.signs import choice_signs
from rlsearch.controls.simulate import padded, side_by_side, simulate_choices
from rlsearch.evidence import signs
from rlsearch.evidence.results import Results
from rlsearch.files import canonical_json, read_json, write_atomic
from rlsearch.phases import controls
from rlsearch.spaces.layered_cnn import LayeredCNN

SPACE = LayeredCNN()
NOISE = Noise(
    actions=[(0, 0, 0, 0, 0, 0, 0, 0), (1, 2, 1, 2, 1, 2, 1, 2)],
    specs=[{}, {}],
    labels=["small", "large"],
    rewards=[[1.0, 3.0, 2.0], [5.0, 9.0, 7.0]],
)


def test_frozen_noise_is_normal_and_stands_still() -> None:
    frozen = Frozen("test")
    numbers = np.arange(50_000, dtype=np.uint64)
    drawn = frozen(numbers, 0)
    assert stats.kstest(drawn, "norm").pvalue > 0.01
    assert (frozen(numbers, 0) == drawn).all()
    assert (Frozen("other")(numbers, 0) != drawn).all()
    # One candidate in all runs: the runs do not share its noise.
    same = frozen(np.full(50_000, 7, dtype=np.uint64), 0)
    assert stats.kstest(same, "norm").pvalue > 0.01
    assert abs(np.corrcoef(same, drawn)[0, 1]) < 0.02
    # Candidate i in run i + 1 is no relative of candidate i in run i, nor of candidate i + 1 in run i + 1.
    shifted = frozen(np.roll(numbers, 1), 0)[1:]
    assert abs(np.corrcoef(drawn[:-1], shifted)[0, 1]) < 0.02
    assert abs(np.corrcoef(drawn[1:], shifted)[0, 1]) < 0.02
    assert (frozen(numbers, 1) != frozen(numbers, 1)).all()


def test_equal_networks_have_equal_numbers() -> None:
    known = Candidates(SPACE)
    every = np.array(list(SPACE.enumerate()))
    numbers = known.numbers(every)
    assert len(np.unique(numbers)) == 1296
    wider = np.pad(every, ((0, 0), (0, 2)), constant_values=-1)
    assert (Candidates(SPACE).numbers(wider) == numbers).all()
    assert known.numbers(every.reshape(6, 216, 8)).shape == (6, 216)


def test_signs_by_hand() -> None:
    proposed = np.array([[1, 1, 1, 1, 1, 1, 5, 5, 5, 6, 5, 6], [1, 1, 1, 1, 1, 1, 5, 7, 5, 6, 5, 6]])
    rewards = np.tile(np.arange(12.0), (2, 1))
    found = choice_signs(proposed, rewards)
    assert found == {"distinct_share": [pytest.approx(2 / 3)] * 2, "reward_gain": [9.0, 9.0]}
    assert choice_signs(np.array([["a", "b", "c", "c", "a", "c", "c", "c"]]), rewards[:1, :8])["distinct_share"] == [
        0.5
    ]


def test_a_candidate_has_the_noise_of_the_nearest_measured_one() -> None:
    actions = np.array([[0, 0, 0, 0, 0, 0, 0, 1], [1, 2, 1, 2, 0, 0, 1, 2], [1, 2, 1, 2, 0, 0, 0, 0]])
    assert choice_controls.nearest(actions, NOISE).tolist() == [0, 1, 0]
    assert NOISE.sd.tolist() == [1.0, 2.0]


def test_a_hit_is_among_the_best_hundredth() -> None:
    values = candidates.planted_values(SPACE)
    least = choice_controls.hit_value(values)
    assert values.size == 1296
    # All eight decisions right, or seven of them: 1 + 4 x 1 + 4 x 2 = 13 candidates.
    assert int((values >= least - 1e-9).sum()) == 13
    assert choice_controls.hit_value(np.array([0.0, 0.5, 0.5, 1.0])) == 1.0
    assert choice_controls.hit_value(np.arange(1000.0)) == 990.0


def test_the_planted_optimum_of_a_space_that_cannot_be_enumerated(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = candidates.planted_values(SPACE)
    monkeypatch.setattr(candidates, "MOST_ENUMERATED", 10)
    monkeypatch.setattr(candidates, "SAMPLES", 2_000)
    drawn = candidates.planted_values(SPACE)
    assert (drawn.max(), len(drawn)) == (whole.max(), 2_001)
    assert np.mean(drawn) == pytest.approx(np.mean(whole), abs=0.02)


class Counting(Agent):
    """Proposes candidates of growing length, and has only five of them."""

    told: ClassVar[list[list[float]]] = []

    def __init__(self, space: Any, settings: Any, seed: int) -> None:
        self.at = 0

    def ask(self, count: int) -> list[Proposal]:
        found = [Proposal((1,) * (1 + position // 2)) for position in range(self.at, min(self.at + count, 5))]
        self.at += len(found)
        return found

    def tell(self, proposals: Any, rewards: Any) -> dict[str, float]:
        self.told.append(list(rewards))
        return {}

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Any) -> None:
        pass


def test_asked_agents_end_together_and_short_candidates_are_padded() -> None:
    actions, rewards = simulate_choices(
        Counting, SPACE, RandomSettings(batch=2), lambda chosen, _: (chosen > 0).sum(1) * 1.0, episodes=9, runs=3
    )
    assert actions.shape == (3, 5, 3)
    assert actions[0, :, 1].tolist() == [-1, -1, 1, 1, 1]
    assert rewards[2].tolist() == [1, 1, 2, 2, 3]
    assert Counting.told[-1] == [3.0]
    assert padded([Proposal((1,)), Proposal((1, 2))]).tolist() == [[1, -1], [1, 2]]


def test_who_can_run_side_by_side() -> None:
    assert side_by_side(Random, SPACE, RandomSettings(), 5000)
    assert side_by_side(Random, SPACE, RandomSettings(replacement=False), 1296)
    assert not side_by_side(Random, SPACE, RandomSettings(replacement=False), 1297)
    assert not side_by_side(Counting, SPACE, RandomSettings(), 10)


def _controls(agent: str) -> dict[str, Any]:
    found: dict[str, Any] = read_json(artefacts.controls_file("layers", agent))
    return found


@pytest.mark.parametrize("agent", ["random", "evolution"])
def test_the_phase_on_a_table(agent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_up_table.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    params = made_up_table.study()
    controls.run(params, "layers", agent)
    written = (tmp_path / artefacts.controls_file("layers", agent)).read_bytes()
    found = json.loads(written)
    control, search = params.studies["layers"].controls, params.studies["layers"].search
    assert found["prefix"] == min(control.episodes, search.trials)
    # The noise is that of the table's columns: sd 0.02 at a reward of 10 x accuracy.
    assert found["noise"]["replicates"] == made_up_table.COLUMNS
    assert found["noise"]["pooled_sd"] == pytest.approx(0.2, rel=0.5)
    assert found["noise"]["mean"] == pytest.approx([5.0, 7.0, 9.0], abs=0.3)
    for null in (found["null_constant"], found["null_heteroscedastic"]):
        assert {len(null[name]) for name in ("distinct_share", "reward_gain", "full_distinct_share")} == {control.runs}
        assert np.array(null["example"]).shape == (control.episodes, 2)
        assert abs(np.mean(null["full_reward_gain"])) < 0.3
    planted = found["planted"]
    assert planted["chance"] == pytest.approx(1 / 9)
    assert planted["hit_share"] == planted["optimum_share"] > 0.5
    assert planted["hit_share_fit"] is None
    assert (found["permuted_labels"], found["gradient"]) == (None, None)
    assert found["repetitions"]["runs"] == 12
    controls.run(params, "layers", agent)
    assert (tmp_path / artefacts.controls_file("layers", agent)).read_bytes() == written


def test_gradients_of_a_real_controller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_up_table.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    agents = {
        "plain": {"type": "lstm-reinforce", "baseline": "none", "hidden": 4, "embedding": 3, "batch": 4},
        "random": {"type": "random"},
    }
    asked = {**made_up_table.STUDY["controls"], "gradient": {"updates": [4, 0], "searches": 3, "batches": 20}}
    params = made_up_table.study(agents=agents, controls=asked)
    controls.run(params, "layers", "plain")
    found = _controls("plain")["gradient"]
    head = {"updates": [0, 4], "batches": 20, "searches": 3, "estimator": "none"}
    assert {key: found[key] for key in head} == head
    # Every search is another training.
    assert len(set(found["others"]["ema"]["per_search"])) == 3
    # Its own estimator is the plain one, and at rewards near 7 any baseline lowers the variance.
    assert found["ratio_to_plain"] == [1.0, 1.0]
    assert found["mean_difference"] == [0.0, 0.0]
    assert all(value < -1 for value in found["others"]["ema"]["log_ratio"])
    assert all(value > 0 and math.isfinite(value) for value in found["trace"])
    controls.run(params, "layers", "random")
    assert _controls("random")["gradient"] is None


def _study() -> StudySettings:
    return made_up_table.study().studies["layers"]


def test_signs_of_real_and_null_searches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_up_table.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    params = made_up_table.study()
    keys = ["a", "b", "c", "d", "e", "f", "g", "h"] + ["x"] * 4
    lines = [{"actions": [0, 1], "key": key, "reward": float(n)} for n, key in enumerate(keys)]
    home = artefacts.search_folder("layers", "random", 0)
    write_atomic(home / "trials.jsonl", "".join(canonical_json(line) + "\n" for line in lines))
    write_atomic(home / "summary.json", canonical_json({"answer": None, "cost": {}, "provenance": {}}))
    null = {"distinct_share": [0.5, 0.6, 1.0, 1.0], "reward_gain": [0.1, 0.0, -1.0, 2.0]}
    block = {"prefix": 12, "null_constant": null, "null_heteroscedastic": null, "permuted_labels": None}
    block |= {"noise": {}, "provenance": {}}
    write_atomic(artefacts.controls_file("layers", "random"), canonical_json(block))
    found = signs.learning_signs(Results(params, "layers"), "random")
    assert found["searches"] == [{"seed": 0, "trials": 12, "distinct_share": pytest.approx(1 / 3), "reward_gain": 9.0}]
    rows = {row["name"]: row for row in found["signs"]}
    assert list(rows) == ["settled", "reward-rose"]
    assert (rows["settled"]["null_constant"]["hits"], rows["reward-rose"]["null_constant"]["hits"]) == (1, 2)
    assert rows["settled"]["real"]["hits"] == 1


def test_real_children_and_permuted_labels(tmp_path: Path) -> None:
    """Without a table the noise comes from trained children, and one search runs on permuted labels."""
    task = {"network": "layered-cnn", "epochs": 1, "batch_size": 32}
    agents = {"evolution": {"type": "regularized-evolution", "population": 3, "sample": 2}}
    params = tiny.study(
        tmp_path,
        space=made_up_table.SPACE,
        proxy=task,
        target=task,
        agents=agents,
        baselines=["hand-made"],
        search={**tiny.STUDY["search"], "budget": 24},
    )
    controls.run(params, "tiny", "evolution", tmp_path)
    found = read_json(tmp_path / artefacts.controls_file("tiny", "evolution"))
    assert found["noise"]["replicates"] == 3
    assert len(found["permuted_labels"]["actions"]) == len(found["permuted_labels"]["rewards"])
    assert 0 < found["permuted_labels"]["distinct_share"] <= 1
    assert found["repetitions"] is None

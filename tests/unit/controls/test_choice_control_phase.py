"""The phase of null and planted controls in spaces of choices, on a made-up table and on real children."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import made_up_table
import tiny
from rlsearch.config import artefacts
from rlsearch.config.models import StudySettings
from rlsearch.evidence import signs
from rlsearch.evidence.results import Results
from rlsearch.files import canonical_json, read_json, write_atomic
from rlsearch.phases import controls


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

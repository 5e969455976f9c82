"""Signs of learning in real and null searches, and proxy fidelity, on numbers that can be checked by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from artefact_factory import build, settings
from rlsearch.claims import base as claims
from rlsearch.config import artefacts
from rlsearch.controls.signs import quarter
from rlsearch.evidence import fidelity, signs
from rlsearch.evidence.results import Results
from rlsearch.files import canonical_json, pretty_json, read_json
from search_factory import PROXY_FLOPS, TARGET_FLOPS

STUDY = "init-scale"
BAND = (1.1, 1.4)


def _ledger(root: Path, actions: list[float], rewards: list[float]) -> None:
    path = root / artefacts.search_folder(STUDY, "reinforce", 0) / "trials.jsonl"
    lines = ({"actions": [a], "reward": r} for a, r in zip(actions, rewards, strict=True))
    path.write_text("".join(canonical_json(line) + "\n" for line in lines), encoding="utf-8")


def test_numbers_of_a_search_by_hand(tmp_path: Path) -> None:
    params = build(tmp_path, parts=("search",))
    _ledger(tmp_path, [0.5] * 6 + [1.0, 1.2], [1.0, 3.0, 0, 0, 0, 0, 5.0, 6.0])
    found = signs.search_numbers(Results(params, STUDY, tmp_path), "reinforce")
    assert [search["seed"] for search in found] == list(range(6))
    assert found[0] == {
        "seed": 0,
        "trials": 8,
        "last_sd": pytest.approx(0.2 / math.sqrt(2)),
        "last_mean": pytest.approx(1.1),
        "reward_gain": pytest.approx(5.5 - 2.0),
    }
    assert (quarter(45), quarter(3)) == (11, 2)


def test_a_search_of_one_trial_has_no_last_quarter(tmp_path: Path) -> None:
    params = build(tmp_path)
    _ledger(tmp_path, [0.5], [1.0])
    found = signs.learning_signs(Results(params, STUDY, tmp_path), "reinforce", BAND)
    assert found["searches"][0]["last_sd"] is None
    assert found["signs"][0]["real"]["runs"] == 5
    verdict = {verdict.kind: verdict for verdict in claims.evaluate(Results(params, STUDY, tmp_path))}["convergence"]
    assert "too short" in verdict.explanation


def test_signs_of_real_and_null_searches(tmp_path: Path) -> None:
    params = build(tmp_path)
    path = tmp_path / artefacts.controls_file(STUDY, "reinforce")
    controls = read_json(path)
    flat = {
        "last_sd": [0.1, 0.14, 0.16, 0.2],
        "last_mean": [1.1, 1.4, 1.5, None],
        "reward_gain": [0.1, 0.0, -0.1, None],
    }
    controls["null_constant"] = {**controls["null_constant"], **flat}
    path.write_text(pretty_json(controls), encoding="utf-8")
    found = signs.learning_signs(Results(params, STUDY, tmp_path), "reinforce", BAND)
    canonical_json(found)
    rows = {row["name"]: row for row in found["signs"]}
    null = {name: (row["null_constant"]["hits"], row["null_constant"]["runs"]) for name, row in rows.items()}
    assert null == {"settled": (2, 4), "reward-rose": (1, 3), "in-band": (2, 3)}
    assert rows["settled"]["null_constant"]["share"] == 0.5
    assert rows["settled"]["real"]["hits"] == rows["settled"]["real"]["runs"] == len(found["searches"]) == 6
    assert rows["settled"]["null_heteroscedastic"]["runs"] == 200
    assert rows["settled"]["permuted_labels"] is False
    interval = rows["settled"]["null_constant"]["interval"]
    assert interval["low"] < 0.5 < interval["high"]


def test_signs_before_anything_ran(tmp_path: Path) -> None:
    found = signs.learning_signs(Results(build(tmp_path, parts=()), STUDY, tmp_path), "reinforce")
    assert found["searches"] == []
    assert all(row["real"] is row["null_constant"] is row["permuted_labels"] is None for row in found["signs"])


def test_fidelity_of_a_proxy_that_ranks_like_the_target(tmp_path: Path) -> None:
    found = fidelity.evaluate(Results(build(tmp_path), STUDY, tmp_path))
    canonical_json(found)
    assert found["all"]["tau"] > 0.8
    assert found["all"]["n"] == found["slots"] == len(found["points"]) == 15
    # The two smallest scales of the grid, 0.3 and 0.4, stay at chance.
    assert [point["label"] for point in found["points"] if not point["trained"]] == ["s = 0.3", "s = 0.4"]
    assert found["trained"]["n"] == 13
    assert found["trained"]["tau"] < found["all"]["tau"]
    assert found["cost"] == {"proxy": PROXY_FLOPS, "target": TARGET_FLOPS, "cut": 20.0}


def test_fidelity_of_a_proxy_that_ranks_the_other_way_round(tmp_path: Path) -> None:
    params = build(tmp_path)
    for index in range(15):
        path = tmp_path / artefacts.select_folder(STUDY) / f"grid-{index:02d}.json"
        slot = read_json(path)
        proxy = {**slot["proxy"], "mean_accuracy": 1 - slot["proxy"]["mean_accuracy"]}
        path.write_text(pretty_json({**slot, "proxy": proxy}), encoding="utf-8")
    assert fidelity.evaluate(Results(params, STUDY, tmp_path))["all"]["tau"] < -0.8


def test_fidelity_of_an_unfinished_run_and_without_a_grid(tmp_path: Path) -> None:
    early = fidelity.evaluate(Results(build(tmp_path, parts=("search", "select")), STUDY, tmp_path))
    assert (early["points"], early["all"]["tau"], early["cost"]["cut"]) == ([], None, None)
    assert early["cost"]["proxy"] == PROXY_FLOPS
    (tmp_path / "data" / "digits" / "manifest.json").unlink()
    assert fidelity.evaluate(Results(build(tmp_path / "x", parts=()), STUDY, tmp_path))["trained"] is None
    without = fidelity.evaluate(
        Results(build(tmp_path / "y", raw=settings(fidelity=None), parts=()), STUDY, tmp_path / "y")
    )
    assert (without["slots"], without["all"]["n"]) == (0, 0)


def test_a_grid_point_without_a_proxy_value_is_left_out(tmp_path: Path) -> None:
    params = build(tmp_path)
    path = tmp_path / artefacts.select_folder(STUDY) / "grid-07.json"
    slot = read_json(path)
    path.write_text(pretty_json({**slot, "proxy": {**slot["proxy"], "mean_accuracy": None}}), encoding="utf-8")
    assert fidelity.evaluate(Results(params, STUDY, tmp_path))["all"]["n"] == 14

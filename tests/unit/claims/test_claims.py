"""Verdicts: Holm by hand, the decision rule, and every claim on a made-up tree whose truth is known."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from artefact_factory import build, settings
from rlsearch.claims import base as claims
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence, Verdict, judge
from rlsearch.files import pretty_json, read_json
from rlsearch.measures import ACCURACY
from rlsearch.phases import select
from rlsearch.statistics.holm import holm
from rlsearch.statistics.studentised import studentised

STUDY = "init-scale"


@pytest.mark.parametrize(
    ("p_values", "levels"),
    [
        ([0.01, 0.04, 0.03], [0.05 / 3, 0.025, 0.025]),  # the second of the order fails: the third keeps its level
        ([0.001, 0.04, 0.02], [0.05 / 3, 0.05, 0.025]),  # all are rejected
        ([0.2, 0.04, 0.03], [0.05 / 3] * 3),  # none is
        ([None, 0.001], [0.05, 0.025]),  # not run yet counts as 1 and keeps its place in the family
        ([0.03], [0.05]),
        ([], []),
    ],
)
def test_holm_by_hand(p_values: list[float | None], levels: list[float]) -> None:
    assert holm(p_values, 0.05) == pytest.approx(levels)


def _judged(first: list[float], second: list[float], margin: float = 0.005) -> Verdict:
    evidence = Evidence("a beats b", "beats-agent", "a", "b", ACCURACY, margin)
    return judge(evidence.compare(first, second), 0.05)


def test_a_small_sure_effect_is_too_small_to_matter() -> None:
    verdict = _judged([0.901, 0.902, 0.903, 0.904, 0.905], [0.8992, 0.8991, 0.8993, 0.8994, 0.8995], margin=0.05)
    assert verdict.decision == "too small to matter"
    assert verdict.explanation.endswith("lies within ±5.00 points, the smallest effect worth having.")


def test_cannot_tell_comes_with_the_minimal_detectable_effect() -> None:
    verdict = _judged([0.90, 0.92, 0.88, 0.91], [0.90, 0.89, 0.93, 0.88])
    assert verdict.decision == "cannot tell"
    assert verdict.mde is not None
    assert ACCURACY.amount(verdict.mde, sign=False) in verdict.explanation


def test_arms_of_different_size_are_studentised() -> None:
    first, second = [0.2, 0.9, 0.4, 0.7], [0.50 + 0.01 * i for i in range(12)]
    verdict, expected = _judged(first, second), studentised(first, second)
    assert expected is not None
    assert verdict.p == expected.p
    assert verdict.interval == expected.interval(0.95)


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (lambda claim: claim.compare((1.0, 2.0, 3.0, 4.0, 5.0), (1.5, 2.5, 3.5, 4.5, 5.5)), "permutation"),
        (lambda claim: claim.compare((1.0, 2.0, 3.0, 4.0, 5.0), (1.5, 2.5, 3.5)), "studentised permutation"),
        (lambda claim: claim.pair(tuple(range(9)), tuple(n * 0.9 for n in range(9))), "sign flip"),
        (lambda claim: claim.pair((1.0, 2.0, 3.0), (0.5, 1.0, 2.9)), "t"),
        (lambda claim: claim.estimate((0.1, 0.2, 0.15)), "t"),
        (lambda claim: claim.without("nothing has run"), ""),
    ],
)
def test_a_verdict_names_the_test_behind_its_p(made: Callable[[Evidence], Evidence], name: str) -> None:
    claim = Evidence("A statement", "beats-agent", "reinforce", "random", ACCURACY, 0.005)
    assert judge(made(claim), 0.05).test == name


def test_what_cannot_be_tested_says_why() -> None:
    assert "no value varies" in _judged([0.9] * 4, [0.8] * 4).explanation
    assert "no finite value" in _judged([], [0.8, 0.9]).explanation
    assert "too few" in _judged([0.9, 0.91, 0.92], [0.8, 0.81, 0.82]).explanation
    for verdict in (_judged([0.9] * 4, [0.8] * 4), _judged([], [0.8]), _judged([0.9], [0.8])):
        assert verdict.decision == "cannot tell"


def _verdicts(params: Params, root: Path) -> dict[str, Verdict]:
    found = claims.evaluate(Results(params, STUDY, root))
    return {verdict.kind: verdict for verdict in found}


def test_claims_that_are_true_in_the_made_up_tree(tmp_path: Path) -> None:
    verdicts = _verdicts(build(tmp_path), tmp_path)
    best = verdicts["selected-beats-baseline"]
    assert best.decision == "better"
    assert best.effect == pytest.approx(0.02, abs=0.006)
    assert best.n == (6, 6)
    settles = verdicts["convergence"]
    assert (settles.decision, settles.unit.name, settles.n) == ("better", "scale", (6, 200))
    assert settles.effect == pytest.approx(0.19, abs=0.05)
    assert settles.level == pytest.approx(0.05 / 3)
    assert "(s = 1" in best.claim


def test_claims_where_there_is_nothing_to_find(tmp_path: Path) -> None:
    verdicts = _verdicts(build(tmp_path, gain=0.0), tmp_path)
    assert verdicts["selected-beats-baseline"].decision != "better"
    assert verdicts["beats-agent"].decision != "better"


def _edit(path: Path, change: Mapping[str, Any]) -> None:
    path.write_text(pretty_json({**read_json(path), **change}), encoding="utf-8")


def _edit_scores(root: Path, scores: Mapping[str, list[str]]) -> None:
    path = root / artefacts.select_folder(STUDY) / "searches.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    for row in rows:
        if row["agent"] in scores:
            row["score_accuracy"] = scores[row["agent"]][int(row["seed"])]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def test_an_agent_is_judged_by_the_scores_of_its_searches(tmp_path: Path) -> None:
    params = build(tmp_path, parts=("search", "select"))
    better, worse = [f"0.9{i}" for i in range(3, 9)], [f"0.8{i}" for i in range(3, 9)]
    _edit_scores(tmp_path, {"reinforce": better, "random": worse})
    verdict = _verdicts(params, tmp_path)["beats-agent"]
    assert (verdict.decision, verdict.effect) == ("better", pytest.approx(0.1))
    assert verdict.p == pytest.approx(2 / 924)
    _edit_scores(tmp_path, {"reinforce": worse, "random": better})
    assert _verdicts(params, tmp_path)["beats-agent"].decision == "worse"


def test_searches_without_an_answer_are_not_quietly_left_out(tmp_path: Path) -> None:
    params = build(tmp_path, parts=("search", "select"))
    _edit_scores(tmp_path, {"reinforce": ["0.99"] * 5 + [""]})
    verdict = _verdicts(params, tmp_path)["beats-agent"]
    assert verdict.decision == "cannot tell"
    assert "1 of 6 searches of reinforce gave no answer" in verdict.explanation


def test_arms_of_unequal_cost_are_pointed_out(tmp_path: Path) -> None:
    params = build(tmp_path, parts=("search",))
    for seed in range(6):
        path = tmp_path / artefacts.search_folder(STUDY, "random", seed) / "summary.json"
        _edit(path, {"cost": {**read_json(path)["cost"], "flops": 1_000}})
    select.run(params, STUDY, tmp_path)
    assert "did not cost the same" in " ".join(_verdicts(params, tmp_path)["beats-agent"].notes)
    build(tmp_path / "other", parts=("search", "select"))
    assert _verdicts(params, tmp_path / "other")["beats-agent"].notes == ()


def test_a_selected_candidate_that_is_the_baseline_gains_nothing(tmp_path: Path) -> None:
    params = build(tmp_path)
    he = read_json(tmp_path / artefacts.retrain_folder(STUDY, "he") / "metrics.json")
    _edit(
        tmp_path / artefacts.retrain_folder(STUDY, "best-reinforce") / "metrics.json", {**he, "slot": "best-reinforce"}
    )
    verdict = _verdicts(params, tmp_path)["selected-beats-baseline"]
    assert (verdict.effect, verdict.p) == (pytest.approx(0), 1.0)
    assert "same candidate" in verdict.notes[0]


def test_runs_without_a_test_accuracy_and_empty_slots_decide_nothing(tmp_path: Path) -> None:
    params = build(tmp_path)
    path = tmp_path / artefacts.retrain_folder(STUDY, "best-reinforce") / "metrics.json"
    runs = read_json(path)["runs"]
    _edit(path, {"runs": [{**runs[0], "test_accuracy": None}, *runs[1:]]})
    assert "1 runs of best-reinforce" in _verdicts(params, tmp_path)["selected-beats-baseline"].explanation
    _edit(path, {"runs": [], "status": "empty", "reason": "no search has an answer"})
    assert "no search has an answer" in _verdicts(params, tmp_path)["selected-beats-baseline"].explanation


def test_a_search_that_settles_like_the_null_does_not_settle_better(tmp_path: Path) -> None:
    params = build(tmp_path)
    path = tmp_path / artefacts.controls_file(STUDY, "reinforce")
    null = read_json(path)["null_constant"]
    _edit(path, {"null_constant": {**null, "last_sd": [0.05 + 0.0004 * i for i in range(200)]}, "prefix": 50})
    verdict = _verdicts(params, tmp_path)["convergence"]
    assert verdict.decision == "cannot tell"
    assert verdict.notes == ("null runs hold 50 trials, real searches 45",)


@pytest.mark.parametrize("parts", [(), ("search",), ("search", "controls"), ("search", "controls", "select")])
def test_an_unfinished_run_gives_verdicts_without_evidence(tmp_path: Path, parts: tuple[str, ...]) -> None:
    verdicts = _verdicts(build(tmp_path, parts=parts), tmp_path)
    waiting = {"selected-beats-baseline"}
    waiting |= set() if "select" in parts else {"beats-agent"}
    waiting |= set() if "controls" in parts else {"convergence"}
    for kind, verdict in verdicts.items():
        assert ("not run yet" in verdict.explanation) is (kind in waiting)
        assert verdict.decision == "cannot tell" or kind not in waiting
        assert (verdict.effect is None) is (kind in waiting)


def test_a_missing_search_holds_the_convergence_claim_back(tmp_path: Path) -> None:
    params = build(tmp_path)
    (tmp_path / artefacts.search_folder(STUDY, "reinforce", 3) / "summary.json").unlink()
    assert "1 searches missing" in _verdicts(params, tmp_path)["convergence"].explanation


def test_a_study_without_claims_has_no_verdicts(tmp_path: Path) -> None:
    assert claims.evaluate(Results(build(tmp_path, raw=settings(claims=[]), parts=()), STUDY, tmp_path)) == []


def test_the_arithmetic_of_evidence_needs_no_torch() -> None:
    code = "import rlsearch.claims.base, rlsearch.evidence.fidelity, rlsearch.phases.select, sys"
    code += "; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

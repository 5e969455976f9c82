"""Claims about retraining runs: pairs where two candidates share the seeds of their runs, and only there."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from scipy import stats

import artefact_factory
import control_factory
from rlsearch.checks import validate
from rlsearch.claims import base as claims
from rlsearch.config import artefacts, plugins
from rlsearch.config.models import Params
from rlsearch.errors import SettingsError
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence, Verdict
from rlsearch.files import pretty_json, read_json
from rlsearch.measures import ACCURACY
from rlsearch.search.retraining import run_seed
from rlsearch.spaces.base import Space
from rlsearch.statistics.permutation import sign_flip, two_sample
from rlsearch.statistics.reach import SIGN_FLIP_PAIRS

ROOT = Path(__file__).resolve().parents[3]
CONTROL, SCALE = control_factory.STUDY, "init-scale"
SELECTED = {"claim": "selected-beats-baseline", "agent": "ppo-three", "against": "sgd", "margin": 0.002}
SEED_ORDER = (0.01, -0.02, 0.00, 0.03, -0.01, 0.02, -0.03, 0.01)
OWN = (0.0010, 0.0030, 0.0020, 0.0005, 0.0015, 0.0025, 0.0020, 0.0010)
"""What both arms meet in a run, and by how much the first is better there."""


def _set_runs(root: Path, study: str, slot: str, values: Sequence[float], **changes: Any) -> None:
    path = root / artefacts.retrain_folder(study, slot) / "metrics.json"
    found = read_json(path)
    runs = [{**found["runs"][0], "seed": seed, "test_accuracy": value} for seed, value in enumerate(values)]
    path.write_text(pretty_json({**found, "runs": runs, **changes}), encoding="utf-8")


def _selected(params: Params, study: str, root: Path) -> Verdict:
    with contextlib.chdir(root):
        found = {verdict.kind: verdict for verdict in claims.evaluate(Results(params, study, root))}
    return found["selected-beats-baseline"]


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    root = tmp_path_factory.mktemp("control")
    return root, control_factory.build(root, raw=control_factory.settings(claims=[SELECTED]), recreated=False)


@pytest.mark.parametrize("runs", [5, SIGN_FLIP_PAIRS - 1, SIGN_FLIP_PAIRS])
def test_arms_that_share_the_seeds_of_their_runs_are_paired(control: tuple[Path, Params], runs: int) -> None:
    root, params = control
    second = [0.95 + seed_order for seed_order in SEED_ORDER[:runs]]
    first = [value + own for value, own in zip(second, OWN, strict=False)]
    _set_runs(root, CONTROL, "best-ppo-three", first)
    _set_runs(root, CONTROL, "sgd", second)
    verdict = _selected(params, CONTROL, root)
    differences = [one - other for one, other in zip(first, second, strict=True)]
    flipped = sign_flip(differences)
    assert flipped is not None
    p = flipped.p if runs == SIGN_FLIP_PAIRS else stats.ttest_rel(first, second).pvalue
    assert verdict.p == pytest.approx(p)
    assert verdict.decision in ("better", "too small to matter")
    assert verdict.interval is not None
    assert verdict.interval.low > 0
    assert "in pairs, as fixed in advance" in verdict.notes[0]
    unpaired = two_sample(first, second)
    assert unpaired is not None
    assert unpaired.p > 0.5  # what pairing makes of it


def test_pairs_are_of_runs_with_the_same_seed(control: tuple[Path, Params]) -> None:
    root, params = control
    _set_runs(root, CONTROL, "best-ppo-three", [0.95, 0.96, 0.97, 0.96, 0.95])
    _set_runs(root, CONTROL, "sgd", [0.94, 0.95, 0.96, 0.94])
    assert "do not have the same seeds" in _selected(params, CONTROL, root).explanation


def test_arms_with_seeds_of_their_own_are_not_paired(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path)
    second = [0.95 + seed_order for seed_order in SEED_ORDER[:6]]
    first = [value + own for value, own in zip(second, OWN, strict=False)]
    _set_runs(tmp_path, SCALE, "best-reinforce", first)
    _set_runs(tmp_path, SCALE, "he", second)
    verdict, expected = _selected(params, SCALE, tmp_path), two_sample(first, second)
    assert expected is not None
    assert (verdict.p, verdict.notes) == (expected.p, ())


def test_arms_that_hold_the_same_candidate_do_not_differ(control: tuple[Path, Params], tmp_path: Path) -> None:
    root, params = control
    sgd = read_json(root / artefacts.retrain_folder(CONTROL, "sgd") / "metrics.json")
    _set_runs(root, CONTROL, "sgd", [0.94, 0.95, 0.96, 0.94, 0.95])
    same = {name: sgd[name] for name in ("key", "spec", "label")}
    _set_runs(root, CONTROL, "best-ppo-three", [0.94, 0.95, 0.96, 0.94, 0.95], **same)
    verdict = _selected(params, CONTROL, root)
    assert (verdict.decision, verdict.effect, verdict.p) == ("too small to matter", 0.0, 1.0)
    assert "both arms hold the same candidate" in verdict.notes[0]
    assert verdict.explanation == "There is no difference: both arms hold the same."


@pytest.mark.parametrize("value", [1 / 360, 0.0])
def test_pairs_that_differ_by_the_same_but_for_rounding_decide_nothing(value: float) -> None:
    second = [count / 360 for count in (351, 344, 350, 353, 349)]
    evidence = Evidence("a beats b", "beats-agent-on-table", "a", "b", ACCURACY, 0.005)
    found = evidence.pair([one + value for one in second], second)
    assert found.test is None
    assert "the same in every pair" in found.reason


PRESETS = sorted((ROOT / "presets").glob("*.yaml"))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_the_settings_tell_beforehand_which_arms_share_seeds(preset: Path) -> None:
    params = validate(yaml.safe_load(preset.read_text(encoding="utf-8")))
    kinds = set()
    for name, study in params.studies.items():
        space: Space = plugins.load("spaces", study.space.type).SPACE(study.space)
        found = space.decode(space.spread(3)[1])
        for baseline in study.baselines:
            keys = [space.key(spec) for spec in (found, space.baselines()[baseline])]
            if keys[0] != keys[1]:
                shared = len({run_seed(name, study, key, 0) for key in keys}) == 1
                assert artefacts.stepwise(study) == shared, (name, baseline)
                kinds.add(shared)
    assert kinds == {True, False}


@pytest.mark.parametrize(
    ("runs", "claim_count", "need"),
    [(4, 1, 5), (5, 1, None), (7, 3, None), (8, 3, None), (8, 7, 9), (9, 7, None)],
)
def test_pairs_that_cannot_decide_are_refused(tmp_path: Path, runs: int, claim_count: int, need: int | None) -> None:
    baselines = ["sgd", "adam", "sam", "random-switching", "adam-then-sgd"]
    agents = ["ppo-three"] * 5 + ["dqn"] * 5
    each = [{**SELECTED, "agent": agent, "against": b} for agent, b in zip(agents, baselines * 2, strict=True)]
    raw = control_factory.settings(claims=each[:claim_count], retrain={"seeds": runs})
    control_factory.write_table(tmp_path)
    with contextlib.chdir(tmp_path):
        if need is None:
            validate(raw)
            return
        with pytest.raises(SettingsError, match=rf"(?s)retrain.seeds = {runs}.*must be at least {need} "):
            validate(raw)

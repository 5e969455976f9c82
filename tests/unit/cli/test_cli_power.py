"""rlsearch plan --power: what claims can find at the noise measured so far, and what they need to find their margin."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import artefact_factory
import cli_project
from rlsearch.checks import validate
from rlsearch.claims import base as claims
from rlsearch.config.models import Params
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import judge
from rlsearch.overview import power
from rlsearch.statistics.power import Way, detectable
from rlsearch.statistics.spread import Spread
from shipped import ROOT, SETTINGS

STUDY = "init-scale"


def _by_kind(params: Params, root: Path) -> dict[str, power.Power]:
    return {row.claim: row for row in power.power(params, root)}


def _with_seeds(seeds: int) -> Params:
    raw = artefact_factory.settings(retrain={"seeds": seeds})
    raw["studies"][STUDY]["search"]["seeds"] = seeds
    return validate(raw)


def test_it_is_the_detectable_effect_of_the_verdicts_at_the_strictest_level(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path)
    rows = _by_kind(params, tmp_path)
    assert set(rows) == {claim.claim for claim in params.studies[STUDY].claims}
    for claim in params.studies[STUDY].claims:
        row, verdict = rows[claim.claim], judge(claims.of(claim).evidence(Results(params, STUDY, tmp_path)), 0.05 / 3)
        assert (row.level, row.seeds, row.margin, row.noise) == (0.05 / 3, 6, claim.margin, power.MEASURED)
        assert row.detectable == pytest.approx(verdict.mde)


def test_other_seeds_have_the_noise_of_those_that_ran(tmp_path: Path) -> None:
    artefact_factory.build(tmp_path)
    few, many = _by_kind(_with_seeds(6), tmp_path), _by_kind(_with_seeds(24), tmp_path)
    assert (few["beats-agent"].key, few["selected-beats-baseline"].key) == ("search.seeds", "retrain.seeds")
    for kind in ("beats-agent", "selected-beats-baseline"):
        assert (many[kind].seeds, many[kind].noise) == (24, power.MEASURED)
        assert many[kind].needed == few[kind].needed
        assert many[kind].detectable is not None and few[kind].detectable is not None
        assert many[kind].detectable < 0.5 * few[kind].detectable  # half the noise, and a finer test
    assert many["convergence"].detectable is not None and few["convergence"].detectable is not None
    assert many["convergence"].detectable < few["convergence"].detectable


@pytest.mark.parametrize(("way", "arms"), [("two samples", 2), ("pairs", 1), ("t", 1)])
@pytest.mark.parametrize("noise", [0.1, 0.5, 1.0, 3.0])
def test_what_it_needs_finds_the_margin_and_one_less_does_not(way: Way, arms: int, noise: float) -> None:
    spread = Spread((noise**2,) * arms)
    need = power.needed(1.0, way, spread, 0.0125)
    assert need is not None
    found = detectable(way, need, spread, 0.0125)
    assert found is not None and found <= 1.0
    less = detectable(way, need - 1, spread, 0.0125)
    assert less is None or less > 1.0 or (need == 5 and way != "two samples")  # five is the least that may be asked for


def test_what_more_seeds_do_not_lower_may_rule_the_margin_out() -> None:
    assert power.needed(0.005, "t", Spread((1e-6,), ((1e-5, 5.0),)), 0.0125) is None
    assert power.needed(0.05, "t", Spread((1e-6,), ((1e-5, 5.0),)), 0.0125) is not None


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the shipped settings and the recorded runs, in which nothing has run."""
    shutil.copy(SETTINGS, tmp_path / "params.yaml")
    (tmp_path / "results").mkdir()
    (tmp_path / "results/reference").symlink_to(ROOT / "results/reference")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_before_a_first_run_the_recorded_one_is_taken_and_named(fresh: Path) -> None:
    result = cli_project.run("plan", "--power", "--json")
    assert result.exit_code == 0, result.output
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    beats = next(row for row in rows if row["claim"] == "beats-agent")
    assert beats["noise"] == "results/reference/init-scale-laptop"
    assert beats["level"] == pytest.approx(0.05 / sum(row["study"] == STUDY for row in rows))
    assert 0.02 < beats["detectable"] < 0.05
    judged = next(row for row in rows if (row["claim"], row["against"]) == ("beats-agent-on-table", "switch-once"))
    assert (judged["noise"], judged["needed"]) == ("results/reference/optimizer-selection-laptop", None)


def test_the_page_of_the_command_names_settings_and_sources(fresh: Path) -> None:
    result = cli_project.run("plan", "--power")
    assert result.exit_code == 0, result.output
    assert "noise of results/reference/layered-cnn-laptop" in result.stdout
    assert "controls.repetitions.runs" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120


def test_settings_without_claims_have_nothing_to_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "presets/smoke.yaml", "params.yaml")
    result = cli_project.run("plan", "--power")
    assert result.exit_code == 0, result.output
    assert "nothing to find" in result.stdout


def test_every_recorded_spread_can_be_read_and_gives_the_order_of_its_interval() -> None:
    paths = sorted((ROOT / power.REFERENCES).glob("*/*verdicts.csv"))
    assert len(paths) >= 3
    for path in paths:
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            if row["spread"]:
                error = Spread.from_text(row["spread"]).error(int(row["n_first"]))
                half = (float(row["high"]) - float(row["low"])) / 2
                assert 1.5 < half / error < 5.0, row["claim"]

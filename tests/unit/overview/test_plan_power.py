"""`rlsearch plan --power`: what each claim can show, from this project's noise, a recorded run's, or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import artefact_factory
from rlsearch.checks import validate
from rlsearch.checks.load import read
from rlsearch.overview.power import MEASURED, Power, power
from rlsearch.report import tables
from rlsearch.report.study import StudyData
from rlsearch.statistics.power import detectable
from shipped import ROOT

SMALL = [{"claim": "beats-agent", "agent": "reinforce", "against": "random", "margin": 0.002}]
"""A margin that the seeds of the made-up searches do not find."""


def rows(root: Path, **changes: Any) -> dict[str, Power]:
    params = validate(artefact_factory.settings(**changes))
    return {row.claim: row for row in power(params, root)}


def test_without_results_and_without_a_recorded_run_nothing_is_guessed(tmp_path: Path) -> None:
    found = rows(tmp_path)
    assert {(row.noise, row.detectable, row.needed) for row in found.values()} == {(None, None, None)}
    assert found["beats-agent"].level == pytest.approx(0.05 / 3)


def test_after_a_run_its_noise_counts(tmp_path: Path) -> None:
    artefact_factory.build(tmp_path)
    found = rows(tmp_path, claims=SMALL)
    assert {row.noise for row in found.values()} == {MEASURED}
    one = found["beats-agent"]
    assert one.detectable is not None
    assert one.detectable > one.margin
    assert one.needed is not None
    assert one.needed > one.seeds


def test_the_seeds_that_are_needed_find_the_margin_and_one_fewer_does_not(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, raw=artefact_factory.settings(claims=SMALL))
    [row] = power(params, tmp_path)
    data = StudyData(params, "init-scale", tmp_path)
    [verdict] = data.verdicts
    assert verdict.spread is not None
    assert row.needed is not None
    sizes = [detectable(verdict.way, row.needed - fewer, verdict.spread, row.level) for fewer in (0, 1)]
    assert sizes[0] is not None
    assert sizes[1] is not None
    assert sizes[0] <= row.margin < sizes[1]


def test_before_a_first_run_a_recorded_one_is_used_and_named(tmp_path: Path) -> None:
    made, other = tmp_path / "made", tmp_path / "other"
    params = artefact_factory.build(made)
    [table] = [one for one in tables.build(StudyData(params, "init-scale", made)) if one.name == "verdicts"]
    folder = other / "results/reference/init-scale-laptop"
    folder.mkdir(parents=True)
    (folder / "verdicts.csv").write_text(table.to_csv(), encoding="utf-8")
    first, again = power(params, made), power(params, other)
    assert {row.noise for row in again} == {"results/reference/init-scale-laptop"}
    for one, two in zip(first, again, strict=True):
        assert one.detectable == pytest.approx(two.detectable)
        assert one.needed == two.needed


def test_more_seeds_find_less(tmp_path: Path) -> None:
    artefact_factory.build(tmp_path)
    search = artefact_factory.SETTINGS["studies"]["init-scale"]["search"]
    many = rows(tmp_path, search={**search, "seeds": 5}, retrain={"seeds": 40})["selected-beats-baseline"]
    few = rows(tmp_path)["selected-beats-baseline"]
    shutil.rmtree(tmp_path / "results")
    assert many.seeds == 40
    assert many.to_json() == json.loads(json.dumps(many.to_json()))
    assert few.seeds < 40


def test_every_claim_of_the_shipped_presets_has_its_seeds(tmp_path: Path) -> None:
    for name in ("laptop", "paper"):
        params = read(ROOT / "presets" / f"{name}.yaml")
        found = power(params, tmp_path)
        assert len(found) == sum(len(study.claims) for study in params.studies.values())
        assert all(row.seeds > 0 for row in found)

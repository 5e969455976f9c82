"""Intervals of shares end at 0 and 100 %, in tables and in figures, however few and unlike the runs."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import artefact_factory
from rlsearch.config import artefacts
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.report import tables
from rlsearch.report.figures import test_levels
from rlsearch.report.plotting import style
from rlsearch.report.study import StudyData
from rlsearch.statistics.intervals import POSITIVE, SHARE, t_interval

SCORES = (0.80, 0.99)
SHARES = {f"{name}{end}" for name in ("test_accuracy", "score", "proxy", "target") for end in ("", "_low", "_high")}


@pytest.mark.parametrize("bounds", [SHARE, POSITIVE])
def test_an_interval_is_cut_to_what_the_mean_can_be(bounds: tuple[float, float]) -> None:
    top = min(bounds[1], 1000.0)
    values = (0.01 * top, 0.99 * top)
    found, free = t_interval(values, bounds=bounds), t_interval(values)
    assert found is not None
    assert free is not None
    assert free.low < bounds[0] == found.low
    assert found.high == min(free.high, bounds[1])


def test_a_cut_interval_covers_as_often() -> None:
    rng, mean, hits = np.random.default_rng(0), 0.95, 0
    for _ in range(2000):
        found = t_interval(np.clip(rng.normal(mean, 0.02, 3), 0, 1), bounds=SHARE)
        hits += found is not None and found.low <= mean <= found.high
    assert 0.935 <= hits / 2000 <= 0.97


def test_no_accuracy_of_a_report_is_said_to_lie_beyond_100_per_cent(tmp_path: Path) -> None:
    raw = artefact_factory.settings(retrain={"seeds": 2}, claims=[])
    params = artefact_factory.build(tmp_path, raw=raw)
    for slot in artefacts.slots(params.studies["init-scale"]):
        path = tmp_path / artefacts.retrain_folder("init-scale", slot.name) / "metrics.json"
        metrics = read_json(path)
        for run, score in zip(metrics["runs"], SCORES, strict=False):
            run["test_accuracy"] = score
        write_atomic(path, pretty_json(metrics), durable=False)
    data = StudyData(params, "init-scale", tmp_path)
    ends = []
    for table in tables.build(data):
        for row in csv.DictReader(table.to_csv().splitlines()):
            ends += [float(row[key]) for key in row if key in SHARES and row[key]]
    assert max(ends) == 1.0
    assert min(ends) >= 0.0
    [axes] = test_levels.draw(data, style.WIDE).axes
    drawn = np.concatenate([np.asarray(line.get_xdata(), float) for line in axes.get_lines()])
    assert 99.0 < drawn.max() <= 100.0

"""A layer-by-layer search with real children: any number of workers, one ledger; every phase on real artefacts."""

from __future__ import annotations

from pathlib import Path

import pytest

import rlsearch
import tiny
from rlsearch.config import artefacts
from rlsearch.config.artefacts import controls_file, retrain_folder, search_folder, select_folder
from rlsearch.files import pretty_json, read_json, read_jsonl, write_atomic
from rlsearch.phases import controls, retrain, search, select

CHANGES = {**tiny.LAYERED, "search": {**tiny.STUDY["search"], "budget": 60}}


@pytest.mark.integration
def test_one_and_four_workers_write_the_same_ledger(tmp_path: Path) -> None:
    ledgers = []
    for workers in (1, 4):
        root = tmp_path / str(workers)
        search.run(tiny.study(root, **CHANGES, workers=workers), "tiny", "lstm", 0, root)
        ledgers.append((root / search_folder("tiny", "lstm", 0) / "trials.jsonl").read_bytes())
    assert ledgers[0] == ledgers[1]
    assert len(ledgers[0].splitlines()) >= 8  # at least two batches of four


@pytest.mark.integration
def test_every_phase_up_to_a_network_that_loads(tmp_path: Path) -> None:
    params = tiny.study(tmp_path, **CHANGES)
    write_atomic(tmp_path / "data/spots/manifest.json", pretty_json({"shape": [1, 8, 8], "classes": 4}))
    for agent, seed in artefacts.searches(params, "tiny"):
        search.run(params, "tiny", agent, seed, tmp_path)
    controls.run(params, "tiny", "lstm", tmp_path)
    select.run(params, "tiny", tmp_path)
    for slot in ("best-maskable-ppo", "hand-made"):
        retrain.run(params, "tiny", slot, tmp_path)
    made = read_json(tmp_path / controls_file("tiny", "lstm"))
    assert made["repetitions"] is None and len(made["null_constant"]["distinct_share"]) == 20
    best = read_json(tmp_path / select_folder("tiny") / "best-maskable-ppo.json")
    asked = read_jsonl(tmp_path / search_folder("tiny", "maskable-ppo", 0) / "trials.jsonl")
    assert best["key"] in {trial["key"] for trial in asked}
    folder = tmp_path / retrain_folder("tiny", "best-maskable-ppo")
    model = rlsearch.load_model(folder)
    assert sum(p.numel() for p in model.parameters()) == read_json(folder / "metrics.json")["parameters"]

"""Studies of layer chains from the search to the controls: trained children, and a surrogate that answers for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import made_up_table
import tiny
from rlsearch.config.models import Params
from rlsearch.controls import repetitions
from rlsearch.files import read_json, read_jsonl
from rlsearch.layer_notation import read
from rlsearch.phases import controls, search
from rlsearch.search.answers import answers_of

SPACE: dict[str, Any] = {"type": "metaqnn", "size": 8, "depth": 3, "filters": [4, 8], "fields": [1, 3], "fc": [8]}
TASK = {**tiny.TASK, "network": "metaqnn"}


def test_a_trained_search(tmp_path: Path) -> None:
    agents = {
        "evolution": {"type": "regularized-evolution", "population": 4, "sample": 2},
        "largest": {"type": "largest"},
    }
    params = tiny.study(
        tmp_path,
        space={**SPACE, "known": {"wide": "C(9,3,1) - P(4,4) - SM()"}},
        proxy=TASK,
        target=TASK,
        agents=agents,
        baselines=["hand-made", "wide"],
        search={**tiny.STUDY["search"], "budget": 60},
    )
    for agent in agents:
        search.run(params, "tiny", agent, 0, tmp_path)
    folder = tmp_path / "results/search/tiny/evolution/seed-0"
    ledger = read_jsonl(folder / "trials.jsonl")
    assert {line["status"] for line in ledger} == {"ok"} and len({line["flops"] for line in ledger}) > 4
    summary = read_json(folder / "summary.json")
    assert sum(summary["cost"][key] for key in ("flops", "finalist_flops")) <= summary["cost"]["budget_flops"]
    assert read(summary["answer"]["label"])[-1].ends


AGENTS: dict[str, dict[str, Any]] = {
    "unique": {"type": "random", "replacement": False},
    "evolution": {"type": "regularized-evolution", "population": 8, "sample": 3},
    "lstm": {"type": "lstm-reinforce", "batch": 4},
    "maskable-ppo": {"type": "maskable-ppo", "episodes": 4},
    "tpe": {"type": "tpe"},
    "rule-of-thumb": {"type": "rule-of-thumb"},
}


def answered_by_surrogate(agent: str, runs: int) -> Params:
    """Return settings of a study whose repetitions and controls have so many runs."""
    return made_up_table.study(
        space=SPACE,
        proxy=TASK,
        target=TASK,
        evaluator={"type": "surrogate", "name": "planted", "noise": 0.01},
        agents={agent: AGENTS[agent]},
        controls={**made_up_table.STUDY["controls"], "repetitions": {"runs": runs, "trials": 30, "top": [1, 3]}},
    )


@pytest.mark.parametrize("agent", AGENTS)
def test_searches_of_candidates_of_unequal_length_are_repeated(agent: str, tmp_path: Path) -> None:
    block = repetitions.block(answers_of(answered_by_surrogate(agent, 3), "layers", tmp_path), agent)
    assert block is not None and len(block["answers"]) == block["runs"] == 3


@pytest.mark.parametrize("agent", ["unique", "lstm"])
def test_controls_of_candidates_of_unequal_length(agent: str, tmp_path: Path) -> None:
    controls.run(answered_by_surrogate(agent, 3), "layers", agent, tmp_path)
    found = read_json(tmp_path / f"results/controls/layers/{agent}.json")
    assert np.isfinite(found["planted"]["answers"]).all() and found["planted"]["optimum"] > 0

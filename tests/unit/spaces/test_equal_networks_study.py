"""A study whose sequences may mean one network: its table has a row for each network, and it runs to its regret."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import made_up_table
import unordered
from rlsearch.config.models import Params
from rlsearch.controls import repetitions
from rlsearch.errors import SettingsError
from rlsearch.files import read_json, read_jsonl
from rlsearch.phases import controls, search
from rlsearch.search.answers import answers_of
from rlsearch.search.answers.surrogate import SurrogateAnswers
from rlsearch.truth.recipe import Recipe
from rlsearch.truth.table import TruthTable


@pytest.fixture
def project(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project whose extension is the space."""
    (own / "spaces").mkdir()
    shutil.copy(unordered.__file__, own / "spaces" / "unordered.py")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(folder: Path, settings: unordered.Settings | None = None) -> TruthTable:
    """Return a table of all pairs, in memory: each is worth its number."""
    recipe = Recipe.model_validate({**made_up_table.RECIPE, "space": settings or unordered.Settings()})
    levels = np.linspace(0.5, 0.9, recipe.rows)[:, None, None] + np.zeros((1, 6, 2))
    costs = np.full(recipe.rows, 1000)
    values = {"accuracy": levels, "loss": 1 - levels}
    return TruthTable(recipe, "validation", values, np.array([1, 2]), costs, costs, folder)


def test_a_table_has_one_row_for_equal_sequences(project: Path) -> None:
    made = table(project)
    assert (made.networks, len(made.candidates), len(made.rows)) == (21, 21, 21)
    assert made.row_of((4, 1)) == made.row_of((1, 4)) == made.rows[made.space.key(made.space.decode((4, 1)))]
    assert made.rows_of([[0, 0], [5, 5], [5, 0]]).tolist() == [0, 20, 5]
    apart = table(project, unordered.Settings(apart=True))
    assert apart.networks == 36 and apart.row_of((4, 1)) != apart.row_of((1, 4))


def study(**changes: Any) -> Params:
    """Return settings of a study in which a surrogate answers for pairs."""
    task = {**made_up_table.TASK, "network": "simple-cnn"}
    return made_up_table.study(
        space={"type": "unordered"},
        proxy=task,
        target=task,
        evaluator={"type": "surrogate", "name": "planted", "noise": 0.01},
        baselines=["narrow"],
        agents={
            "unique": {"type": "random", "replacement": False},
            "grid": {"type": "grid", "points": 12},
            "evolution": {"type": "regularized-evolution", "population": 8, "sample": 3},
        },
        **changes,
    )


def test_a_study_runs_from_search_to_regret(project: Path) -> None:
    params = study()
    for agent in ("unique", "grid"):
        search.run(params, "layers", agent, 0)
    ledger = read_jsonl(Path("results/search/layers/unique/seed-0/trials.jsonl"))
    assert len({line["key"] for line in ledger}) == len(ledger) == 21
    controls.run(params, "layers", "evolution")
    block = read_json(Path("results/controls/layers/evolution.json"))
    assert block["planted"]["optimum"] == pytest.approx(max(block["planted"]["answers"]))
    answers = answers_of(params, "layers")
    assert isinstance(answers, SurrogateAnswers) and answers.oracle is not None
    assert (answers.oracle.candidates, len(answers.candidates)) == (21, 21)
    assert repetitions.block(answers, "unique") is not None


def test_a_grid_of_more_points_than_networks_is_refused(project: Path) -> None:
    with pytest.raises(SettingsError, match="must be at most 21"):
        made_up_table.study(
            space={"type": "unordered"},
            evaluator={"type": "surrogate", "name": "planted", "noise": 0.01},
            baselines=["narrow"],
            agents={"grid": {"type": "grid", "points": 22}},
        )

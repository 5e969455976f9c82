"""Searches that a schedule tree answers: which trainings they meet, and what an interruption changes."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import cli_project
from leftovers import explained
from rlsearch import truth
from rlsearch.config.artefacts import search_folder
from rlsearch.files import read_json, read_jsonl, write_atomic
from rlsearch.phases import search
from rlsearch.search.evaluators import Request
from rlsearch.search.stepwise import table_column
from rlsearch.search.table_evaluator import TableEvaluator
from rlsearch.truth import build
from rlsearch.truth.recipe import Recipe
from rlsearch.truth.table import TruthTable
from schedule_trees import AGENTS, NAME, RECIPE, params


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose table was made as `make truth-table` makes it: column by column, and joined."""
    root, recipe = tmp_path_factory.mktemp("tree"), Recipe.model_validate(RECIPE)
    paths = [root / f"{number}.npz" for number in range(6)]
    for number, path in enumerate(paths):
        build.rows(recipe, number, number + 1, path, root)
    build.join(recipe, paths, root)
    home = root / "results/reference" / NAME
    home.mkdir(parents=True)
    for part in ("validation", "test"):
        shutil.copy(root / build.WORK / NAME / f"{part}.npz", home / f"{part}.npz")
    (home / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    return root


@pytest.fixture
def root(grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(grown / "results", tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ledger(agent: str, seed: int = 0) -> list[Any]:
    return list(read_jsonl(search_folder("tiny", agent, seed) / "trials.jsonl"))


@pytest.mark.parametrize("agent", AGENTS)
def test_searches_of_a_tree(agent: str, root: Path) -> None:
    search.run(params(), "tiny", agent, 0)
    found, trials = truth.load(NAME), ledger(agent)
    learned = agent in ("dqn", "ppo")
    evaluator = TableEvaluator(found, "tiny", 0, 1)
    for trial in trials:
        row = found.rows[trial["key"]]
        request = Request(0, trial["spec"], trial["key"], trial["replicate"])
        column = table_column(found, "tiny", 0, trial["index"]) if learned else evaluator.column(request)
        assert trial["metrics"]["accuracy"] == float(found.values["accuracy"][row, column, -1])
        assert trial["flops"] == found.flops[row] and trial["samples"] == 72 * 3
    cost = read_json(search_folder("tiny", agent, 0) / "summary.json")["cost"]
    room = 14 * round(float(found.flops.mean())) - int(found.flops.max())
    assert 0 <= room - cost["flops"] < found.flops.max()
    assert explained(search_folder("tiny", agent, 0))["ended"] == "budget"


@pytest.mark.parametrize("agent", AGENTS)
def test_no_search_meets_what_judges_it(agent: str, root: Path) -> None:
    search.run(params(), "tiny", agent, 0)
    names = ("trials.jsonl", "finalists.csv", "steps.csv", "policy.json")
    before = [(search_folder("tiny", agent, 0) / name).read_bytes() for name in names]
    shutil.rmtree(root / ".rlsearch")
    path = root / "results/reference" / NAME / "validation.npz"
    values = dict(np.load(path))
    for name in ("accuracy", "cross_entropy"):
        values[name][:, 4:] = np.nan
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **values)
    write_atomic(path, buffer.getvalue())
    (root / "results/reference" / NAME / "test.npz").unlink()
    search.run(params(), "tiny", agent, 0)
    assert [(search_folder("tiny", agent, 0) / name).read_bytes() for name in names] == before
    assert np.isnan(TruthTable.load(NAME, judge=True).values["accuracy"]).all()


def test_episodes_meet_all_columns_and_agents_the_same_ones(root: Path) -> None:
    found = truth.load(NAME)
    columns = [table_column(found, "tiny", 0, number) for number in range(200)]
    assert set(columns) == {0, 1, 2, 3} and min(map(columns.count, range(4))) > 25
    assert columns[:20] != [table_column(found, "tiny", 1, number) for number in range(20)]
    for agent in ("dqn", "ppo"):
        search.run(params(), "tiny", agent, 0)
    both = list(zip(ledger("dqn"), ledger("ppo"), strict=False))
    equal = [(one["metrics"], other["metrics"]) for one, other in both if one["key"] == other["key"]]
    assert equal and all(one == other for one, other in equal)


@pytest.mark.parametrize("agent", ["dqn", "ppo"])
def test_an_interrupted_search_ends_as_if_it_had_not_been(agent: str, root: Path) -> None:
    search.run(params(), "tiny", agent, 0)
    folder = search_folder("tiny", agent, 0)
    whole = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "times.csv"}
    (journal,) = (root / ".rlsearch").rglob("journal.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    for stop in (3, 9, 20):
        write_atomic(journal, b"".join(lines[:stop]) + lines[stop][:20])
        search.run(params(), "tiny", agent, 0)
        assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "times.csv"} == whole


@pytest.mark.parametrize("agent", ["ppo", "switching"])
def test_a_trial_is_asked_again(agent: str, root: Path) -> None:
    search.run(params(), "tiny", agent, 0)
    cli_project.settings(root, params())
    for number in ("0", "5"):
        result = cli_project.run("trial", "tiny", agent, "0", number)
        assert result.exit_code == 0, result.output
        assert "equal to the last bit" in result.stdout

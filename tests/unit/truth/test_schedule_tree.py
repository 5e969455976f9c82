"""A tree of schedules as a truth table: equal to training each schedule from its beginning, and searched like one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from rlsearch.config.artefacts import search_folder
from rlsearch.config.models import RuntimeSettings
from rlsearch.files import read_json
from rlsearch.phases import search
from rlsearch.search.evaluators import Request
from rlsearch.search.stepwise import TableChild, played, step_flops
from rlsearch.search.table_evaluator import TableEvaluator
from rlsearch.training.episode import Episode
from rlsearch.training.evaluate import evaluate, train
from rlsearch.training.plan import Plan
from rlsearch.training.task import Task
from rlsearch.truth import build, tree
from rlsearch.truth.recipe import Recipe
from rlsearch.truth.table import TruthTable
from schedule_trees import NAME, RECIPE, SPACE, params, table

ROWS = range(8)


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


def data(grown: Path) -> Path:
    return build.fetch(Recipe.model_validate(RECIPE), grown)


def task(grown: Path, test: bool = False) -> Task:
    folder, settings = data(grown), Recipe.model_validate(RECIPE).proxy
    files = ((folder / "train.npz",), folder / "validation.npz")
    return Task(settings, RuntimeSettings(), *files, test=folder / "test.npz" if test else None)


@pytest.mark.parametrize("number", [0, 5])
def test_a_tree_holds_what_each_schedule_reaches_from_its_beginning(number: int, grown: Path) -> None:
    judge = number >= 4
    validation = table(grown, judge=judge)
    test, column = table(grown, "test"), number - 4 if judge else number
    for row in ROWS:
        whole = train(validation.specs[row], task(grown), build.column_seed(number))
        measured = np.float32([(one["validation_accuracy"], one["validation_loss"]) for one in whole.rows])
        assert np.array_equal(pairs(validation, row, column), measured)
        assert validation.flops[row] == whole.outcome.flops and validation.parameters[row] == whole.parameters
        if judge:  # the others' test values are in no table that is read
            metrics = train(validation.specs[row], task(grown, test=True), build.column_seed(number)).outcome.metrics
            assert float(test.values["accuracy"][row, column, -1]) == float(np.float32(metrics["accuracy"]))
            assert float(test.values["loss"][row, column, -1]) == float(np.float32(metrics["loss"]))


def pairs(found: TruthTable, row: int, column: int) -> np.ndarray:
    """Return (accuracy, loss) after every step, (steps, 2)."""
    return np.stack([found.values["accuracy"][row, column], found.values["loss"][row, column]], axis=1)


def test_schedules_that_begin_alike_share_their_beginning(grown: Path) -> None:
    found = table(grown)
    for steps in (1, 2):
        width = 2 ** (3 - steps)
        for values in (found.values["accuracy"], found.values["loss"]):
            groups = values[:, :, :steps].reshape(-1, width, 4, steps)
            assert (groups == groups[:, :1]).all()
    assert len({float(loss) for loss in found.values["loss"][:, 0].flat}) == 2 + 4 + 8
    # SAM costs twice.
    assert (found.flops * 3 // found.flops.min()).tolist() == [3, 4, 4, 5, 4, 5, 5, 6]


def test_only_the_steps_of_the_tree_are_trained(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, taken = Episode.step, list[str]()

    def counted(self: Episode, label: str) -> Any:
        taken.append(label)
        return original(self, label)

    monkeypatch.setattr(Episode, "step", counted)
    tree.grow(Recipe.model_validate(RECIPE), data(grown), 1)
    assert len(taken) == 2 + 4 + 8


def test_a_divergence_ends_all_ways_that_lead_through_it(grown: Path) -> None:
    wild = {**SPACE, "optimizers": {"sgd": {"name": "sgd", "lr": 0.1}, "adam": {"name": "adam", "lr": 1e9}}}
    recipe = Recipe.model_validate({**RECIPE, "name": "wild", "space": wild})
    found, costs = tree.grow(recipe, data(grown), 1)
    ended = np.isnan(found["validation"][:, 0])
    assert ended.tolist() == [
        [any(action == 1 for action in actions[: step + 1]) for step in range(3)]
        for actions in recipe.made_space.enumerate()
    ]
    assert (np.isnan(found["test"]) == np.isnan(found["validation"])).all()
    assert (costs[:, 1] * 3 // costs[:, 1].max()).tolist() == [3, 3, 2, 2, 1, 1, 1, 1]


def test_a_child_of_the_table_answers_as_a_trained_one(grown: Path) -> None:
    found = table(grown)
    plan = Plan.of(found.space.training({"schedule": []})["training"])  # type: ignore[attr-defined]
    for row in (1, 6):
        child, real = TableChild(found, 2), Episode(task(grown), {}, plan, build.column_seed(2))
        for label in found.specs[row]["training"]["schedule"]:
            told, trained = child.step(label), real.step(label)
            assert told.metrics == {name: float(np.float32(value)) for name, value in trained.metrics.items()}
            assert (told.samples, told.flops, told.diverged) == (trained.samples, trained.flops, trained.diverged)
            assert told.epochs == trained.epochs == 1
    again = TableChild(found, 2)
    again.catch_up(["sgd", "sam"])
    assert again.step("sgd") == child_at(found, 2, "sgd", "sam", "sgd")
    assert step_flops(found) == found.flops[0] // 3


def child_at(found: TruthTable, column: int, *labels: str) -> Any:
    child = TableChild(found, column)
    return [child.step(label) for label in labels][-1]


def test_an_infinite_loss_in_a_table_is_a_divergence(grown: Path) -> None:
    found = table(grown)
    values = {name: array.copy() for name, array in found.values.items()}
    values["loss"][:, 2, 1] = np.inf
    child = TableChild(replace(found, values=values), 2)
    assert [child.step("sgd").diverged for _ in range(2)] == [False, True]


@pytest.mark.parametrize("row", ROWS)
def test_a_schedule_played_in_the_table_is_its_row(row: int, grown: Path) -> None:
    found = table(grown)
    for column in range(4):
        outcome = played(found, column, found.specs[row]["training"], seed=0)
        real = evaluate(found.specs[row], task(grown), build.column_seed(column)) if column == 1 else None
        assert outcome.metrics["accuracy"] == float(found.values["accuracy"][row, column, -1])
        assert outcome.metrics["loss"] == float(found.values["loss"][row, column, -1])
        if real is not None:
            assert (outcome.status, outcome.epochs, outcome.samples, outcome.flops, outcome.schedule) == (
                (real.status, real.epochs, real.samples, real.flops, real.schedule)
            )
    evaluator = TableEvaluator(found, "tiny", 0, 1)
    request = Request(0, found.specs[row], found.space.key(found.specs[row]), 0)
    assert evaluator.outcome(request) == played(found, evaluator.column(request), found.specs[row]["training"], 0)


def test_a_policy_played_in_the_table_is_that_of_a_real_run(root: Path, grown: Path) -> None:
    """Chosen on the validation values of the table, which are float32; the real child's are float64."""
    search.run(params(), "tiny", "ppo", 0)
    training = read_json(search_folder("tiny", "ppo", 0) / "policy.json")
    found = table(grown)
    for column in range(4):
        real = evaluate({"training": training}, task(grown), build.column_seed(column))
        assert played(found, column, training, seed=column).schedule == real.schedule
    random = found.space.baselines()["random-switching"]["training"]
    drawn = [played(found, 0, random, seed=seed).schedule for seed in range(12)]
    assert len(set(drawn)) > 3 and drawn == [played(found, 0, random, seed=seed).schedule for seed in range(12)]

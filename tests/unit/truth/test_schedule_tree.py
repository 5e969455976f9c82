"""A tree of schedules as a truth table: equal to training each schedule from its beginning, and searched like one."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import cli_project
import tiny
from rlsearch import checks, truth
from rlsearch.config.artefacts import search_folder
from rlsearch.config.models import Params, RuntimeSettings
from rlsearch.files import read_json, read_jsonl, write_atomic
from rlsearch.phases import search
from rlsearch.search.evaluators import Request
from rlsearch.search.stepwise import TableChild, played, step_flops, table_column
from rlsearch.search.table_evaluator import TableEvaluator
from rlsearch.training.episode import Episode
from rlsearch.training.evaluate import evaluate, train
from rlsearch.training.plan import Plan
from rlsearch.training.task import Task
from rlsearch.truth import build, tree
from rlsearch.truth.recipe import Recipe
from rlsearch.truth.table import TruthTable

NAME = "small-tree"
DATASET = {"source": "digits", "test": 0.2, "validation": 0.25, "train_size": 97}
SPACE = {
    "type": "optimizer-selection",
    "steps": 3,
    "optimizers": {"sgd": {"name": "sgd", "lr": 0.1, "momentum": 0.9}, "sam": {"name": "sam", "lr": 0.1, "rho": 0.1}},
}
PROXY = {"network": "simple-cnn", "epochs": 3, "batch_size": 48}
RECIPE = {"name": NAME, "dataset": DATASET, "space": SPACE, "proxy": PROXY, "epochs": [1, 2, 3], "seeds": 6, "judge": 2}
AGENTS: dict[str, Any] = {
    "dqn": {"type": "dqn", "learning_starts": 4, "batch_size": 4, "hidden": [8]},
    "ppo": {"type": "ppo", "hidden": [8]},
    "random": {"type": "random"},
    "switching": {"type": "switching"},
}
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


def table(grown: Path, part: str = "validation", judge: bool = False) -> TruthTable:
    return TruthTable.load(NAME, part, grown, judge=judge)


def raw(**changes: Any) -> dict[str, Any]:
    study = {
        **tiny.STUDY,
        "dataset": "digits",
        "evaluator": {"type": "table", "name": NAME},
        "space": SPACE,
        "proxy": PROXY,
        "target": PROXY,
        "agents": AGENTS,
        "search": {"seeds": 1, "budget": 14, "finalists": 1, "replicates": 1, "score_replicates": 2},
        "baselines": [],
        "controls": tiny.CONTROL["controls"],
        **changes,
    }
    return {"preset": "test", "datasets": {"digits": DATASET}, "runtime": {"device": "cpu"}, "studies": {"tiny": study}}


def params(**changes: Any) -> Params:
    return checks.validate(raw(**changes))


def ledger(agent: str, seed: int = 0) -> list[Any]:
    return list(read_jsonl(search_folder("tiny", agent, seed) / "trials.jsonl"))


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

"""Truth tables: read, refused, ranked, and every search's own order of columns."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import small_table as made_up
from rlsearch import provenance, seeds, truth
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.errors import DataError, SettingsError
from rlsearch.files import read_json
from rlsearch.search.evaluators import Request
from rlsearch.search.table_evaluator import TableEvaluator
from rlsearch.spaces.base import representatives
from rlsearch.training.evaluate import evaluate
from rlsearch.training.tries import try_seed
from rlsearch.truth import build, recipe, tree
from rlsearch.truth.about import about
from rlsearch.truth.recipe import Recipe
from rlsearch.truth.table import TruthTable

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("table")
    made_up.write(folder)
    return folder


@pytest.fixture(scope="module")
def table(root: Path) -> TruthTable:
    return truth.load(made_up.NAME, root=root)


def test_a_part_is_read_as_it_was_written(table: TruthTable, root: Path) -> None:
    wanted = made_up.arrays("validation")
    found = {"accuracy": table.values["accuracy"], "cross_entropy": table.values["loss"]}
    for name, values in wanted.items():
        assert np.array_equal(found[name] if name in found else getattr(table, name), values)
    assert (table.values["accuracy"].dtype, table.flops.dtype) == (np.float64, np.int64)
    assert (table.networks, table.seeds, table.part) == (36, 8, "validation")
    assert np.array_equal(truth.load(made_up.NAME, "test", root).values["accuracy"], made_up.arrays("test")["accuracy"])


def test_reading_one_part_does_not_open_the_other(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    (tmp_path / "results/reference/made-up/test.npz").write_bytes(b"not to be read")
    truth.load(made_up.NAME, root=tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        truth.load(made_up.NAME, "test", tmp_path)


def test_rows_are_in_the_order_of_the_space(table: TruthTable) -> None:
    # Two layers of (kernel 1 or 3, filters 2, 4 or 8): the last decision changes first.
    assert table.specs[0] == table.space.decode((0, 0, 0, 0))
    assert table.candidates[1] == (0, 0, 0, 1)
    assert table.row_of((1, 2, 1, 2)) == 35
    assert table.row_of((0, 1, 1, 0)) == 1 * 6 + 1 * 3 + 0
    assert [table.row_of(actions) for actions in table.candidates] == list(range(36))
    assert table.rows_of([[[0, 0, 0, 0], [1, 0, 0, 0]]]).tolist() == [[0, 18]]
    assert [table.rows[table.space.key(spec)] for spec in table.specs] == list(range(36))


def test_samples_are_those_of_the_whole_training(table: TruthTable) -> None:
    # 1,797 digits: 360 are held out for testing, 360 of the other 1,437 for validation; two epochs.
    assert table.samples == 2 * 1077


def test_columns_are_a_permutation_of_their_own_for_each_search_and_network(table: TruthTable) -> None:
    names = itertools.product(("one", "two"), table.rows, range(3))
    orders = [tuple(table.columns(*name).tolist()) for name in names]
    assert all(sorted(order) == list(range(8)) for order in orders)
    assert len(set(orders)) > 0.95 * len(orders)
    assert np.array_equal(table.columns("one", "key", 0), table.columns("one", "key", 0))
    # Each column answers a search as often as any other.
    first = np.bincount([order[0] for order in orders], minlength=8)
    assert np.all(np.abs(first - 27) < 4 * np.sqrt(27))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"accuracy": np.zeros((35, 8, 2))}, r"`accuracy` has the shape \(35, 8, 2\)"),
        ({"cross_entropy": np.zeros((36, 7, 2))}, r"`cross_entropy` has the shape \(36, 7, 2\)"),
        ({"flops": np.zeros(3)}, r"`flops` has the shape \(3,\)"),
        ({"epochs": np.array([1, 3])}, r"measured after epochs \[1, 3\]"),
    ],
)
def test_a_table_that_does_not_fit_its_recipe_is_refused(
    change: dict[str, np.ndarray], message: str, root: Path, tmp_path: Path
) -> None:
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    made_up.write_part(tmp_path, "validation", {**made_up.arrays("validation"), **change})
    with pytest.raises(DataError, match=message) as caught:
        truth.load(made_up.NAME, root=tmp_path)
    assert caught.value.where.endswith("results/reference/made-up/validation.npz")
    assert caught.value.allowed


def test_what_is_missing_is_named(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "results/reference/made-up/validation.npz"
    values = made_up.arrays("validation")
    del values["flops"]
    made_up.write_part(tmp_path, "validation", values)
    with pytest.raises(DataError, match="flops"):
        truth.load(made_up.NAME, root=tmp_path)
    path.unlink()
    with pytest.raises(DataError, match="is not there") as caught:
        truth.load(made_up.NAME, root=tmp_path)
    assert "make truth-table" in caught.value.remedy
    with pytest.raises(SettingsError, match="did you mean 'made-up'"):
        truth.load("made-down", root=tmp_path)
    with pytest.raises(DataError, match="no part 'train'"):
        truth.load(made_up.NAME, "train", tmp_path)


def test_what_is_built_can_be_read(tmp_path: Path) -> None:
    small = {**made_up.recipe(), "space": {**made_up.SPACE, "filters": [2]}, "epochs": [1, 2], "seeds": 2}
    path = tmp_path / "results/reference/made-up/recipe.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(small))
    made = recipe.read(made_up.NAME, tmp_path)
    parts = [tmp_path / "first.npz", tmp_path / "second.npz"]
    build.rows(made, 0, 2, parts[0], tmp_path)
    build.rows(made, 2, 4, parts[1], tmp_path)
    build.join(made, parts, tmp_path)
    for file in ("validation.npz", "test.npz"):  # as `make truth-table` does
        shutil.copy(tmp_path / build.WORK / made_up.NAME / file, path.parent)
    table = truth.load(made_up.NAME, root=tmp_path)
    assert table.values["accuracy"].shape == (4, 2, 2) and np.isfinite(table.values["loss"]).all()
    found, parameters, flops = build.train_row(made, build.fetch(made, tmp_path), 3, 1)
    assert np.array_equal(found["validation"][0], table.values["accuracy"][3, 1])
    assert (parameters, flops) == (table.parameters[3], table.flops[3])
    assert table.flops[3] % table.samples == 0


@pytest.fixture
def recipe_of(tmp_path: Path) -> Callable[..., Recipe]:
    """Write the recipe of four networks with further keys of its proxy, and read it."""

    def written(**task: Any) -> Recipe:
        small = {**made_up.recipe(), "space": {**made_up.SPACE, "filters": [2]}, "seeds": 2}
        path = tmp_path / "results/reference/made-up/recipe.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({**small, "proxy": {**made_up.TASK, **task}}))
        return recipe.read(made_up.NAME, tmp_path)

    return written


def test_a_row_counts_its_restarts_and_holds_what_is_recorded(recipe_of: Callable[..., Recipe], tmp_path: Path) -> None:
    again = {"factor": 0.5, "most": 2, "threshold": 1.0}
    plain, made = recipe_of(), recipe_of(restart=again, record=["one-class"])
    data, path = build.fetch(made, tmp_path), tmp_path / "rows.npz"
    (_, _, once), (values, _, flops) = (build.train_row(one, data, 3, 1) for one in (plain, made))
    assert flops == once * (2 + 2) // 2 and values["validation"].shape == (3, 2)
    # What is measured is the last try: a training of its own, under the seed and the rate of that try.
    task = tree.task_of(plain, data)
    slower = task.settings.model_copy(update={"optimizer": optimizer_settings(lr=0.001 * 0.25)})
    spec = made.made_space.decode(list(representatives(made.made_space))[3])
    seed = seeds.child_seed(made.name, "search", made.made_space.key(spec), 1, 0)
    alone = evaluate(spec, replace(task, settings=slower), try_seed(seed, 2))
    assert values["validation"][0, -1] == np.float32(alone.metrics["accuracy"])
    build.rows(made, 0, 4, path, tmp_path)
    build.join(made, [path], tmp_path)
    for file in ("validation.npz", "test.npz"):
        shutil.copy(tmp_path / build.WORK / made_up.NAME / file, tmp_path / "results/reference/made-up")
    table = truth.load(made_up.NAME, root=tmp_path)
    assert set(np.unique(table.values["one_class"])) <= {0.0, 1.0} and table.flops[3] == flops
    request = Request(0, table.specs[3], table.space.key(table.specs[3]))
    assert TableEvaluator(table, "study", 0, 1).outcome(request).metrics["one_class"] in (0.0, 1.0)
    assert [measure.name for measure in table.measures] == ["accuracy", "cross_entropy"]
    assert about(table)["share of one-class predictors"] == table.values["one_class"][:, :, -1].mean()


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ({"patience": 1}, "proxy.patience 1 must be null: a table holds whole trainings"),
        ({"best_of_last": 2}, "proxy.best_of_last 2 must be 1: a table answers with the last of its epochs"),
    ],
)
def test_what_a_table_cannot_hold_is_refused(task: dict[str, Any], says: str, recipe_of: Callable[..., Recipe]) -> None:
    with pytest.raises(SettingsError, match=says):
        recipe_of(**task)


def test_rows_that_are_trained_step_by_step_do_not_begin_again() -> None:
    tree_of = yaml.safe_load((ROOT / "results/reference/schedule-tree/recipe.yaml").read_text(encoding="utf-8"))
    tree_of["proxy"]["restart"] = {"most": 1}
    with pytest.raises(ValueError, match="rows of this space are trained step by step"):
        Recipe.model_validate(tree_of)


def test_five_rows_of_the_shipped_table_are_trained_again(tmp_path: Path) -> None:
    shipped = truth.load("rl-nas-1296", root=ROOT)
    made = recipe.read("rl-nas-1296", ROOT)
    about = read_json(ROOT / "results/reference/rl-nas-1296/table.json")
    recorded_on = (about["cpu"], about.get("kernels", "AVX512"), about["torch"])
    same_machine = recorded_on == (*provenance.machine().values(), provenance.versions()["torch"])
    data = build.fetch(made, tmp_path)
    rng = seeds.generator("five-rows")
    rows, columns = rng.choice(shipped.networks, 5, replace=False), rng.integers(shipped.seeds, size=5)
    for row, column in zip(rows, columns, strict=True):
        found, parameters, flops = build.train_row(made, data, int(row), int(column))
        accuracy = float(found["validation"][0, -1])
        recorded = shipped.values["accuracy"][row, :, -1]
        assert abs(accuracy - recorded.mean()) <= 3 * recorded.std(ddof=1)
        assert (parameters, flops) == (shipped.parameters[row], shipped.flops[row])
        if same_machine:
            assert accuracy == pytest.approx(recorded[column], abs=1e-6)
            assert float(found["validation"][1, -1]) == pytest.approx(shipped.values["loss"][row, column, -1], rel=1e-4)

"""Tables of a closed loop on what its result depends on: the weights of the reward, and state carried over a switch."""

from __future__ import annotations

import csv
import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import control_factory
import control_settings
from control_factory import JUDGE, STUDY, TABLE
from control_report import Made
from rlsearch.config import artefacts
from rlsearch.evidence import sensitivity
from rlsearch.evidence.results import Results
from rlsearch.evidence.schedule_truth import ScheduleTruth
from rlsearch.files import write_atomic
from rlsearch.statistics import intervals
from rlsearch.training.observation import Measured, Weights
from rlsearch.truth.table import TruthTable

OWN = Weights(gain=1.0, loss=0.1, cost=0.01, final=1.0)


@pytest.fixture(scope="module")
def truth(made: Made) -> ScheduleTruth:
    found = made.data.loop.truth
    assert found is not None
    return found


def rows(made: Made, table: str) -> list[dict[str, str]]:
    path = made.root / artefacts.REPORT_FOLDER / "tables" / f"{STUDY}-{table}.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def stepwise(table: TruthTable, weights: Weights, row: int, column: int, failure: float) -> float:
    """Return the return of one schedule in one training, step by step as the environment gives it."""
    before, total = Measured.untrained(table.measure, table.outputs), 0.0
    space: Any = table.space
    for step, action in enumerate(table.candidates[row]):
        accuracy = float(table.values["accuracy"][row, column, step])
        if math.isnan(accuracy):
            return total + failure
        now = Measured(accuracy, float(table.values["loss"][row, column, step]), step + 1)
        total += weights.step(before, now, space.passes(action))
        before = now
    return total + weights.end(before)


@pytest.mark.parametrize("weights", [OWN, Weights(0.5, 0.5, 0.1, 0.0)])
def test_returns_are_the_sums_of_the_steps_rewards(truth: ScheduleTruth, weights: Weights) -> None:
    table = truth.validation
    accuracy = table.values["accuracy"].copy()
    accuracy[5, 1, 1:] = accuracy[7, 2, :] = np.nan
    table = dataclasses.replace(table, values={"accuracy": accuracy, "loss": 20 * table.values["loss"]})
    found = sensitivity.returns(table, weights, -2.0)
    assert found.shape == (27, control_settings.COLUMNS - JUDGE)
    for row, column in ((0, 0), (26, 3), (5, 1), (7, 2), (13, 4)):
        assert found[row, column] == pytest.approx(stepwise(table, weights, row, column, -2.0))


def test_every_setting_of_the_weights_has_its_best_schedule(made: Made, truth: ScheduleTruth) -> None:
    found = made.data.loop.weighted
    assert len(found) == 24
    assert [one.weights for one in found if one.own] == [OWN]
    for one in found:
        expected = sensitivity.returns(truth.validation, one.weights, -2.0).mean(axis=1)
        assert (one.schedule, one.expected) == (int(expected.argmax()), pytest.approx(expected.max()))
        assert one.worth.regret >= 0
    free = [one.cost for one in found if one.weights.cost == 0.0]
    dear = [one.cost for one in found if one.weights.cost == 0.1]
    assert all(later <= first for first, later in zip(free, dear, strict=True))
    assert min(dear) < max(free)
    other = sensitivity.weighted(truth, Weights(1.0, 0.1, 0.02, 1.0), -2.0)
    assert (len(other), [one.own for one in other].index(True)) == (25, 0)
    assert sum(int(row["settings"]) for row in rows(made, "weights")) == 24
    assert made.data.loop.expected["dqn"][0] < made.data.loop.expected["ppo-three"][0]


def test_carry_is_compared_training_by_training(made: Made) -> None:
    found = made.data.loop.carry
    assert found is not None
    one, two = (
        TruthTable.load(name, "test", made.root).values["accuracy"][:, :, -1] for name in (TABLE, f"{TABLE}-recreated")
    )
    differences = (one - two).mean(axis=0)
    overall = found.groups[0]
    assert (overall.schedules, overall.mean) == (27, pytest.approx(differences.mean()))
    assert overall.interval == intervals.t_interval(differences)
    assert [group.schedules for group in found.groups] == [27, 24, 3, 12, 12]
    assert found.trainings == JUDGE
    assert found.groups[1].mean > found.groups[2].mean > 0
    assert [row["group"] for row in rows(made, "carry")][1] == "schedules that switch"


@pytest.mark.parametrize(
    "changes", [{"first_seed": 20}, {"epochs": [2, 4, 6], "proxy": {**control_settings.TASK, "batch_size": 32}}]
)
def test_another_recipe_is_not_the_recreated_tree(tmp_path: Path, made: Made, changes: dict[str, Any]) -> None:
    control_factory.write_table(tmp_path)
    control_factory.write_table(tmp_path, carry=False)
    path = tmp_path / artefacts.table_folder(f"{TABLE}-recreated") / "recipe.yaml"
    write_atomic(path, yaml.safe_dump({**yaml.safe_load(path.read_text()), **changes}, sort_keys=False))
    results = Results(made.params, STUDY, tmp_path)
    loaded = ScheduleTruth.of(results)
    assert loaded is not None
    assert sensitivity.carry(loaded, results.files) is None

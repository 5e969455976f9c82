"""The planted problem with the tree's noise: its size, its noise, and that a policy which knows the answer takes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlsearch.checks.load import read
from rlsearch.controls.policy_learning import Problem
from rlsearch.controls.policy_planted import NoisyChild, Planted, Signal
from rlsearch.search.budget import FlopLimit
from rlsearch.truth.table import TruthTable

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def problem() -> Problem:
    study = read(ROOT / "presets" / "laptop.yaml").studies["optimizer-selection"]
    table = TruthTable.load("schedule-tree", "validation", ROOT)
    judge = table.judges("validation")
    assert judge is not None
    unit = int(table.flops.mean())
    return Problem(
        study, "optimizer-selection", "ppo", table, judge, FlopLimit(12 * unit, lambda _: unit, 1, 0, unit, unit), 12
    )


def test_chance_ends_at_the_mean_and_the_best_choices_the_effect_above(problem: Problem) -> None:
    signal, planted = Signal.of(problem.table), Planted(problem)
    ends: dict[bool, list[float]] = {True: [], False: []}
    rng = np.random.default_rng(0)
    for row in range(problem.table.networks):
        for column in range(problem.table.seeds):
            for best in (True, False):
                child = NoisyChild(signal, (row, column), planted.best, len(problem.options))
                labels = planted.best if best else rng.choice(problem.options, problem.space.steps)
                ends[best].append([child.step(str(label)) for label in labels][-1].level)
    last = problem.table.values["accuracy"][:, :, -1]
    assert np.mean(ends[True]) == pytest.approx(last.mean() + signal.effect, abs=1e-3)
    assert np.mean(ends[False]) == pytest.approx(last.mean(), abs=2e-3)
    assert np.std(ends[True]) == pytest.approx(np.sqrt(last.var(1).mean()), rel=0.1)


def test_the_noise_is_that_of_the_tree_and_the_effect_its_own(problem: Problem) -> None:
    signal = Signal.of(problem.table)
    assert signal.merit_noise.mean(axis=1) == pytest.approx(0, abs=1e-12)
    means = problem.table.values["accuracy"].mean(axis=1)[:, -1]
    assert signal.effect == pytest.approx(means.max() - means.mean())
    assert 0 < signal.effect < 0.05


def test_shares_are_reproducible_and_between_0_and_1(problem: Problem) -> None:
    first, again = Planted(problem).share_of_choices(3), Planted(problem).share_of_choices(3)
    assert first == again
    assert 0 <= first <= 1

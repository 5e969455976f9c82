"""The spaces of optimizers and of SGD's settings, what a policy sees of a child, and the environment's parts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

import rlsearch  # noqa: F401  # registers the ids
import tiny
from rlsearch.config import plugins
from rlsearch.config.models import RuntimeSettings, TaskSettings
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.measures import ACCURACY
from rlsearch.spaces.optimizer_selection import OptimizerSelection, Settings
from rlsearch.spaces.sgd_sweep import Settings as SweepSettings
from rlsearch.spaces.sgd_sweep import SgdSweep
from rlsearch.training.observation import LOSS_LIMIT, Measured, Weights, bounds, observe
from rlsearch.training.plan import Plan
from rlsearch.training.task import Task

SPACE = OptimizerSelection()


def test_every_schedule_of_the_baselines_can_be_played() -> None:
    found = SPACE.baselines()
    assert found["random-switching"]["training"]["policy"] == {"kind": "random"}
    assert set(found["random-switching"]["training"]["optimizers"]) == set(SPACE.labels)
    pairs = {f"{a}-then-{b}" for a in SPACE.labels for b in SPACE.labels if a != b}
    assert set(found) == {*SPACE.labels, "random-switching", *pairs}
    assert found["adam-then-sgd"]["training"]["schedule"] == ["adam", "adam", "sgd", "sgd"]
    assert found["sam"]["training"]["schedule"] == ["sam"] * 4
    for spec in found.values():
        plan = Plan.of(spec["training"])
        assert set(spec["training"].get("schedule", SPACE.labels)) == set(plan.optimizers)
        assert plan.optimizers.items() <= SPACE.settings.optimizers.items() and plan.steps == 4
    assert len({SPACE.key(spec) for spec in found.values()}) == len(found)


def test_the_same_schedule_has_one_key_whether_named_or_chosen() -> None:
    assert SPACE.key(SPACE.baselines()["adam"]) == SPACE.key(SPACE.decode((1, 1, 1, 1)))
    half = SPACE.decode((SPACE.labels.index("adam"),) * 2 + (SPACE.labels.index("sgd"),) * 2)
    assert SPACE.key(SPACE.baselines()["adam-then-sgd"]) == SPACE.key(half)


def test_the_order_of_the_keys_means_nothing() -> None:
    """Digests sort the keys of a mapping, so two orders are one search: they must be one space."""
    optimizers = {**Settings().optimizers, "big": optimizer_settings(name="sgd", lr=0.5)}
    spaces = [
        OptimizerSelection(Settings(optimizers=dict(items)))
        for items in (optimizers.items(), reversed(optimizers.items()))
    ]
    assert spaces[0].labels == spaces[1].labels == ("big", "sgd", "adam", "sam")
    names = plugins.names("optimizers")
    places = {name: plugins.load("optimizers", name).SETTINGS.place for name in names}
    assert sorted(names, key=places.__getitem__) == ["sgd", "adam", "adamw", "rmsprop", "sam", "adabelief", "lamb"]


@pytest.mark.parametrize("space", [SPACE, SgdSweep()])
def test_a_network_and_its_cost_need_nothing_of_the_spec(space: Any, tmp_path: Path) -> None:
    tiny.study(tmp_path)
    folder = tmp_path / "data/spots"
    settings = TaskSettings(network="simple-cnn", epochs=4, batch_size=32)
    task = Task(settings, RuntimeSettings(), (folder / "train.npz",), folder / "validation.npz")
    spec = space.decode(space.spread(1)[0])
    assert "network" not in spec
    one = 3 * task.forward_flops(task.build(spec, 0), spec) * 96 * 4
    assert task.full_cost(spec) == one
    if isinstance(space, OptimizerSelection):
        assert task.full_cost(space.decode(space.largest())) == 2 * one  # SAM throughout
        assert task.full_cost(space.decode((0, 0, 0, 2))) == one * 5 // 4
        assert task.full_cost(space.decode(space.cheapest())) == one
        assert task.full_cost(space.baselines()["random-switching"]) == 2 * one  # at most


def test_labels_of_schedules() -> None:
    assert SPACE.describe(SPACE.decode((0, 1, 1, 0))) == "sgd x1, adam x2, sgd x1"
    assert SPACE.describe(SPACE.baselines()["random-switching"]) == "random switching"
    long = OptimizerSelection(Settings(steps=40))
    shown = long.describe(long.decode((0, 1) * 20))
    assert shown.count(",") == 11 and shown.endswith(f"({long.key(long.decode((0, 1) * 20))[:6]})")


def test_one_optimizer_under_two_labels_is_refused() -> None:
    twice = {"a": optimizer_settings(name="sgd", lr=0.1), "b": optimizer_settings(name="sgd", lr=0.1)}
    with pytest.raises(ValidationError, match="'a' and 'b' are the same optimizer"):
        Settings(optimizers=twice)
    with pytest.raises(ValidationError, match="at least 2"):
        Settings(optimizers={"a": optimizer_settings()})


def test_an_untrained_network_is_at_chance() -> None:
    start = Measured.untrained(ACCURACY, 10)
    seen = observe(ACCURACY, start, start, 4, 3)
    assert seen.dtype == np.float32
    assert seen.tolist() == pytest.approx([0.1, math.log(10) / 2, 0, 0, 0, 0, 0, 0])


def test_a_state_says_what_the_last_step_did() -> None:
    seen = observe(ACCURACY, Measured(0.25, 2.0, 1, 0), Measured(0.5, 1.5, 2, 2), 4, 3)
    assert seen.tolist() == pytest.approx([0.5, 0.75, 0.25, -0.5, 0.5, 0, 0, 1])


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf, 1e30, 11.0])
@pytest.mark.parametrize("accuracy", [math.nan, 0.0, 1.0])
def test_a_state_is_finite_and_inside_its_bounds(loss: float, accuracy: float) -> None:
    low, high = bounds(ACCURACY, 3)
    for before in (Measured.untrained(ACCURACY, 10), Measured(accuracy, loss, 1, 1), Measured(1.0, 0.0, 1, 1)):
        for steps in (1, 4):
            seen = observe(ACCURACY, before, Measured(accuracy, loss, 4, 2), steps, 3)
            assert np.isfinite(seen).all() and (low <= seen).all() and (seen <= high).all()
    assert Measured(accuracy, loss).bounded_loss == LOSS_LIMIT


def test_the_reward_is_the_weighted_sum() -> None:
    weights = Weights(gain=2.0, loss=0.5, cost=0.1, final=3.0)
    before, now = Measured(0.25, 2.0), Measured(0.5, 1.0)
    assert weights.step(before, now, 2.0) == pytest.approx(2 * 0.25 + 0.5 * 1.0 - 0.1 * 2)
    assert weights.end(now) == 1.5
    assert Weights(0.0, 1.0, 0.0, 0.0).step(before, Measured(0.5, math.nan), 1.0) == 2.0 - LOSS_LIMIT


@pytest.mark.parametrize("twice", [{"lrs": [0.1, 0.01, 0.1]}, {"decays": ["cosine", "cosine"]}])
def test_a_sweep_offers_nothing_twice(twice: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="holds a value twice"):
        SweepSettings(**twice)

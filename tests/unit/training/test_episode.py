"""One child under several optimizers: plain training where there is one, and a pure function of its choices."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import tiny
from rlsearch.config.models import OptimizerSettings, RuntimeSettings, TaskSettings
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.measures import ACCURACY, CROSS_ENTROPY
from rlsearch.spaces.sgd_sweep import Settings as SweepSettings
from rlsearch.spaces.sgd_sweep import SgdSweep
from rlsearch.training import checkpoint, episode
from rlsearch.training.checkpoint import Checkpoint, kept_state
from rlsearch.training.choosing import chooser
from rlsearch.training.episode import Episode
from rlsearch.training.evaluate import evaluate, train
from rlsearch.training.loop import measure
from rlsearch.training.plan import Plan
from rlsearch.training.steps import Step, outcome_of
from rlsearch.training.task import Task

SETTINGS = {label: optimizer_settings(**raw) for label, raw in tiny.OPTIMIZERS.items()}
PATHS = [("sgd", "sam", "adam"), ("adam", "adam", "sam"), ("sam", "sgd", "sam")]


def task(root: Path, epochs: int = 3, network: str = "simple-cnn", **changes: Any) -> Task:
    tiny.study(root)
    folder = root / "data" / "spots"
    settings = TaskSettings(**{"network": network, "epochs": epochs, "batch_size": 32, **changes})
    return Task(settings, RuntimeSettings(), (folder / "train.npz",), folder / "validation.npz")


def plan(carry: bool = True, patience: int | None = None, **optimizers: OptimizerSettings) -> Plan:
    return Plan(optimizers or SETTINGS, 3, carry, patience)


def spec(labels: tuple[str, ...], **changes: Any) -> dict[str, Any]:
    used = {label: SETTINGS[label].model_dump(mode="json") for label in labels}
    how = {"schedule": list(labels), "optimizers": used, "steps": len(labels), "carry": True, "patience": None}
    return {"training": {**how, **changes}}


def weights(model: nn.Module | None) -> dict[str, Tensor]:
    assert model is not None
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def equal(one: Any, other: Any) -> bool:
    """Compare containers of tensors and plain values."""
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def played(made: Episode, labels: tuple[str, ...]) -> Episode:
    for label in labels:
        made.step(label)
    return made


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)


@pytest.mark.parametrize("label", SETTINGS)
@pytest.mark.parametrize(("network", "epochs"), [("simple-cnn", 6), ("vgg-like", 3)])
def test_a_single_optimizer_that_is_carried_is_plain_training(
    label: str, network: str, epochs: int, tmp_path: Path
) -> None:
    """Bit for bit, with dropout and batch normalisation, whether an epoch is a step or half of one."""
    plain = train({}, task(tmp_path, epochs, network, optimizer=SETTINGS[label], augment=("crop-flip",)), 7)
    one = task(tmp_path, epochs, network, augment=("crop-flip",))
    found = train(spec((label,) * 3), one, 7)
    assert same(weights(found.model), weights(plain.model))
    assert found.curve == plain.curve and found.parameters == plain.parameters
    expected = {**plain.outcome.to_json(), "schedule": [label] * 3}
    assert found.outcome.to_json() == expected
    assert found.outcome.flops == one.full_cost(spec((label,) * 3))


@pytest.mark.parametrize("label", ["sgd", "adam", "sam"])
def test_without_carrying_an_optimizer_begins_anew_at_every_epoch(label: str, tmp_path: Path) -> None:
    one = task(tmp_path)
    carried, fresh = (train(spec((label,) * 3, carry=carry), one, 7) for carry in (True, False))
    assert carried.curve[:1] == fresh.curve[:1] and carried.curve[2] != fresh.curve[2]
    # A step of two epochs is two steps of one: the state goes at the epoch, not at the step.
    two = task(tmp_path, epochs=6)
    assert train(spec((label,) * 3, carry=False), two, 7).curve == train(spec((label,) * 6, carry=False), two, 7).curve


def test_an_optimizer_that_rests_keeps_its_state(tmp_path: Path) -> None:
    made = played(Episode(task(tmp_path), {}, plan(), 7), ("adam", "sgd"))
    frozen = {key: value.clone() for key, value in adam_state(made).items()}
    assert frozen["step"] == 3  # batches of 32 of 96 images
    made.step("sgd")
    assert all(torch.equal(value, frozen[key]) for key, value in adam_state(made).items())
    again = played(Episode(task(tmp_path), {}, plan(), 7), ("adam", "sgd", "adam"))
    assert adam_state(again)["step"] == 6


def adam_state(made: Episode) -> dict[str, Tensor]:
    state: dict[str, Tensor] = next(iter(made._kept["adam"].state.values()))
    return state


def test_the_momentum_of_before_is_what_differs_after_a_rest(tmp_path: Path) -> None:
    one = task(tmp_path)
    carried = train(spec(("sgd", "adam", "sgd")), one, 7)
    fresh = train(spec(("sgd", "adam", "sgd"), carry=False), one, 7)
    assert carried.curve[:2] == fresh.curve[:2]
    assert not same(weights(carried.model), weights(fresh.model))


@pytest.mark.parametrize(
    ("decay", "factors"),
    [
        ("constant", [1.0, 1.0, 1.0, 1.0]),
        ("cosine", [1.0, 0.5 + 0.25 * math.sqrt(2), 0.5, 0.5 - 0.25 * math.sqrt(2)]),
        ("step", [1.0, 1.0, 0.1, 0.01]),
    ],
)
def test_the_learning_rate_falls_over_the_epochs_of_the_run(
    decay: str, factors: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also inside a step: two steps of two epochs each."""
    seen: list[float] = []
    original = episode.train_epoch

    def notes(model: nn.Module, optimizer: torch.optim.Optimizer, *rest: Any) -> Any:
        seen.append(optimizer.param_groups[0]["lr"])
        return original(model, optimizer, *rest)

    monkeypatch.setattr(episode, "train_epoch", notes)
    space = SgdSweep(SweepSettings(lrs=(0.02, 0.1), decays=("constant", "cosine", "step"), steps=2))
    chosen = space.decode((0, ("constant", "cosine", "step").index(decay)))
    assert evaluate(chosen, task(tmp_path, epochs=4), 1).status == "ok"
    assert seen == pytest.approx([0.02 * factor for factor in factors], rel=1e-12)


def measured(accuracies: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the validation accuracy after each step be what is given."""
    left = iter(accuracies)

    def answers(*arguments: Any) -> dict[str, float]:
        return {**measure(*arguments), "accuracy": next(left)}

    monkeypatch.setattr(episode, "measure", answers)


@pytest.mark.parametrize(
    ("accuracies", "steps", "best"),
    [([0.5, 0.4, 0.5], 3, 0), ([0.5, 0.6, 0.6, 0.2], 4, 1), ([0.1, 0.2, 0.3, 0.4, 0.5], 5, 4)],
)
def test_patience_ends_the_run_which_then_stands_at_its_best_step(
    accuracies: list[float], steps: int, best: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = task(tmp_path, epochs=5)
    labels = ("sgd", "sam", "adam", "sgd", "adam")
    states = [weights(train(spec(labels[: n + 1]), task(tmp_path, epochs=n + 1), 3).model) for n in range(steps)]
    measured(accuracies, monkeypatch)
    found = train(spec(labels, patience=2), one, 3)
    assert found.outcome.metrics["accuracy"] == accuracies[best]
    assert (found.outcome.epochs, found.outcome.schedule) == (steps, labels[:steps])
    assert same(weights(found.model), states[best])
    assert [row["validation_accuracy"] for row in found.rows] == accuracies[:steps]


def test_a_diverged_child_is_judged_by_what_it_has_become(tmp_path: Path) -> None:
    wild = {"sgd": SETTINGS["sgd"].model_dump(mode="json"), "wild": {"name": "sgd", "lr": 1e9}}
    training = {"schedule": ["sgd", "wild", "sgd"], "optimizers": wild, "steps": 3, "carry": True, "patience": 2}
    found = train({"training": training}, task(tmp_path), 1)
    assert (found.outcome.status, found.outcome.epochs, found.outcome.schedule) == ("diverged", 2, ("sgd", "wild"))
    assert not all(bool(torch.isfinite(value).all()) for value in weights(found.model).values())


def test_the_best_step_is_the_first_of_equal_ones() -> None:
    steps = [
        Step({"accuracy": accuracy, "loss": loss}, 1, 2, False)
        for accuracy, loss in ((0.5, 3.0), (0.7, 2.0), (0.7, 1.0), (0.6, 0.5))
    ]
    assert outcome_of(steps, "abcd", ACCURACY).metrics == {"accuracy": 0.7, "loss": 2.0}
    assert outcome_of(steps, "abcd", CROSS_ENTROPY).metrics == {"accuracy": 0.6, "loss": 0.5}
    assert outcome_of(steps, "abcd").metrics == {"accuracy": 0.6, "loss": 0.5}
    assert (outcome_of(steps, "abcd", ACCURACY).flops, outcome_of(steps, "abcd", ACCURACY).schedule) == (
        8,
        tuple("abcd"),
    )


@pytest.mark.parametrize("network", ["simple-cnn", "vgg-like"])
def test_a_fork_goes_on_as_the_original_does(network: str, tmp_path: Path) -> None:
    made = played(Episode(task(tmp_path, network=network, augment=("crop-flip",)), {}, plan(), 7), ("adam",))
    others = [made.fork(), made.fork()]
    played(others[0], ("sam", "sam"))  # another way first: nothing of it reaches the others
    for one in (made, others[1]):
        played(one, ("sgd", "adam"))
    assert made.steps == others[1].steps and made.labels == others[1].labels
    assert same(weights(made.model), weights(others[1].model))
    assert not same(weights(made.model), weights(others[0].model))


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("carry", [True, False])
@pytest.mark.parametrize("labels", PATHS)
def test_a_stored_state_goes_on_bit_for_bit_from_every_step(
    labels: tuple[str, ...], carry: bool, tmp_path: Path
) -> None:
    one = task(tmp_path, network="vgg-like", augment=("crop-flip",))
    whole = played(Episode(one, {}, plan(carry, 2), 5), labels)
    for stop in (1, 2):
        Checkpoint(tmp_path / "c.pt").save(played(Episode(one, {}, plan(carry, 2), 5), labels[:stop]).state())
        other = Episode(one, {}, plan(carry, 2), 5)
        state = Checkpoint(tmp_path / "c.pt").load()
        assert state is not None
        other.load(state)
        played(other, labels[stop:])
        assert other.steps == whole.steps and other.outcome == whole.outcome
        assert same(weights(other.model), weights(whole.model))
        assert equal(other.state(), whole.state())


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("stop", [1, 2])
def test_a_killed_run_goes_on_from_its_checkpoint(stop: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, whole = task(tmp_path, network="vgg-like"), train(spec(PATHS[0]), task(tmp_path, network="vgg-like"), 5)
    original, left = episode.train_epoch, [stop]

    def dies(*arguments: Any) -> Any:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        return original(*arguments)

    monkeypatch.setattr(episode, "train_epoch", dies)
    with pytest.raises(KeyboardInterrupt):
        train(spec(PATHS[0]), one, 5, Checkpoint(tmp_path / "c.pt"))
    assert kept_state(tmp_path / "c.pt")["labels"] == list(PATHS[0][:stop])
    left[0] = 3 - stop  # what was done is not done again
    resumed = train(spec(PATHS[0]), one, 5, Checkpoint(tmp_path / "c.pt"))
    assert (resumed.outcome, resumed.curve, resumed.rows) == (whole.outcome, whole.curve, whole.rows)
    assert same(weights(resumed.model), weights(whole.model))


def global_states() -> tuple[Any, ...]:
    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()


def test_generators_and_threads_outside_are_left_alone(tmp_path: Path) -> None:
    made = Episode(task(tmp_path, network="vgg-like"), {}, plan(), 7)
    actions: list[Callable[[], Any]] = [lambda: made.step("sgd"), lambda: made.step("sam"), made.fork, made.state]
    before, threads = global_states(), torch.get_num_threads()
    for act in actions:
        act()
        assert global_states() == before and torch.get_num_threads() == threads


def test_what_happens_between_two_steps_changes_nothing(tmp_path: Path) -> None:
    """A network with dropout, and another child in training beside it."""
    one = task(tmp_path, network="vgg-like", augment=("crop-flip",))
    whole = played(Episode(one, {}, plan(), 7), PATHS[0])
    made, beside = Episode(one, {}, plan(), 7), Episode(one, {}, plan(), 8)
    for label in PATHS[0]:
        torch.manual_seed(99), np.random.seed(99), random.seed(99)
        torch.rand(10)
        beside.step("adam")
        made.step(label)
    assert made.steps == whole.steps != beside.steps
    assert same(weights(made.model), weights(whole.model))


def test_the_child_is_built_at_its_first_step(tmp_path: Path) -> None:
    made = Episode(task(tmp_path), {}, plan(), 7)
    assert not made.ended
    with pytest.raises(RuntimeError, match="at its first step"):
        made.model.eval()
    assert played(made, PATHS[0]).ended


def test_epochs_that_do_not_divide_are_invalid(tmp_path: Path) -> None:
    assert evaluate(spec(("sgd",) * 3), task(tmp_path, epochs=4), 1).status == "invalid"
    assert evaluate(spec(("sgd",) * 3), task(tmp_path, epochs=2), 1).status == "invalid"


def test_rows_say_what_each_epoch_brought(tmp_path: Path) -> None:
    one = task(tmp_path, epochs=6)
    found = train(spec(("sgd", "sam", "adam")), one, 1)
    assert [row["optimizer"] for row in found.rows] == ["sgd", "sgd", "sam", "sam", "adam", "adam"]
    assert [(row["train_loss"], row["train_accuracy"]) for row in found.rows] == found.curve
    assert [row["validation_accuracy"] is None for row in found.rows] == [True, False] * 3
    assert found.rows[-1]["validation_loss"] == found.outcome.metrics["loss"]
    cost = found.rows[0]["cost"]
    assert [row["cost"] for row in found.rows] == [cost, cost, 2 * cost, 2 * cost, cost, cost]
    assert sum(row["cost"] for row in found.rows) == found.outcome.flops


def test_a_test_set_is_measured_once_at_the_end(tmp_path: Path) -> None:
    one = task(tmp_path)
    judged = Task(one.settings, one.runtime, one.train, one.measure, test=tmp_path / "data/spots/test.npz")
    threads = torch.get_num_threads()
    torch.set_num_threads(2)  # the child's own number counts
    plain, found = (train(spec(PATHS[0]), which, 1) for which in (one, judged))
    torch.set_num_threads(threads)
    assert set(found.outcome.metrics) == {"accuracy", "loss", "macro_f1", "macro_precision", "macro_recall"}
    assert found.outcome.metrics["loss"] != plain.outcome.metrics["loss"]
    assert [row["validation_loss"] for row in found.rows] == [row["validation_loss"] for row in plain.rows]
    assert plain.model is not None
    assert found.outcome.metrics["loss"] == measure(plain.model, judged.test_data, one.settings)["loss"]


def test_random_switching_is_anew_in_every_child_and_does_not_depend_on_spelling(tmp_path: Path) -> None:
    how = spec(tuple(SETTINGS) * 4)["training"] | {"policy": {"kind": "random"}}
    del how["schedule"]
    reversed_keys = {**how, "optimizers": dict(reversed(how["optimizers"].items()))}

    def schedule(training: dict[str, Any], seed: int) -> list[str]:
        choose, labels = chooser(training, ACCURACY, 4, seed), list[str]()
        for _ in range(12):
            labels.append(choose([], labels))
        return labels

    assert schedule(how, 1) == schedule(how, 1) == schedule(reversed_keys, 1) != schedule(how, 2)
    counts = np.unique([label for seed in range(100) for label in schedule(how, seed)], return_counts=True)[1]
    assert len(counts) == 3 and counts.min() > 320  # 400 expected

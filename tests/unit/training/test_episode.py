"""One child under several optimizers: plain training where there is one, and a pure function of its choices."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from episodes import PATHS, SETTINGS, plan, played, same, spec, task, weights
from rlsearch.measures import ACCURACY, CROSS_ENTROPY
from rlsearch.spaces.sgd_sweep import Settings as SweepSettings
from rlsearch.spaces.sgd_sweep import SgdSweep
from rlsearch.training import episode
from rlsearch.training.choosing import chooser
from rlsearch.training.episode import Episode
from rlsearch.training.evaluate import evaluate, train
from rlsearch.training.loop import measure
from rlsearch.training.outcome import Step, outcome_of
from rlsearch.training.task import Task


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
        Step({"accuracy": accuracy, "loss": loss}, 1, 1, 2, False)
        for accuracy, loss in ((0.5, 3.0), (0.7, 2.0), (0.7, 1.0), (0.6, 0.5))
    ]
    assert outcome_of(steps, "abcd", ACCURACY).metrics == {"accuracy": 0.7, "loss": 2.0}
    assert outcome_of(steps, "abcd", CROSS_ENTROPY).metrics == {"accuracy": 0.6, "loss": 0.5}
    assert outcome_of(steps, "abcd").metrics == {"accuracy": 0.6, "loss": 0.5}
    assert (outcome_of(steps, "abcd", ACCURACY).flops, outcome_of(steps, "abcd", ACCURACY).schedule) == (
        8,
        tuple("abcd"),
    )


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

"""Early stopping of a training: it ends for want of a better epoch, stands at its best one, and survives a kill."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from children import SPEC, cut_and_resumed, same, same_weights, task
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.config.task_models import TaskSettings
from rlsearch.measures import ACCURACY, PERPLEXITY
from rlsearch.training import tries
from rlsearch.training.early_stopping import EarlyStopping
from rlsearch.training.evaluate import evaluate, train

UNSTEADY = optimizer_settings(name="adam", lr=0.04)
EPOCHS = 8


def levels(root: Path) -> list[float]:
    """Return what the same child reaches in shorter trainings."""
    return [
        evaluate(SPEC, task(root, epochs=epochs, optimizer=UNSTEADY), 7).metrics["accuracy"]
        for epochs in range(1, EPOCHS + 1)
    ]


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_it_ends_after_so_many_epochs_without_a_better_one(patience: int, tmp_path: Path) -> None:
    by_epoch = levels(tmp_path)
    best, ends = 0, EPOCHS
    for epoch, level in enumerate(by_epoch):
        if level > by_epoch[best]:
            best = epoch
        if epoch - best >= patience:
            ends = epoch + 1
            break
    one = task(tmp_path, epochs=EPOCHS, patience=patience, optimizer=UNSTEADY)
    outcome = evaluate(SPEC, one, 7)
    assert outcome.metrics["accuracy"] == by_epoch[best] == max(by_epoch[:ends])
    assert (outcome.epochs, outcome.samples) == (ends, 96 * ends)
    assert outcome.flops == one.full_cost(SPEC) * ends // EPOCHS and (ends < EPOCHS or patience > 1)


def test_the_network_stands_at_its_best_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a retraining, where the training data decide; the curve holds all epochs."""
    one = task(tmp_path, epochs=5, patience=2, optimizer=UNSTEADY)
    made = iter([0.4, 0.6, 0.6, 0.5])
    monkeypatch.setattr(tries, "measure", lambda *_: {"accuracy": next(made), "loss": 1.0})
    stopped = train(SPEC, one, 7)
    monkeypatch.undo()
    shorter = train(SPEC, task(tmp_path, epochs=2, optimizer=UNSTEADY), 7)
    assert same_weights(stopped.model, shorter.model)
    assert stopped.outcome.metrics == shorter.outcome.metrics
    assert len(stopped.curve) == stopped.outcome.epochs == 4 and stopped.curve[:2] == shorter.curve


def test_a_child_that_diverged_is_judged_by_what_it_has_become(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wild = optimizer_settings(name="sgd", lr=1e8)
    outcome = evaluate(SPEC, task(tmp_path, epochs=6, patience=5, optimizer=wild), 7)
    assert outcome.status == "diverged" and outcome.epochs < 6


@pytest.mark.parametrize("best", [True, False])
def test_killed_after_any_epoch_and_resumed(best: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the best epoch, while it waits for a better one, and after a restart."""
    again = {"factor": 0.5, "most": 1, "threshold": 1.0}
    one = task(tmp_path, epochs=6, patience=2, optimizer=UNSTEADY, restart=again)
    whole = train(SPEC, one, 7, best=best)
    assert 4 <= whole.outcome.epochs < 7
    for epochs in range(1, whole.outcome.epochs):
        assert same(cut_and_resumed(one, epochs, tmp_path / f"{epochs}.pt", monkeypatch, best=best, seed=7), whole)


def test_the_first_of_equal_moments_is_the_best_by_any_measure() -> None:
    for measure, shown in ((ACCURACY, (0.5, 0.7, 0.7, 0.6)), (PERPLEXITY, (9.0, 3.0, 3.0, 4.0))):
        stopping, model = EarlyStopping(2), nn.Linear(1, 1)
        over = []
        for moment, level in enumerate(shown, 1):
            nn.init.constant_(model.weight, moment)
            stopping.note(measure.key(level), moment, model)
            over.append(stopping.over(moment))
        assert stopping.moment == 2 and over == [False, False, False, True]
        stopping.restore(model)
        assert torch.equal(model.weight, torch.full((1, 1), 2.0))


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"patience": 3}, "patience 3 must be below the 3 epochs, or null"),
        ({"patience": 1, "best_of_last": 2}, "with `patience` the best of all epochs counts: best_of_last 2 must be 1"),
        ({"schedule": {"type": "step", "every": 3}}, "schedule.every 3 must be below the 3 epochs, or null"),
        ({"schedule": {"type": "cosine", "factor": 0.2}}, "`factor` and `every` are for steps: set `type: step`"),
        ({"schedule": {"every": 2}}, "`factor` and `every` are for steps"),
        ({"restart": {"factor": 0.0}}, "greater than 0"),
    ],
)
def test_keys_that_mean_nothing_together_are_refused(keys: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("(", r"\(")):
        TaskSettings.model_validate({"network": "simple-cnn", "epochs": 3, **keys})

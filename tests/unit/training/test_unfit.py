"""What raised is what is told: a network's own words, a schedule that does not fit, weights that do not."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path
from typing import Any

import pytest
from torch import nn

import tiny
from rlsearch.config import artefacts
from rlsearch.errors import RlsearchError
from rlsearch.files import pretty_json, write_atomic
from rlsearch.networks import _registry as registry
from rlsearch.phases import retrain
from rlsearch.search.retraining import Retraining
from rlsearch.training import episode
from rlsearch.training.checkpoint import dump_state
from rlsearch.training.evaluate import evaluate
from rlsearch.training.outcome import UnfitError, part
from rlsearch.training.task import Task

SCALED = {"init": {"scheme": "scaled-normal", "scale": 1.0}}


def scheduled(steps: int) -> dict[str, Any]:
    plan = {"optimizers": tiny.OPTIMIZERS, "steps": steps, "carry": True, "patience": None}
    return {"training": {"schedule": ["sgd"] * steps, **plan}}


def told(root: Path, spec: dict[str, Any], **changes: Any) -> str:
    """Return what a retraining of the spec says."""
    params = tiny.study(root, **changes)
    chosen = {"status": "filled", "reason": None, "label": "a net", "key": "k", "spec": spec}
    write_atomic(root / artefacts.select_folder("tiny") / "he.json", pretty_json(chosen))
    with pytest.raises(RlsearchError) as caught:
        retrain.run(params, "tiny", "he", root)
    return str(caught.value)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's network that raises a ValueError of its own."""

    def build(*_: Any, **__: Any) -> nn.Module:
        raise UnicodeError("seven layers are one too many")

    monkeypatch.setattr(registry, "build", build)


def test_a_networks_own_words_are_told(refusing: None, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = told(tmp_path, SCALED)
    assert "by its network vgg-like: seven layers are one too many" in text and "larger images" in text
    folder = tmp_path / "data/spots"
    params = tiny.study(tmp_path)
    task = Task(params.studies["tiny"].proxy, params.runtime, (folder / "train.npz",), folder / "validation.npz")
    with caplog.at_level(logging.WARNING):
        outcome = evaluate(SCALED, task, 1)
    assert (outcome.status, outcome.error) == ("invalid", "UnicodeError")
    assert "by its network simple-cnn: seven layers" in caplog.text


def test_a_schedule_that_does_not_fit_is_no_fault_of_the_network(tmp_path: Path) -> None:
    text = told(tmp_path, scheduled(3), target={**tiny.TASK, "epochs": 4})
    assert "by its training: 4 epochs do not divide into 3 steps" in text
    assert "cannot be built" not in text


def test_an_initialisation_that_does_not_fit_is_no_fault_of_the_network(tmp_path: Path) -> None:
    assert "by its initialisation: there is no initialisation scheme 'odd'" in told(
        tmp_path, {"init": {"scheme": "odd"}}
    )


def test_a_value_error_in_a_step_is_told_and_makes_the_child_invalid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a network that cannot be built: such a child is no failure, which would stop a search."""

    def refuse(*_: Any) -> None:
        raise UnicodeError("a step of three weights")

    monkeypatch.setattr(episode, "train_epoch", refuse)
    assert "by its training: a step of three weights" in told(tmp_path, scheduled(2))
    folder, params = tmp_path / "data/spots", tiny.study(tmp_path)
    settings = params.studies["tiny"].proxy.model_copy(update={"epochs": 2})
    task = Task(settings, params.runtime, (folder / "train.npz",), folder / "validation.npz")
    outcome = evaluate(scheduled(2), task, 1)
    assert (outcome.status, outcome.error) == ("invalid", "UnicodeError")


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    params = tiny.study(tmp_path)
    (tmp_path / "weights.pt").write_bytes(dump_state({}))
    runs = Retraining(params, "tiny", tmp_path, start=tmp_path / "weights.pt")
    with pytest.raises(RlsearchError, match="none of the weights to begin with") as caught:
        runs.run({"key": "k", "spec": SCALED}, 0)
    assert "weights.pt" in str(caught.value) and "weights: none" in str(caught.value)


def test_another_error_stays_what_it_is_and_the_parts_cross_a_process_pool() -> None:
    with pytest.raises(KeyError), part("network"):
        raise KeyError("lost")
    copied = pickle.loads(pickle.dumps(UnfitError("too small", "network", "ValueError")))
    assert (str(copied), copied.part, copied.cause) == ("too small", "network", "ValueError")

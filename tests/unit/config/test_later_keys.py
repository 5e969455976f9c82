"""Keys that came after recorded results: left out of dumps where they have their defaults, so that digests stay."""

from __future__ import annotations

from typing import Any

import pytest

from rlsearch.config.base import WHOLE
from rlsearch.config.models import TaskSettings
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.spaces.optimizer_selection import OptimizerSelection

PLAIN: dict[str, Any] = {"network": "simple-cnn", "epochs": 4}
BEFORE = {
    "network": "simple-cnn",
    "network_options": {},
    "epochs": 4,
    "best_of_last": 1,
    "batch_size": 128,
    "optimizer": {"momentum": 0.0, "nesterov": False, "name": "adam", "lr": 0.001, "weight_decay": 0.0},
    "schedule": {"type": "constant"},
    "clip_norm": None,
    "inputs": "symmetric",
    "augment": [],
    "precision": "float32",
}
"""The dump of a task before there was any of these keys."""
LATER: dict[str, Any] = {
    "patience": 2,
    "restart": {"factor": 0.4, "most": 5, "threshold": None},
    "record": ["one-class"],
    "bptt": 24,
    "schedule": {"type": "step", "factor": 0.2, "every": 2},
    "optimizer": {**BEFORE["optimizer"], "betas": [0.5, 0.999]},
}


def test_defaults_leave_the_dump_of_a_task_as_it_was() -> None:
    assert TaskSettings(**PLAIN).model_dump(mode="json") == BEFORE


@pytest.mark.parametrize("key", LATER)
def test_what_is_set_is_dumped_and_read_again(key: str) -> None:
    made = TaskSettings.model_validate({**PLAIN, key: LATER[key]})
    dump = made.model_dump(mode="json")
    assert dump == {**BEFORE, key: LATER[key]} and TaskSettings.model_validate(dump) == made


def test_people_are_shown_every_default() -> None:
    made = TaskSettings(**PLAIN)
    shown = made.model_dump(mode="json", context=WHOLE)
    assert {key: shown[key] for key in ("patience", "restart", "record", "bptt")} == {
        "patience": None,
        "restart": None,
        "record": [],
        "bptt": None,
    }
    assert shown["schedule"] == {"type": "constant", "factor": 0.1, "every": None}
    assert shown["optimizer"]["betas"] == [0.9, 0.999] and TaskSettings.model_validate(shown) == made


def test_keys_of_schedules_are_what_they_were() -> None:
    """A candidate's key is made of the dumps of its optimizers, and its seeds of its key."""
    space = OptimizerSelection()
    spec = space.decode((0, 1, 2, 2))
    assert spec["training"]["optimizers"]["adam"] == BEFORE["optimizer"]
    faster = optimizer_settings(name="adam", betas=[0.5, 0.999])
    settings = space.settings.model_copy(update={"optimizers": {**space.settings.optimizers, "adam": faster}})
    other = OptimizerSelection(settings)
    assert space.key(spec) != other.key(other.decode((0, 1, 2, 2)))
    assert space.key(space.decode((0, 0, 2, 2))) == other.key(other.decode((0, 0, 2, 2)))

"""The recorded run that git holds, dvc.lock and results/metrics.json, belongs to the settings and pipeline beside it.

Code may change without a new record: DVC then says so. Settings and commands may not: `make run`, `make record`.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Any

import pytest
import yaml

from shipped import committed


def read(name: str) -> Any:
    """Parse a YAML file of the last commit, by libyaml: every worker does so, to know the stages."""
    return yaml.load(committed(name), Loader=yaml.CSafeLoader)


LOCK: dict[str, Any] = read("dvc.lock")["stages"]
PIPELINE: dict[str, Any] = read("dvc.yaml")["stages"]
SETTINGS: dict[str, Any] = read("params.yaml")


def test_it_is_of_every_stage_of_the_shipped_settings() -> None:
    studies = SETTINGS["studies"]
    each = {"fetch": SETTINGS["datasets"], **dict.fromkeys(("search", "controls", "select", "retrain"), studies)}
    each["transfer"] = SETTINGS["transfers"]
    assert set(LOCK) == {"report", *(f"{phase}@{name}" for phase, names in each.items() for name in names)}


@pytest.mark.parametrize("stage", LOCK)
def test_it_was_made_by_the_commands_and_settings_that_stand_here(stage: str) -> None:
    defined = PIPELINE[stage.partition("@")[0]]
    assert LOCK[stage]["cmd"] == defined.get("do", defined)["cmd"]
    for key, value in LOCK[stage]["params"]["params.yaml"].items():
        assert functools.reduce(lambda node, part: node[part], key.split("."), SETTINGS) == value, key


def test_the_numbers_in_git_are_the_recorded_ones() -> None:
    recorded = next(out for out in LOCK["report"]["outs"] if out["path"] == "results/metrics.json")
    content = committed("results/metrics.json")
    assert hashlib.md5(content, usedforsecurity=False).hexdigest() == recorded["md5"]

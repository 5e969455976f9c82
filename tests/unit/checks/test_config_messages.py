"""Messages about broken settings as a whole: all faults at once, on one screen, whatever junk stands at a key."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from broken_settings import JARGON, SCREEN, SMOKE, TEXTS, assert_explained, run
from broken_values import STUDY, VALUES, change
from rlsearch.checks import validate
from rlsearch.errors import SettingsError


def test_all_faults_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    names = ["agent key", "text for int", "space type", "share above 1", "device"]
    settings = yaml.safe_load(SMOKE)
    for name in names:
        for key, value in VALUES[name][0].items():
            change(settings, key, value)
    result = run(yaml.safe_dump(settings, sort_keys=False).encode(), tmp_path)
    order = ["share above 1", "device", "space type", "text for int", "agent key"]
    found = [result.stderr.find(f"  - {VALUES[name][1]}") for name in order]
    assert "The settings have 5 faults" in result.stderr
    assert -1 not in found
    assert found == sorted(found)


def test_a_long_list_of_faults_still_fits_on_a_screen(tmp_path: Path) -> None:
    settings = yaml.safe_load(SMOKE)
    for index in range(40):
        change(settings, f"{STUDY}.proxy.key-{index}", "x" * 500)
    result = run(yaml.safe_dump(settings, sort_keys=False, width=1000).encode(), tmp_path)
    assert "The settings have 40 faults" in result.stderr
    shown = result.stderr.count(f"{STUDY}.proxy.key-")
    assert result.stderr.count("unknown key") == 1
    assert result.stderr.count(": as above") == shown - 1
    assert f"... and {40 - shown} more" in result.stderr
    assert_explained(result, f"{STUDY}.proxy.key-0", "unknown key")


def test_what_is_said_above_is_what_stands_above(tmp_path: Path) -> None:
    settings = yaml.safe_load(SMOKE)
    for place, key in (("search", "seeds"), ("proxy", "epochs"), ("target", "epochs")):
        change(settings, f"{STUDY}.{place}.{key}", 0)
    change(settings, f"{STUDY}.reward.failure", 1.0)
    change(settings, f"{STUDY}.retrain.seeds", 0)
    result = run(yaml.safe_dump(settings, sort_keys=False).encode(), tmp_path)
    lines = [line for line in result.stderr.splitlines() if "=" in line]
    words = [line.split(" = ")[0].split(".", 1)[-1] + (": as above" if "as above" in line else "") for line in lines]
    assert sum(": as above" in word for word in words) == 1, result.stderr
    assert any(word.endswith("target.epochs: as above") for word in words), result.stderr


def test_a_key_that_is_not_text_is_one_fault(tmp_path: Path) -> None:
    result = run(TEXTS["key not text"][0], tmp_path)
    assert "The settings have one fault" in result.stderr


def test_a_misspelt_key_is_not_also_reported_as_missing(tmp_path: Path) -> None:
    settings = yaml.safe_load(SMOKE)
    task = settings["studies"]["init-scale"]["proxy"]
    task["epoch"] = task.pop("epochs")
    result = run(yaml.safe_dump(settings).encode(), tmp_path)
    assert "The settings have one fault" in result.stderr
    assert_explained(result, f"{STUDY}.proxy.epoch = 1", "did you mean 'epochs'")


JUNK: list[Any] = [
    None,
    True,
    -1,
    1.5,
    10**400,
    float("nan"),
    "",
    "x; y",
    "\x1b[31m",
    [[]],
    {},
    {"type": None},
    {1: 2},
    {1},
    b"x",
]


def test_junk_at_any_key_is_a_settings_error_of_one_screen() -> None:
    refused, valid = 0, yaml.safe_load(SMOKE)
    for path in keys(valid):
        for junk in JUNK:
            settings = copy.deepcopy(valid)
            change(settings, path, junk)
            message = refusal(settings)
            if message is not None:
                refused += 1
                assert len(message.splitlines()) < SCREEN
                assert not [word for word in (*JARGON, "\x1b") if word in message]
    assert refused > 400


def refusal(settings: Any) -> str | None:
    try:
        validate(settings)
    except SettingsError as error:
        return str(error)
    return None


def keys(settings: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted path of every key."""
    for key, value in settings.items():
        yield prefix + key
        if isinstance(value, dict):
            yield from keys(value, f"{prefix}{key}.")

"""Broken settings files: each ends `rlsearch validate` with one message of at most a screen that names the key."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from broken_settings import SMOKE, TEXTS, assert_explained, run
from broken_values import VALUES, change
from rlsearch.cli import app


@pytest.mark.parametrize("name", VALUES)
def test_a_broken_value_is_explained(name: str, tmp_path: Path) -> None:
    changes, path, says = VALUES[name]
    settings = yaml.safe_load(SMOKE)
    for key, value in changes.items():
        change(settings, key, value)
    text = yaml.safe_dump(settings, sort_keys=False)
    assert_explained(run(text.encode(), tmp_path), path, says)


@pytest.mark.parametrize("name", TEXTS)
def test_a_broken_file_is_explained(name: str, tmp_path: Path) -> None:
    content, path, says = TEXTS[name]
    assert_explained(run(content, tmp_path), path, says)


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["validate", "--params", str(tmp_path / "no.yaml")])
    assert_explained(result, "no.yaml", "cannot read the settings: No such file or directory")

"""rlsearch audit space: a space and a study of one name, what --built says, and what is said of names that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import broken_settings
from rlsearch.cli import app


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def audit(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", "space", *words])


def one_normal_cell() -> None:
    """Write settings of a study of cells whose networks are one normal cell."""
    text = broken_settings.SMOKE
    chosen = "blocks: 1, operations: [identity, conv-1x1, max-pool-3x3], combinations: [add]"
    space = f"space: {{type: nasnet-cells, {chosen}}}"
    text = text.replace("space: {type: init-scale, low: 0.3, high: 1.7, digits: 2}", space)
    options = "network: nasnet\n      network_options: {cells: 1, reductions: 0, filters: 2}"
    text = text.replace("network: simple-cnn", options).replace("network: vgg-like", options)
    text = text.split("  layered-cnn:")[0].replace("baselines: [he]", "baselines: []")
    text = text.replace("reinforce: {type: reinforce, baseline: ema, ema_decay: 0.9, observation: none, lr: 0.001}", "")
    Path("params.yaml").write_text(text + "\ntransfers: {}\n", encoding="utf-8")


def test_a_space_without_any_settings() -> None:
    result = audit("edge-cell", "--built", "2")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("space edge-cell, its own settings\n  15,625 sequences of decisions, 5,425 differ")
    assert "edge 1 to 2         5   100.0 %        0.0 %            36.0 %" in result.stdout
    assert "built: edge-cell on images of 1x8x8, 10 classes" in result.stdout
    assert "keys say what is built" in result.stdout


def test_a_study_whose_keys_say_more_than_is_built() -> None:
    one_normal_cell()
    result = audit("init-scale", "--built", "4")
    assert result.exit_code == 1, result.output
    assert "study init-scale of params.yaml: NASNetCells" in result.stdout
    assert "different keys, equal networks" in result.stdout and "reduction block 1 left input (" in result.stdout
    assert "keys say something else than what is built" in result.stdout
    own = audit("init-scale", "--defaults", "--built", "3")
    assert own.exit_code == 0 and "141 sequences of decisions, each another scale" in own.stdout
    assert "built: nothing, scales name no network" in own.stdout


def test_a_name_that_is_neither() -> None:
    result = audit("edge-cel")
    assert result.exit_code == 2 and "did you mean 'edge-cell'?" in result.stderr

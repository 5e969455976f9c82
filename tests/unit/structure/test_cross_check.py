"""The comparison of two implementations of PPO: its statistics by hand, and a small run on a made-up table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings

ROOT = Path(__file__).resolve().parents[3]
SPACE = {"type": "layered-cnn", "layers": 2, "kernels": [1, 3], "filters": [4, 8], "strides": [1]}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "workflow/scripts")
    sys.modules.pop("run_cross_check", None)
    import run_cross_check

    return run_cross_check


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of 16 networks whose accuracy follows the planted reward, with the noise of three seeds."""
    folder = tmp_path / "results/reference/made-up"
    folder.mkdir(parents=True)
    recipe = {
        "name": "made-up",
        "dataset": {"source": "digits", "test": 0.2, "validation": 0.25},
        "space": SPACE,
        "proxy": {"network": "layered-cnn", "epochs": 2},
        "epochs": [1, 2],
        "seeds": 3,
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    space = LayeredCNN(LayeredSettings(layers=2, filters=(4, 8), strides=(1,)))
    planted = np.array([space.planted(actions) for actions in space.enumerate()])
    noise = 0.01 * np.random.default_rng(0).standard_normal((16, 3, 2))
    accuracy = 0.7 + 0.3 * planted[:, None, None] + noise
    ones = np.ones(16, np.int64)
    np.savez(
        folder / "validation.npz", accuracy=accuracy, cross_entropy=1 - accuracy, epochs=[1, 2], parameters=ones,
        flops=ones,
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)


def test_the_two_tests_by_hand(script: ModuleType) -> None:
    """Differences 0.01, 0.02, 0.03: mean 0.02, standard error 0.01 / sqrt 3, t(0.95; 2) = 2.9200."""
    found = script.tested(np.array([0.51, 0.52, 0.53]), np.full(3, 0.5))
    assert found["difference"] == pytest.approx(0.02)
    assert found["interval_90"]["low"] == pytest.approx(0.02 - 2.91999 * 0.01 / 3**0.5, abs=1e-6)
    assert found["p"] == pytest.approx(0.5)  # the mean lies on the margin
    assert found["verdict"] == "undecided"


@pytest.mark.parametrize(("gap", "verdict"), [(0.0, "equivalent"), (0.05, "different"), (-0.05, "different")])
def test_verdicts(script: ModuleType, gap: float, verdict: str) -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.8 + gap, 0.01, 50), rng.normal(0.8, 0.01, 50)
    found = script.tested(first, second)
    assert found["verdict"] == verdict
    assert (found["p"] < 0.05) == (verdict == "equivalent")


def test_values_that_do_not_vary_decide_nothing(script: ModuleType) -> None:
    assert script.tested(np.full(5, 0.8), np.full(5, 0.8))["verdict"] == "undecided"


def test_curves_are_compared_update_by_update(script: ModuleType) -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(0.8, 0.01, (20, 35)), rng.normal(0.8, 0.01, (20, 35))
    second[:, :8] += 0.1
    found = script.compared(first, second)
    assert found["verdict"] == "equivalent"
    assert found["curves"]["largest_difference"] == pytest.approx(0.1, abs=0.01)
    assert found["curves"]["share_of_updates_within"] == 0.75


def test_both_implementations_run_on_a_table(
    script: ModuleType, table: None, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.set_num_threads(1)
    script.main(["--table", "made-up", "--seeds", "3", "--trials", "96", "--out", "out"])
    result: dict[str, Any] = json.loads(Path("out/cross-check.json").read_text(encoding="utf-8"))
    assert list(result["arms"]) == ["lstm-ppo", "maskable-ppo"]
    assert result["chance"] == pytest.approx(0.7, abs=0.005)
    for found in result["arms"].values():
        assert 0.7 < found["last_quarter"] < 0.9
    assert result["verdict"] in ("equivalent", "different", "undecided")
    assert result["verdict"] in capsys.readouterr().out
    lines = Path("out/curves.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 2 * 96
    assert Path("out/curves.png").read_bytes().startswith(b"\x89PNG")

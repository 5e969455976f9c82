"""Spaces of cells that cannot be: one message each, with the key and the remedy."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from rlsearch import checks
from rlsearch.errors import SettingsError
from shipped import ROOT


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (
            {"operations": ["identity", "conv-5x5"]},
            "= ['identity', 'conv-5x5'] unknown operation 'conv-5x5'; there are",
        ),
        ({"operations": ["identity"] * 2}, "holds a value twice: 'identity'; keep one"),
        ({"combinations": ["sum"]}, "unknown combination 'sum'; there are add, concat"),
        ({"blocks": 0}, "space.blocks = 0 must be a whole number, at least 1 and at most 10"),
        ({"inputs": "running"}, "give `canonical: false` beside it"),
        (
            {"inputs": "running", "canonical": False},
            "space.inputs = 'running' names states that a reduction cell does not have, so that no network can be "
            "built: give per-cell, or let a surrogate answer (evaluator) and retrain nothing (target: null)",
        ),
    ],
)
def test_cells_that_cannot_be(space: dict[str, Any], message: str) -> None:
    raw = yaml.safe_load((ROOT / "presets/smoke.yaml").read_text(encoding="utf-8"))
    study = raw["studies"]["init-scale"]
    study |= {"space": {"type": "nasnet-cells", **space}, "agents": {"random": {"type": "random"}}}
    raw["studies"] = {"cells": {**study, "claims": [], "baselines": []}}
    for section in ("proxy", "target"):
        study[section]["network"] = "nasnet"
    with pytest.raises(SettingsError) as caught:
        checks.validate(raw)
    text = " ".join(str(caught.value).split())
    assert "one fault" in text and message in text, text

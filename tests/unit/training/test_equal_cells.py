"""Sequences of decisions that mean one network of cells train to the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from children import task
from rlsearch.spaces.nasnet_cells import SETTINGS, SPACE
from rlsearch.training.evaluate import evaluate

SPACE_OF_TWO = SPACE(SETTINGS(operations=["identity", "max-pool-3x3", "conv-1x1", "separable-conv-3x3"]))
CELL = [(0, 1, 3, 0, 0), (1, 1, 1, 3, 1)]
"""0.sep3+1.id, 1.max3|1.sep3"""
TWINS = {
    "operands of an addition": [(1, 0, 0, 3, 0), (1, 1, 1, 3, 1)],
    "operands of a concatenation": [(0, 1, 3, 0, 0), (1, 1, 3, 1, 1)],
    "blocks": [(1, 1, 1, 3, 1), (0, 1, 3, 0, 0)],
    "strided identity": [(0, 1, 3, 2, 0), (1, 1, 1, 3, 1)],
}


@pytest.mark.parametrize("change", TWINS)
def test_a_twin_trains_to_the_same_bytes(change: str, tmp_path: Path) -> None:
    one = task(tmp_path, network="nasnet", network_options={"filters": 2}, epochs=1)
    twin = TWINS[change]
    # A normal cell is strided nowhere, so there an identity is no convolution.
    pairs = [CELL, CELL], [CELL if change == "strided identity" else twin, twin]
    outcomes = []
    for cells in pairs:
        spec = SPACE_OF_TWO.decode(tuple(number for cell in cells for block in cell for number in block))
        outcomes.append(json.dumps(evaluate(spec, one, 3).to_json()))
    assert outcomes[0] == outcomes[1] and json.loads(outcomes[0])["status"] == "ok"

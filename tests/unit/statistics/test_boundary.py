"""Comparisons at a boundary: what lies exactly on it is inside, however the digits fall."""

from __future__ import annotations

import doctest
import math
from pathlib import Path

import numpy as np
import pytest

import made_up_table
from rlsearch import boundary
from rlsearch.checks import claims
from rlsearch.checks.load import read
from rlsearch.config.models import RetrainSettings
from rlsearch.controls import made_up
from rlsearch.data import registry
from rlsearch.data.images.cuts import cuts
from rlsearch.data.images.parts import Part, Raw
from rlsearch.data.images.split import split
from rlsearch.evidence import convergence, regret, worth
from rlsearch.statistics.holm import holm
from rlsearch.truth.table import TruthTable

PRESETS = Path(__file__).parents[3] / "presets"
HUNDREDTHS = [round(0.3 + step / 100, 2) for step in range(141)]


def test_the_examples_of_the_module() -> None:
    found = doctest.testmod(boundary, extraglobs={"math": math})
    assert found.attempted >= 3
    assert found.failed == 0


@pytest.mark.parametrize("optimum", [0.5, 1.0, 1.19, 1.25, 1.33])
def test_answers_exactly_at_the_edge_are_hits(optimum: float) -> None:
    within = made_up.WITHIN_SHARE * (1.7 - 0.3)
    inside = [scale for scale in HUNDREDTHS if abs(round(100 * scale) - round(100 * optimum)) <= 10]
    assert len(inside) == 21
    assert [one for one in HUNDREDTHS if made_up._hits([one], optimum, within)] == inside


@pytest.mark.parametrize(("share", "images", "held"), [(0.28, 25, 7), (0.14, 50, 7), (0.56, 50, 28), (0.58, 50, 29)])
def test_a_share_of_whole_images_is_cut_as_it_is_written(share: float, images: int, held: int) -> None:
    settings = registry.settings(source="npz", path="mine.npz", test=share, validation=0.5)
    labels = np.repeat([0, 1], [images // 2, images - images // 2])
    parts = split(Raw(Part(np.arange(images, dtype=np.uint8).reshape(-1, 1, 1, 1), labels), None, 2), settings)
    assert len(parts["test"].labels) == held
    assert cuts(settings, images, 0)[2] == held


def test_a_checkpoint_that_costs_exactly_a_share_of_the_budget_counts_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up_table.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    truth = worth.Truth(TruthTable.load(made_up_table.NAME, "test"))
    shares = regret.SHARES
    budget = 20 * 12_345_678_901
    for index, share in enumerate(shares):
        paid = (index + 1) * 12_345_678_901
        block = {
            "checkpoints": [1, 2],
            "incumbents": [[0, 8]],
            "columns": [[0, 1]],
            "incumbent_flops": [[1, paid]],
            "budget_flops": budget,
        }
        curve = regret.by_budget(block, truth, np.array([share]))
        assert curve.mean == pytest.approx([truth.leave_one_out()[8, 1]]), share


def test_an_accuracy_exactly_half_a_point_below_the_best_has_converged() -> None:
    for best in range(50, 101):
        accuracy = (best / 100 - convergence.NEAR, best / 100)
        assert convergence.converged((1, 2), accuracy) == 1, best


def test_a_p_that_equals_its_level_is_rejected() -> None:
    """0.3 / 3 is 0.09999999999999999, and 3 values against 3 reach p = 0.1."""
    assert holm([0.1, 0.5, 0.9], alpha=0.3)[1] == pytest.approx(0.15)
    params = read(PRESETS / "laptop.yaml")
    study = params.studies["init-scale"]
    changes = {
        "alpha": 0.3,
        "search": study.search.model_copy(update={"seeds": 3}),
        "retrain": RetrainSettings(seeds=3),
    }
    changed = study.model_copy(update={**changes, "claims": study.claims[:3]})
    assert not list(claims.power(params.model_copy(update={"studies": {"init-scale": changed}})))

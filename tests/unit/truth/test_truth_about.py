"""The numbers of a data sheet, on tables whose numbers are known."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import small_table
from rlsearch import truth
from rlsearch.truth import about
from rlsearch.truth.table import TruthTable


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("about")
    small_table.write(folder)
    return folder


@pytest.fixture
def table(root: Path) -> TruthTable:
    return truth.load(small_table.NAME, "test", root)


def changed(table: TruthTable, accuracy: np.ndarray) -> TruthTable:
    """Return the table with these accuracies (networks, seeds) after its last epoch, and their opposite as loss."""
    whole = np.repeat(accuracy[:, :, None], 2, axis=2)
    return dataclasses.replace(table, values={"accuracy": whole, "loss": 1 - whole})


def test_options_of_a_group_are_counted(table: TruthTable) -> None:
    by_group = about.group_counts(table)
    assert list(by_group) == ["1x1", "3x3"] and (by_group["1x1"] + by_group["3x3"] == 2).all()
    counts = by_group["3x3"]
    assert (counts[0], counts[table.row_of((1, 0, 0, 2))], counts[35]) == (0, 1, 2)
    assert np.bincount(counts).tolist() == [9, 18, 9]


def test_without_noise_all_seeds_agree(table: TruthTable) -> None:
    counts = about.group_counts(table)["3x3"]
    steps = np.arange(36) % 9 / 1000
    found = about.about(changed(table, np.repeat((0.5 + 0.1 * counts + steps)[:, None], 8, axis=1)))
    assert found["networks"] == 36
    assert found["accuracy, best mean"] == pytest.approx(0.708)
    assert found["cross-entropy, best mean"] == pytest.approx(0.292)
    assert (found["accuracy, worst mean"], found["cross-entropy, worst mean"]) == pytest.approx((0.5, 0.5))
    assert found["accuracy, sd between seeds"] == pytest.approx(0, abs=1e-12)
    for name in ("accuracy", "cross-entropy"):
        assert found[f"{name}, tau between seeds"] == pytest.approx(1)
        assert found[f"{name}, tau between seeds, top quarter"] == pytest.approx(1)
    # Between the groups: 0.01 x 18 outer networks; within: 36 of variance (9^2 - 1) / 12 in thousandths.
    between, within = 18 * 0.01, 36 * (80 / 12) * 1e-6
    share = found["accuracy, share of variance between numbers of 3x3 layers"]
    assert share == pytest.approx(between / (between + within), rel=1e-3)
    assert found["accuracy and number of 3x3 layers, correlation"] == pytest.approx(np.sqrt(share), rel=1e-3)


def test_one_seed_that_ranks_backwards(table: TruthTable) -> None:
    ranks = np.arange(36) / 100
    values = np.column_stack([ranks] * 7 + [-ranks])
    found = about.about(changed(table, values))
    # Of 28 pairs of seeds 21 agree and 7 disagree entirely.
    assert found["accuracy, tau between seeds"] == pytest.approx((21 - 7) / 28)
    assert found["accuracy, tau between seeds, top quarter"] == pytest.approx((21 - 7) / 28)


def test_the_noise_is_the_root_mean_square_of_the_networks_sd(table: TruthTable) -> None:
    values = np.full((36, 8), 0.5)
    values[:18] += 0.1 * np.array([-1, 1] * 4)  # sd 0.1 x sqrt(8 / 7) in half of the networks, none in the others
    values += np.arange(36)[:, None] / 1000
    found = about.about(changed(table, values))
    assert found["accuracy, sd between seeds"] == pytest.approx(0.1 * np.sqrt(8 / 7 / 2))


def test_networks_that_diverged_are_left_out(table: TruthTable) -> None:
    values = np.repeat(np.arange(36)[:, None] / 100, 8, axis=1)
    values[35, 2] = np.nan
    found = about.about(changed(table, values))
    assert (found["networks"], found["accuracy, best mean"]) == (35, pytest.approx(0.34))
    with pytest.raises(ValueError, match="fewer than two"):
        about.about(changed(table, np.full((36, 8), np.nan)))


def test_the_command_prints_both_parts(root: Path) -> None:
    command = [sys.executable, "-m", "rlsearch.truth.about", small_table.NAME, "--root", str(root)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = {part: about.about(truth.load(small_table.NAME, part, root)) for part in ("validation", "test")}
    assert lines == about.markdown(found).splitlines()
    assert lines[0] == "| after the last epoch | validation | test |"
    assert len(lines) == 2 + len(found["test"])
    wrong = subprocess.run([*command[:3], "made-off"], capture_output=True, text=True, cwd=root)
    assert wrong.returncode == 1
    assert "there is no truth table 'made-off'" in wrong.stderr and "Traceback" not in wrong.stderr

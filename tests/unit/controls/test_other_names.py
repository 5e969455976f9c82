"""What repeated searches propose under other names, in a space that keeps sequences of one network apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlsearch.agents.random import Settings as Random
from rlsearch.config.control_models import RepetitionSettings
from rlsearch.config.models import RewardSettings, SearchSettings
from rlsearch.controls import other_names, repetitions
from rlsearch.controls.meetings import SeedOrder, Trace
from rlsearch.controls.traces import answer
from rlsearch.measures import ACCURACY
from rlsearch.search.answers.oracle import Oracle
from rlsearch.spaces._rows import Rows
from rlsearch.spaces.nasnet_cells import CellSettings, NASNetCells

TINY = CellSettings(blocks=1, operations=("identity", "max-pool-3x3"), combinations=("add",), cells="shared")


def test_known_under_the_same_name_and_under_another() -> None:
    flops = np.cumsum([10, 10, 10, 30, 40])
    nothing = np.zeros(5)
    trace = Trace(
        np.array([1, 2, 1, 1, 2]), np.zeros(5, np.int64), nothing, nothing, flops, names=np.array([5, 6, 5, 7, 8])
    )
    assert other_names.block([trace]) == {"other_names": {"repeated": [0.2], "renamed": [0.4], "cost": [0.7]}}
    assert other_names.block([replace(trace, names=None)]) == {}


@pytest.mark.parametrize("batch", [1, 4])
def test_random_search_meets_as_many_twins_as_the_space_holds(batch: int) -> None:
    """Of 16 sequences of one block 10 are networks: those with two different halves have two names."""
    apart, merged = NASNetCells(TINY.model_copy(update={"canonical": False})), NASNetCells(TINY)
    rows = Rows(merged)
    networks = merged.different
    levels = np.random.default_rng(0).random((networks, 10))
    oracle = Oracle(apart, rows, ACCURACY, levels, np.full(networks, 7), renames=True)
    met = SeedOrder(oracle, RewardSettings(), "tiny", 20)
    search = SearchSettings(seeds=1, budget=41, finalists=1, replicates=1, score_replicates=1)
    limit = repetitions.budget(oracle, RepetitionSettings(runs=20, trials=41), search)
    traces = repetitions.searches(Random(type="random", batch=batch), met, limit, 41)
    said = other_names.block(traces)["other_names"]
    for trace, repeated, renamed, cost in zip(traces, *said.values(), strict=True):
        assert repeated == pytest.approx(1 - len(np.unique(trace.names)) / 40)
        assert renamed == cost == pytest.approx((len(np.unique(trace.names)) - len(np.unique(trace.rows))) / 40)
    assert 0.08 < np.mean(said["renamed"]) < 0.2


def test_a_search_cannot_know_that_two_of_its_finalists_are_one_network() -> None:
    """As a real search, which tells candidates apart by their keys, it trains both again."""
    merged = NASNetCells(TINY)
    twins = [(0, 1, 0, 1, 0), (1, 0, 1, 0, 0)]
    rows = Rows(merged)(twins)
    assert rows[0] == rows[1]
    levels = np.zeros((merged.different or 0, 10))
    levels[rows[0]] = 0.9
    oracle = Oracle(NASNetCells(TINY), Rows(merged), ACCURACY, levels, np.full(len(levels), 7), renames=True)
    met = SeedOrder(oracle, RewardSettings(), "tiny", 1)
    other = (int(rows[0]) + 1) % len(levels)
    met_rows = np.array([rows[0], rows[1], other])
    search = SearchSettings(seeds=1, budget=40, finalists=2, replicates=3, score_replicates=1)
    trace = met.trace(met_rows, met.columns(0, met_rows, 0), names=np.array([1, 2, 3]))
    assert answer(trace, 0, met, search).row == rows[0]
    apart = met.trace(met_rows[:2], met.columns(0, met_rows[:2], 0), names=np.array([1, 2]))
    merged_trace = met.trace(met_rows[:2], met.columns(0, met_rows[:2], 0))
    assert answer(apart, 0, met, search).flops == 2 * answer(merged_trace, 0, met, search).flops

"""The report on repeated searches as they went on: bands, both ends, and what the source says beside them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from scipy import stats

from rlsearch.agents import lstm_reinforce
from rlsearch.measures import ACCURACY
from rlsearch.report import drawing, stretches
from rlsearch.report.figures import FigureModule, low_shares
from rlsearch.report.plotting import style
from rlsearch.report.study import StudyData
from rlsearch.report.tables import progress
from rlsearch.statistics.intervals import t_interval

ENDS = [10, 20, 30, 40, 50, 60, 70, 80, 90]
RUNS = 5


def values(first: float, last: float, seed: int) -> list[list[float | None]]:
    """Return stretches that lead from one value to another by searches that differ; one of them ends early."""
    noise = 0.05 * np.random.default_rng(seed).standard_normal((RUNS, len(ENDS)))
    table: list[list[float | None]] = (np.linspace(first, last, len(ENDS)) + noise).tolist()
    table[-1][6:] = [None] * 3
    return table


def block(first: float, last: float) -> dict[str, Any]:
    low = [[None if v is None else min(1.0, max(0.0, 1 - v)) for v in row] for row in values(first, last, 1)]
    found = {"ends": ENDS, "rewards": values(first, last, 0), "below": {"0.7": low}}
    return {"repetitions": {"runs": RUNS, "trials": 84, "stretches": found}}


@pytest.fixture
def study() -> StudyData:
    agent = lstm_reinforce.SETTINGS(type="lstm-reinforce")
    made = SimpleNamespace(
        arms=["ppo", "random", "ppo-never-updated"],
        controls={"ppo": block(0.6, 0.9), "ppo-never-updated": block(0.6, 0.6), "random": {"repetitions": None}},
        settings=SimpleNamespace(search=SimpleNamespace(finalists=2, replicates=2), agents={"ppo": agent}),
        measure=ACCURACY,
        place=lambda _: 0,
        published=SimpleNamespace(progress="The reward rises, and few proposals are low."),
    )
    return cast(StudyData, made)


def test_bands_are_t_intervals_over_the_searches_that_go_on(study: StudyData) -> None:
    band = stretches.band(study, "ppo", "0.7")
    assert band is not None and band.x.tolist() == ENDS
    shares = np.array(block(0.6, 0.9)["repetitions"]["stretches"]["below"]["0.7"], float)
    for place, column in enumerate(shares.T):
        there = column[np.isfinite(column)]
        low, high = stats.t.interval(0.95, len(there) - 1, there.mean(), stats.sem(there))
        expected = (there.mean(), max(0.0, low), min(1.0, high))
        assert (band.mean[place], band.low[place], band.high[place]) == pytest.approx(expected)
    assert stretches.band(study, "random", "0.7") is None and stretches.levels(study) == ["0.7"]


def test_a_line_ends_where_fewer_than_half_of_the_searches_go_on(study: StudyData) -> None:
    rows = study.controls["ppo"]["repetitions"]["stretches"]["rewards"]
    for row in rows[2:]:
        row[4:] = [None] * 5
    band = stretches.band(study, "ppo", stretches.REWARDS)
    assert band is not None and band.x.tolist() == ENDS[:4]


def test_both_ends_are_of_searches_that_have_all_trials_of_the_settings(study: StudyData) -> None:
    """80 trials, an eighth is one stretch: the ninth is beyond what the settings mean."""
    rewards = np.array(block(0.6, 0.9)["repetitions"]["stretches"]["rewards"], float)[:4]
    ends = stretches.ends(study, "ppo", stretches.REWARDS)
    assert ends.first == pytest.approx(rewards[:, 0]) and ends.last == pytest.approx(rewards[:, 7])


def test_the_table_has_the_change_of_each_search_and_the_words_of_the_source(study: StudyData) -> None:
    table = progress.table(study)
    assert [row["agent"] for row in table.rows] == ["ppo", "ppo-never-updated"]
    row, ends = table.rows[0], stretches.ends(study, "ppo", stretches.REWARDS)
    interval = t_interval((ends.last - ends.first).tolist())
    assert interval is not None
    assert (row["reward_change_low"], row["reward_change_high"]) == (interval.low, interval.high)
    assert row["runs"] == 4 and row["low_change"] < -0.1 < row["reward_change"]
    assert table.note.endswith("The source says of its own search: The reward rises, and few proposals are low.")


@pytest.mark.parametrize("layout", [style.WIDE, style.NARROW])
def test_shares_are_drawn_beside_those_of_the_twin(layout: style.Layout, study: StudyData) -> None:
    assert low_shares.applies(study)
    figure = drawing.lay_out(cast(FigureModule, low_shares), study, layout)
    (axes,) = figure.axes
    assert len(axes.get_lines()) == 2 and axes.get_title(loc="left") == "ppo"
    assert low_shares.alt(study).startswith("Share below 0.7 from the first to the last eighth of the trials: ppo ")


def test_without_levels_there_is_neither(study: StudyData) -> None:
    bare = cast(StudyData, SimpleNamespace(**{**vars(study), "controls": {}}))
    assert not low_shares.applies(bare) and not progress.table(bare).rows

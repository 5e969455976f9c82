"""What became of trials: the shares that diverged, and that have the traits of which the space tells."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from rlsearch.report import traits
from rlsearch.report.study import StudyData
from rlsearch.report.table import Row, Table
from rlsearch.report.tables import outcomes
from rlsearch.spaces.base import Space, Spec
from rlsearch.spaces.recurrent_cell import RecurrentCell, RecurrentSettings
from rlsearch.tree_notation import read

ALIVE, DEAD = (
    "0:add tanh, 1:mult relu | 2:mult sigmoid; c 1 -> 0 (add relu)",
    "0:mult tanh, 1:mult relu | 2:mult relu; c 1 -> 0 (mult relu)",
)
MEMORY = "can remember through c"


def trial(label: str, status: str = "ok") -> Mapping[str, Any]:
    cell = read(label).plain()
    return {"key": label, "spec": {"network": {"cell": cell}}, "status": status}


LEDGERS = {
    ("learner", 0): [trial(ALIVE), trial(ALIVE, "diverged"), trial(DEAD), trial(ALIVE)],
    ("learner", 1): [trial(ALIVE), trial(DEAD), trial(DEAD), trial(DEAD)],
    ("random", 0): [trial(ALIVE), trial(DEAD, "failed")],
}


def made(ledgers: Mapping[tuple[str, int], Any], space: Any, audit: Any = None) -> Table:
    trials = [
        {"agent": agent, "seed": seed, "status": row["status"]}
        for (agent, seed), rows in ledgers.items()
        for row in rows
    ]
    told = {
        "traits": traits.of(space, ledgers),
        "trials": pd.DataFrame(trials, columns=["agent", "seed", "status"]),
        "arms": ["learner", "random", "late"],
        "audit": audit,
    }
    return outcomes.table(cast(StudyData, SimpleNamespace(**told)))


class Silent(RecurrentCell):
    """A space that tells of no traits."""

    traits = Space.traits


@pytest.fixture
def space() -> RecurrentCell:
    return RecurrentCell(RecurrentSettings(base=2))


def test_the_made_up_cells_are_what_the_test_says_of_them(space: RecurrentCell) -> None:
    dead = "are dead from a zero state without a bias"
    assert [space.traits(trial(label)["spec"])[dead] for label in (ALIVE, DEAD)] == [False, True]


def test_shares_are_means_over_searches_and_not_over_all_trials(space: RecurrentCell) -> None:
    ledgers = {**LEDGERS, ("learner", 1): [trial(ALIVE), trial(ALIVE)]}
    rows = {row["agent"]: row for row in made(ledgers, space).rows}
    assert (rows["learner"]["searches"], rows["learner"]["trials"]) == (2, 6)
    # 1 of 4 and 0 of 2: the mean over six trials would be a sixth.
    assert rows["learner"]["diverged"] == pytest.approx(1 / 8)
    dead = "share_are_dead_from_a_zero_state_without_a_bias"
    assert rows["learner"][dead] == pytest.approx((1 / 4 + 0) / 2) and rows["random"][dead] == pytest.approx(1 / 2)


def test_an_interval_stays_between_nothing_and_all_and_one_search_has_none(space: RecurrentCell) -> None:
    rows = {row["agent"]: row for row in made(LEDGERS, space).rows}
    assert (rows["learner"]["diverged_low"], rows["learner"]["diverged_high"]) == (0.0, 1.0)
    assert rows["random"]["diverged_low"] is None and rows["random"]["not_built"] == 0.5


def test_what_could_not_be_built_is_shown_where_there_is_some(space: RecurrentCell) -> None:
    only = {job: rows for job, rows in LEDGERS.items() if job[0] == "learner"}
    assert "not_built" in {column.key for column in made(LEDGERS, space).columns}
    assert "not_built" not in {column.key for column in made(only, space).columns}


def test_an_audit_says_what_drawing_at_random_gives(space: RecurrentCell) -> None:
    audit = {"traits": [{"name": MEMORY, "share": 0.2, "low": 0.1, "high": 0.3}]}
    table = made(LEDGERS, space, audit)
    assert table.rows[-1] == {
        "agent": outcomes.DRAWN,
        "share_can_remember_through_c": 0.2,
        "share_can_remember_through_c_low": 0.1,
        "share_can_remember_through_c_high": 0.3,
    }
    shown = {column.key: column.cell(table.rows[-1]) for column in table.columns}
    assert (shown["share_can_remember_through_c"], shown["diverged"]) == ("20.0 %", "–")
    assert "by decisions drawn uniformly" in table.note
    assert made(LEDGERS, space).rows[-1]["agent"] == "random"


def test_a_space_without_traits_has_the_table_where_something_went_wrong() -> None:
    silent = Silent(RecurrentSettings(base=2))
    assert {column.key for column in made(LEDGERS, silent).columns if "share" in column.key} == set()
    assert len(made(LEDGERS, silent).rows) == 2
    fine: Mapping[tuple[str, int], list[Row]] = {("learner", 0): [trial(ALIVE)]}
    assert made(fine, silent).rows == () and made({}, silent).rows == ()


def test_traits_are_asked_once_a_candidate_and_none_may_be_told() -> None:
    asked: list[Spec] = []

    class Some(RecurrentCell):
        def traits(self, spec: Spec) -> Mapping[str, bool]:
            asked.append(spec)
            return {"grows": True} if spec["network"]["cell"] != "gru" else {}

    named = {"key": "g", "spec": {"network": {"cell": "gru"}}, "status": "ok"}
    found = traits.of(
        Some(RecurrentSettings(base=2)), {("a", 0): [named, trial(ALIVE), trial(ALIVE)], ("b", 0): [named]}
    )
    assert len(asked) == 2 and found.names == ["grows"]
    assert found.shares == {"a": [{"grows": 1.0}]}

"""Agents, spaces and functions of a user's own: what they return is made plain, or refused with the rule it breaks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import rlsearch
from own_agent import Scripted, Small, run
from rlsearch.agents.base import Proposal
from rlsearch.errors import ActionError, RlsearchError, SettingsError
from rlsearch.spaces.base import MOST_DECISIONS, Actions, Choice, Continuous, Decision

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize(
    ("actions", "rule"),
    [
        ((2, 0.5), r"action 2 is not allowed for decision 'width'.*\n.*trial 0\n.*index of an option: 0, 1\n?"),
        ((3, 0.5), "action 3 is not allowed for decision 'width'"),
        ((-1, 0.5), "action -1 is not allowed for decision 'width'"),
        ((0.0, 0.5), "action 0.0 is not allowed for decision 'width'"),
        (("0", 0.5), "action '0' is not allowed"),
        ((0, 0.95), r"action 0.95 is not allowed for decision 'rate'[\s\S]*a number from 0.1 to 0.9"),
        ((0, math.nan), "action nan is not allowed for decision 'rate'"),
        ((0, None), "action None is not allowed"),
        ((0, True), "action True is not allowed"),
        ((0,), "the action of decision 'rate' is missing"),
        ((), "the action of decision 'width' is missing"),
        ((0, 0.5, 1), "complete after 2 of its 3 actions"),
        ("00", "its actions are '00'"),
        (None, "its actions are None"),
    ],
)
def test_a_proposal_that_is_no_candidate_is_refused(actions: Any, rule: str) -> None:
    with pytest.raises(ActionError, match=rule) as caught:
        run(Scripted(actions))
    assert "agent 'Scripted', trial 0" in str(caught.value)


def test_the_trial_is_named() -> None:
    with pytest.raises(ActionError, match="agent 'Scripted', trial 2"):
        run(Scripted((0, 0.5), (1, 0.5), (2, 0.5)))


@pytest.mark.parametrize(
    ("proposal", "rule"),
    [
        (Proposal((0, 0.5), replicate=-1), "replicate = -1"),
        (Proposal((0, 0.5), replicate=1.0), r"replicate = 1\.0"),  # type: ignore[arg-type]
        (Proposal((0, 0.5), info={"mean": math.nan}), "info holds mean = nan"),
        (Proposal((0, 0.5), info={"mean": "high"}), "info holds mean = 'high'"),  # type: ignore[dict-item]
        (Proposal((0, 0.5), info=None), "info is None"),  # type: ignore[arg-type]
    ],
)
def test_a_proposal_with_unusable_extras_is_refused(proposal: Proposal, rule: str) -> None:
    with pytest.raises(RlsearchError, match=rule):
        run(Scripted(proposal))


@pytest.mark.parametrize("told", [[], 3.0, {"loss": math.inf}, {"loss": None}, {"loss": np.array([1.0, 2.0])}])
def test_diagnostics_are_finite_numbers(told: Any) -> None:
    with pytest.raises(RlsearchError, match=r"what tell\(\) returned"):
        run(Scripted((0, 0.5), told=told))


def test_an_agent_proposes_no_more_than_it_is_asked_for() -> None:
    class Eager(Scripted):
        def ask(self, count: int) -> list[Proposal]:
            return super().ask(count + 1)

    with pytest.raises(RlsearchError, match=r"ask\(1\) returned 2 proposals"):
        run(Eager((0, 0.5), (1, 0.5)))

    class Bare(Scripted):
        def ask(self, count: int) -> list[Proposal]:
            return [(0, 0.5)]  # type: ignore[list-item]

    with pytest.raises(RlsearchError, match=r"ask\(1\) returned \[\(0, 0.5\)\]"):
        run(Bare())


def test_next_returns_a_decision() -> None:
    class Odd(Small):
        def next(self, prefix: Actions) -> Decision | None:
            return (8, 16) if not prefix else None  # type: ignore[return-value]

    with pytest.raises(SettingsError, match=r"Odd.next\(\[\]\) returned \(8, 16\)"):
        run(Scripted((0,)), space=Odd())


@pytest.mark.parametrize(
    ("options", "mask"), [((1, 2), (True,)), ((1, 2), (False, False)), ((), ()), ((1,), (True, True))]
)
def test_a_choice_allows_something(options: tuple[int, ...], mask: tuple[bool, ...]) -> None:
    with pytest.raises(SettingsError, match="decision 'x' has"):
        Choice("x", options, mask)


@pytest.mark.parametrize("ends", [(1.0, 1.0), (2.0, 1.0), (math.nan, 1.0), (0.0, math.inf), (None, 1.0), ("0", "1")])
def test_a_range_holds_two_values(ends: Any) -> None:
    with pytest.raises(SettingsError, match="the range of 'x'"):
        Continuous("x", *ends, 2)


class Endless(Small):
    """Never returns None."""

    def next(self, prefix: Actions) -> Decision | None:
        return Choice("more", (0, 1), (True, True))


@pytest.mark.parametrize("agent", ["random", "tpe", "regularized-evolution", "lstm-reinforce", "a2c"])
def test_a_space_that_never_ends_is_refused(agent: str) -> None:
    with pytest.raises(SettingsError, match=f"not complete after {MOST_DECISIONS:,} decisions"):
        rlsearch.search(Endless(), agent, lambda spec: 0.0, trials=1)


def test_nothing_follows_a_space_that_never_ends() -> None:
    with pytest.raises(SettingsError, match="let next"):
        next(iter(Endless().enumerate()))
    with pytest.raises(SettingsError, match="let next"):
        run(Scripted((0,) * (MOST_DECISIONS + 1)), space=Endless())

"""Errors as they pass from one process to another."""

from __future__ import annotations

import pickle

import pytest

from rlsearch.errors import ActionError, KeywordError, PolicyError, RlsearchError, StorageError, locating


@pytest.mark.parametrize("kind", [RlsearchError, KeywordError, ActionError, StorageError])
def test_an_error_crosses_a_process_pool_with_its_parts(kind: type[RlsearchError]) -> None:
    error = kind("torn", where="trials.jsonl", allowed="whole lines", remedy="run again")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (again.what, again.where, again.allowed, again.remedy) == (
        "torn",
        "trials.jsonl",
        "whole lines",
        "run again",
    )
    assert str(again) == str(error) == "torn\n  where: trials.jsonl\n  allowed: whole lines\n  do: run again"


def test_a_place_that_was_added_on_the_way_crosses_too() -> None:
    with pytest.raises(PolicyError) as caught, locating("agent reinforce"):
        raise PolicyError("not finite", where="trial 3")
    again = pickle.loads(pickle.dumps(caught.value))
    again.locate("study tiny")
    assert str(again) == "not finite\n  where: study tiny, agent reinforce, trial 3"

"""No transfer is tested on samples with which its study has searched or trained."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import tiny
from rlsearch import checks
from rlsearch.errors import SettingsError

LEAVES = {"source": "leaves", "size": 8, "images": 200}
DIGITS = {"source": "digits", "test": 0.2}
OWN = {"source": "npz", "path": "mine.npz"}
SEEN = {"validation": "published-test"}
TASK = {**tiny.TASK, "epochs": 2, "inputs": "unit"}


@pytest.mark.parametrize(
    ("learnt", "tested", "words"),
    [
        (LEAVES, {**LEAVES, "rotate": False}, "as spots does, with another rotate: its test set may hold"),
        (LEAVES, {**LEAVES, "images": 100, "validation": 0.4}, "another images: its test set"),
        (LEAVES, {**LEAVES, "test": 0.4, "split_seed": 1}, "another split_seed, test: its test set"),
        (DIGITS, {**DIGITS, "test": 0.3}, "another test: its test set"),
        (LEAVES, {**LEAVES, "rotate": False, "seed": 1}, None),
        (LEAVES, {**LEAVES, "train_size": 50, "validation": 0.4}, None),
        (DIGITS, {**DIGITS, "validation": 0.4}, None),
        ({**DIGITS, "train_size": 300}, DIGITS, None),  # all the data, after a search on a part of them
        ({**DIGITS, **SEEN}, DIGITS, "has the test set of spots, on which the study's searches were rewarded"),
        ({**OWN, **SEEN, "split_seed": 1}, OWN, "has the test set of spots"),  # it is nobody's cut
        ({**OWN, **SEEN}, {**OWN, "train_size": 50}, "has the test set of spots"),
        (DIGITS, {**DIGITS, **SEEN}, None),
        ({**OWN, **SEEN}, {**OWN, "path": "other.npz"}, None),
    ],
)
def test_no_test_set_is_drawn_from_what_networks_were_trained_on(learnt: Any, tested: Any, words: str | None) -> None:
    raw = {
        "preset": "test",
        "datasets": {"spots": learnt, "corners": tested},
        "runtime": {},
        "studies": {"tiny": {**copy.deepcopy(tiny.STUDY), "target": TASK}},
        "transfers": {
            "moved": {"study": "tiny", "slots": ["he"], "dataset": "corners", "task": TASK, "seeds": 2},
        },
    }
    if words is None:
        checks.validate(raw)
        return
    with pytest.raises(SettingsError, match="transfers.moved.dataset = 'corners'") as caught:
        checks.validate(raw)
    assert words in str(caught.value)

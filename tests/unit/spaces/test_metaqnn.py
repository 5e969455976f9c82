"""The space of MetaQNN: its size, states, notation and equal networks; golden numbers of the source's rules."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch

from layer_chains import PAPER, PUBLISHED, TABLE, choices, made, texts
from rlsearch.errors import SettingsError
from rlsearch.networks.metaqnn import MetaQNN as Network
from rlsearch.spaces.base import Actions, Choice, Size
from rlsearch.spaces.metaqnn import SETTINGS, MetaQNN

CIFAR = MetaQNN(SETTINGS(size=32, depth=18))
TINY = MetaQNN(SETTINGS(size=4, depth=4, filters=(4, 8), fields=(1, 3), pool_sizes=((2, 2), (2, 1)), fc=(8, 2)))
"""Its maps shrink to one pixel, where layers of different names do the same."""


def allowed(space: MetaQNN, prefix: Actions) -> list[int]:
    decision = space.next(prefix)
    return [] if decision is None else np.flatnonzero(decision.mask).tolist()  # type: ignore[union-attr]


def reached(space: MetaQNN) -> dict[Any, set[int]]:
    """Return the options that any prefix of a state allows, by state."""
    found: dict[Any, set[int]] = {}
    # Two prefixes of one state and one size of the maps allow the same.
    waiting: dict[Any, Actions] = {(space.state(()), space.settings.size): ()}
    seen = set(waiting)
    while waiting:
        (state, size), prefix = waiting.popitem()
        found.setdefault(state, set()).update(allowed(space, prefix))
        for option in allowed(space, prefix):
            layer = space.rules.options[option]
            if layer.ends:
                continue
            field, stride = layer.numbers[-2:] if layer.kind == "P" else (1, 1)
            key = (space.state((*prefix, option)), (size - field) // stride + 1)
            if key not in seen:
                seen.add(key)
                waiting[key] = (*prefix, option)
    return found


@pytest.mark.parametrize(
    ("space", "size", "states", "pairs"),
    [
        (TABLE, 998, 39, 210),
        (PAPER, 148_627_537_461_746, 444, 5_764),
        (CIFAR, 744_762_992_861_427_698_546, 783, 10_228),
    ],
    ids=["table", "64 pixels", "32 pixels"],
)
def test_sequences_states_and_state_actions(space: MetaQNN, size: int, states: int, pairs: int) -> None:
    assert space.nominal_size == size
    found = reached(space)
    assert (len(found), sum(map(len, found.values()))) == (states, pairs)


def test_the_space_of_the_table() -> None:
    candidates = list(TABLE.enumerate())
    assert len(candidates) == 998 and TABLE.distinct_size == Size(998) and not TABLE.has_equal_sequences
    assert Counter(map(len, candidates)) == {4: 876, 3: 108, 2: 12, 1: 2} and TABLE.extent() == (4, 13)
    prefixes = {actions[:length] for actions in candidates for length in range(len(actions))}
    assert sum(len(allowed(TABLE, prefix)) for prefix in prefixes) == 1_514
    assert [TABLE.paths.at(row) for row in range(998)] == candidates == sorted(candidates)
    three = "C(4,1,1) - C(4,1,1) - C(4,1,1)"
    assert texts(TABLE, *(candidates[row] for row in (0, 1, 997))) == [f"{three} - GAP()", f"{three} - SM()", "SM()"]
    assert TABLE.spread(3) == [candidates[row] for row in (0, 498, 997)]
    assert sorted(TABLE.spread(1_000)) == candidates  # each of them once


def test_the_planted_optimum_of_the_table() -> None:
    earned = {actions: TABLE.planted(actions) for actions in TABLE.enumerate()}
    best = [actions for actions, value in earned.items() if value == max(earned.values())]
    assert texts(TABLE, *best) == ["C(4,3,1) - C(16,3,1) - P(3,2) - GAP()"] and best == [TABLE.optimum()]
    assert earned[best[0]] == pytest.approx(0.798295, abs=5e-7)
    chances = [math.prod(1 / sum(choice.mask) for choice in choices(TABLE, actions)) for actions in earned]
    assert np.dot(chances, list(earned.values())) == pytest.approx(0, abs=1e-12)


def test_what_the_uniform_policy_draws_from_the_table() -> None:
    """A fully connected layer in about one draw of twenty; in 100 draws about 70 networks."""
    drawn = {
        actions: math.prod(1 / sum(choice.mask) for choice in choices(TABLE, actions)) for actions in TABLE.enumerate()
    }
    dense = [chance for actions, chance in drawn.items() if {9, 10} & set(actions)]
    assert sum(dense) == pytest.approx(0.0443, abs=5e-5)
    assert sum(1 - (1 - chance) ** 100 for chance in drawn.values()) == pytest.approx(69.46, abs=5e-3)


@pytest.mark.parametrize("space", [TINY, made(size=9, depth=2, initial_pool=True, pools="same", first="valid")])
def test_the_planted_optimum_is_the_best_of_all(space: MetaQNN) -> None:
    earned = {actions: space.planted(actions) for actions in space.enumerate()}
    best = space.optimum()
    assert best is not None and earned[best] == pytest.approx(max(earned.values()), abs=1e-12)
    chances = [math.prod(1 / sum(choice.mask) for choice in choices(space, actions)) for actions in earned]
    assert np.dot(chances, list(earned.values())) == pytest.approx(0, abs=1e-12)


def test_options_and_their_groups() -> None:
    first = TABLE.next(())
    assert isinstance(first, Choice) and first.options[:7] == (
        *("C(4,1,1)", "C(4,3,1)", "C(4,5,1)", "C(16,1,1)", "C(16,3,1)", "C(16,5,1)"),
        "P(5,3)",
    )
    assert first.options[7:] == ("P(3,2)", "P(2,2)", "FC(32)", "FC(16)", "GAP()", "SM()")
    assert first.groups == ("conv",) * 6 + ("pool",) * 3 + ("fc",) * 2 + ("gap", "softmax")
    assert TABLE.networks == ("metaqnn",) and not TABLE.fixed and first.kind == "layer"


@pytest.mark.parametrize("actions", [(), (0,), (12, 12), (0, -1), (13,)])
def test_what_is_no_candidate(actions: Actions) -> None:
    with pytest.raises(ValueError, match=r"a network has one end, its last layer|layers are options 0 to 12"):
        TABLE.decode(actions)


def test_states() -> None:
    prefix = TABLE.beginning("C(4,3,1) - P(2,2) - FC(32)")
    assert [TABLE.state(prefix[:length]) for length in range(4)] == [
        (0, "", "> 8", 0),
        (1, "C(4,3,1)", "> 8", 0),
        (2, "P(2,2)", "(8,4]", 0),
        (3, "FC(32)", "(8,4]", 1),
    ]
    assert TABLE.state(TABLE.beginning("C(4,3,1) - P(5,3)"))[2] == "(4,1]"  # 4 pixels: the bin's upper end is inside


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("C(4,3,1) - P(2,2) - P(2,2)", r"layer 3 P\(2,2\) follows a pool"),
        ("P(2,2)", r"layer 1 P\(2,2\) is a pool of the image itself \(space.initial_pool\)"),
        ("C(4,3,1) - C(8,3,1)", r"layer 2 C\(8,3,1\) is none of the layers of space.filters and space.fields"),
        ("C(4,3,1) - P(5,3) - C(4,5,1)", r"layer 3 C\(4,5,1\) is larger than its map of 4x4"),
        ("C(4,3,1) - FC(16)", r"layer 2 FC\(16\) stands on a map of 16x16, larger than 8x8"),
        ("C(4,3,1) - P(5,3) - FC(16) - FC(16)", r"layer 4 FC\(16\) is beyond the depth of 3 layers"),
        ("C(4,3,1) - P(5,3) - FC(16) - GAP()", r"layer 4 GAP\(\) follows a fully connected layer, after which only"),
        ("SM() - SM()", r"layer 2 SM\(\) comes after the end, SM\(\)"),
        ("C(4,3,1) - D(3)", r"layer 2 'D\(3\)' is unknown"),
    ],
)
def test_a_beginning_that_breaks_a_rule(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        TABLE.beginning(text)


def test_rules_of_fully_connected_layers() -> None:
    deep = made(size=8, depth=6, max_fc=2)
    for text, message in (
        ("FC(16) - FC(32)", "layer 2 FC.32. has more units than the 16 before it"),
        ("FC(32) - FC(32) - FC(16)", "layer 3 FC.16. is fully connected layer number 3, of at most 2"),
    ):
        with pytest.raises(SettingsError, match=message):
            deep.beginning(text)
    assert deep.beginning("FC(32) - FC(32) - SM()") and not made(size=8, max_fc=0).next(()).mask[9]  # type: ignore[union-attr]


def test_a_label_is_read_back_ten_thousand_times() -> None:
    rng = np.random.default_rng(0)
    for space in (TABLE, PAPER, CIFAR, TINY, made(first="valid", pools="same", initial_pool=True, depth=8)):
        for _ in range(2_000):
            spec = space.decode(space.sample(rng))
            assert space.read(space.describe(spec)) == spec


def test_a_text_is_read_however_it_is_spelt() -> None:
    spec = PAPER.read(PUBLISHED.replace(" ", "").replace("()", ""))
    assert PAPER.describe(spec) == PUBLISHED and spec["network"]["first"] == "same"
    for text, message in (("C(4,3)", "has 2 numbers"), ("P(99,1) - SM()", r"layer 1 P\(99,1\) is larger than its map")):
        with pytest.raises(SettingsError, match=f"no candidate can be read from .*{message}"):
            PAPER.read(text)


def test_layers_that_do_the_same_on_one_pixel_share_a_key() -> None:
    assert TINY.has_equal_sequences and TINY.distinct_size is not None
    candidates = list(TINY.enumerate())
    keys = {TINY.key(TINY.decode(actions)) for actions in candidates}
    assert len(candidates) == TINY.nominal_size and len(keys) == TINY.distinct_size.count < len(candidates)
    pixel = "C(4,3,1) - P(2,2) - C(4,1,1) - P(2,2)"  # 4, 4, 2, 2 pixels, then one
    spellings = [f"{pixel} - {end}" for end in ("GAP()", "SM()")]
    assert len({TINY.key(TINY.read(text)) for text in spellings}) == 1
    assert PAPER.distinct_size == Size(148_012_938_025_586)  # where no end and no layer of one pixel counts twice


@pytest.mark.parametrize(
    ("one", "other"),
    [("P(4,4) - C(8,1,1) - GAP()", "P(4,2) - FC(8) - SM()"), ("P(2,2) - P(2,2) - SM()", "P(2,2) - P(2,1) - GAP()")],
)
def test_networks_of_one_key_compute_the_same(one: str, other: str) -> None:
    specs = [TINY.read(text) for text in (one, other)]
    assert TINY.key(specs[0]) == TINY.key(specs[1])
    networks = [Network((1, 4, 4), 2, **spec["network"]).eval() for spec in specs]
    for mine, its in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        mine.data.copy_(its.data.reshape(mine.shape))
    images = torch.randn(3, 1, 4, 4)
    assert torch.allclose(networks[0](images), networks[1](images), atol=1e-6)


def test_the_walk_through_a_long_search_takes_no_ever_growing_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlsearch.spaces.metaqnn.MOST_REMEMBERED", 50)
    monkeypatch.setattr("rlsearch.spaces._metaqnn_rules.MOST_REMEMBERED", 50)
    space = made()
    assert [space.next(actions) for actions in space.enumerate()] == [None] * 998 and len(space._places) <= 50
    limited = made(most_parameters=900)
    candidates = list(limited.enumerate())
    assert len(limited.rules._masks) <= 50 and limited.nominal_size == len(candidates) == len(set(candidates)) < 998

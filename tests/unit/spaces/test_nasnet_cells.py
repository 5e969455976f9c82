"""The space of cells: which sequences are one network, how many there are, what a search is compared with."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from rlsearch.cell_notation import INPUTS, OPERATIONS, unused
from rlsearch.spaces import _equal_sequences
from rlsearch.spaces._cells_canonical import form
from rlsearch.spaces._cells_counting import different
from rlsearch.spaces._cells_key import codes
from rlsearch.spaces._cells_plan import rows_of
from rlsearch.spaces.base import Actions, Size
from rlsearch.spaces.nasnet_cells import SETTINGS, NASNetCells

TINY = {
    "blocks": 2,
    "operations": ["identity", "max-pool-3x3", "separable-conv-3x3"],
    "combinations": ["add"],
    "cells": "shared",
}


def space(**settings: Any) -> NASNetCells:
    return NASNetCells(SETTINGS(**settings))


def renamed(made: NASNetCells, actions: Actions, rng: np.random.Generator) -> Actions:
    """Return another sequence of the same network: operands and blocks change places, some 1x1 are identities."""
    operations = made.settings.operations
    identity, conv = operations.index("identity"), operations.index("conv-1x1")
    concat = made.settings.combinations.index("concat")
    digits: list[int] = []
    for cell, start in enumerate(range(0, len(actions), 5 * made.settings.blocks)):
        rows = [list(actions[at : at + 5]) for at in range(start, start + 5 * made.settings.blocks, 5)]
        for row in rows:
            for half in (0, 1):
                state = row[half]
                widened = cell == 1 if state < INPUTS else rows[int(state) - INPUTS][4] == concat
                if widened and row[2 + half] in (identity, conv):
                    row[2 + half] = int(rng.choice([identity, conv]))
        names = {0: 0, 1: 1}
        while len(names) < INPUTS + len(rows):
            free = [state for state, row in enumerate(rows, INPUTS) if state not in names and {*row[:2]} <= {*names}]
            state = int(rng.choice(free))
            left, right, first, second, combination = rows[state - INPUTS]
            halves = [(names[int(left)], first), (names[int(right)], second)]
            (left, first), (right, second) = (halves[place] for place in rng.permutation(2))
            digits += map(int, (left, right, first, second, combination))
            names[state] = len(names)
    return tuple(digits)


def test_other_names_of_a_network_have_its_key() -> None:
    made, rng = space(blocks=4, operations=["identity", "conv-1x1", "conv-3x3"]), np.random.default_rng(0)
    told_apart = 0
    for _ in range(150):
        one, other = made.sample(rng), made.sample(rng)
        twin = renamed(made, one, rng)
        assert made.canonical(one) == made.canonical(twin) and made.decode(one) == made.decode(twin)
        assert made.key(made.decode(one)) != made.key(made.decode(other))
        told_apart += twin != one
    assert told_apart > 140


COUNTS: list[tuple[dict[str, Any], int, tuple[int, int]]] = [
    ({"blocks": 1, "operations": OPERATIONS[:4], "combinations": ["add"]}, 64, (36, 36)),
    ({"blocks": 1}, 1_352, (702, 600)),
    (TINY, 2_916, (735, 735)),
    ({"blocks": 2}, 4_112_784, (821_691, 641_700)),
]


@pytest.mark.parametrize(("settings", "nominal", "networks"), COUNTS)
def test_sequences_and_networks_of_a_cell(settings: dict[str, Any], nominal: int, networks: tuple[int, int]) -> None:
    """Published sizes; in the reduction cell of the second an identity of the cell's inputs is a 1x1."""
    shared, both = space(**{**settings, "cells": "shared"}), space(**{**settings, "cells": "both"})
    assert (shared.nominal_size, shared.distinct_size) == (nominal, Size(networks[0]))
    assert (both.nominal_size, both.distinct_size) == (nominal**2, Size(networks[0] * networks[1]))


def test_identity_apart_from_1x1_there_are_more() -> None:
    made = space(blocks=2)
    assert different(made.settings, replace(codes(OPERATIONS, ["add", "concat"], False), conv=-1)) == 849_069


SMALL = [
    {"blocks": 2, "operations": ["identity", "conv-1x1"]},
    {"blocks": 3, "operations": ["identity"]},
    {"blocks": 4, "operations": ["conv-1x1"], "combinations": ["concat"]},
]


@pytest.mark.parametrize("settings", SMALL)
@pytest.mark.parametrize("strided", [False, True])
def test_counts_and_encodings_are_those_of_going_through_all(settings: dict[str, Any], strided: bool) -> None:
    made = space(**settings, cells="shared")
    means = codes(made.settings.operations, made.settings.combinations, strided)
    rows = [rows_of(made.settings, actions)[0] for actions in made.enumerate()]
    forms = [form(cell, unused([row[:2] for row in cell]), means) for cell in rows]
    found = Counter(forms)
    assert len(found) == different(made.settings, means)
    assert all(one.encodings == count for one, count in found.items())


def test_cells_of_five_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    made = space(blocks=5)
    assert made.nominal_size == pytest.approx(5.23e36, rel=1e-3) and made.distinct_size is not None
    assert made.distinct_size.error is None and made.distinct_size.count == pytest.approx(6.8e31, rel=0.05)
    monkeypatch.setattr(_equal_sequences, "DRAWS", 500)
    drawn = _equal_sequences.distinct_size(made, made.encodings)
    assert drawn is not None and drawn.error is not None and 0 < drawn.error < 0.2 * drawn.count
    assert abs(drawn.count - made.distinct_size.count) < 4 * drawn.error


def test_most_blocks_are_counted_and_named_at_once() -> None:
    """Ten equal blocks could stand in 3,628,800 orders."""
    made = space(blocks=10)
    alike = (0, 0, 9, 9, 0) * 20
    assert made.canonical(alike) == alike and made.encodings(made.decode(alike)) == 1
    assert made.distinct_size is not None and made.distinct_size.count > 10**60


def test_equal_networks_earn_the_same_and_these_are_the_values() -> None:
    tiny = space(**TINY)
    values = np.array([tiny.planted(actions) for actions in tiny.enumerate()])
    assert values.mean() == pytest.approx(0, abs=1e-12)
    assert tiny.optimum() == (0, 1, 1, 1, 0, 1, 1, 1, 1, 0)
    golden = {
        (0, 1, 1, 1, 0, 1, 1, 1, 1, 0): 13 / 30,
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0): -4 / 15,
        (1, 0, 2, 1, 0, 0, 2, 0, 1, 0): 1 / 30,
    }
    assert {actions: tiny.planted(actions) for actions in golden} == pytest.approx(golden)
    assert sum(np.isclose(values, values.max())) == tiny.encodings(tiny.decode(tiny.optimum() or ()))


def test_most_decisions_of_the_published_wiring_are_dead() -> None:
    made, rng = space(wiring="as-published"), np.random.default_rng(0)
    live = set[int]()
    for actions in (made.sample(rng) for _ in range(20)):
        key = made.key(made.decode(actions))
        for place, decision in enumerate(made.plan):
            others = ((*actions[:place], option, *actions[place + 1 :]) for option in range(len(decision.options)))
            live |= {place} if any(made.key(made.decode(other)) != key for other in others) else set()
    assert len(made.plan) - len(live) == 17 and {made.plan[place].name for place in live} == {
        f"normal block 2 {decision}" for decision in ("first operation", "second operation", "combination")
    }
    last = list(itertools.product(range(13), range(13), range(2)))
    specs = [made.decode((*(0,) * 7, *digits, *(0,) * 10)) for digits in last]
    assert len(last) == 338 and len({made.key(spec) for spec in specs}) == 182 and made.distinct_size == Size(182)
    assert sum(made.encodings(spec) or 0 for spec in {made.key(spec): spec for spec in specs}.values()) == (
        made.nominal_size
    )
    assert all(spec["network"]["wiring"] == "as-published" for spec in specs)


def test_a_sequence_may_be_kept_as_it_is() -> None:
    apart = space(**TINY, canonical=False)
    one, twin = (0, 1, 1, 2, 0, 2, 0, 1, 0, 0), (1, 0, 2, 1, 0, 0, 2, 0, 1, 0)
    assert apart.canonical(one) == apart.canonical(twin) and apart.planted(one) == apart.planted(twin)
    specs = [apart.decode(actions) for actions in (one, twin)]
    assert [spec["network"]["normal"]["blocks"][0][:2] for spec in specs] == [[0, 1], [1, 0]]
    assert apart.key(specs[0]) != apart.key(specs[1]) and [*map(apart.encodings, specs)] == [4, 4]
    assert "canonical: false" in apart.sizes() and apart.different == 2_916 and apart.most_networks == 735


def test_inputs_may_count_on_through_both_cells() -> None:
    made = space(inputs="running", canonical=False)
    assert [len(decision.options) for decision in made.plan if decision.kind == "input"] == [2, 2, 3, 3, 4, 4, 5, 5]
    assert made.distinct_size is None and not made.baselines() and made.largest() is None
    spec = made.decode((0, 0, 0, 0, 0) * 3 + (4, 4, 0, 0, 0))
    assert spec["network"]["reduction"] == {
        "blocks": [[0, 0, "identity", "identity", "add"], [4, 4, "identity", "identity", "add"]],
        "output": [],
    }


def test_settings_mean_the_same_in_any_order() -> None:
    swapped = SETTINGS(operations=["conv-3x3", "identity"], combinations=["concat", "add"])
    assert swapped.operations == ("identity", "conv-3x3") and swapped.combinations == ("add", "concat")
    with pytest.raises(ValidationError, match="give `canonical: false` beside it"):
        SETTINGS(inputs="running")
    with pytest.raises(ValidationError, match="give `cells: both`"):
        SETTINGS(inputs="running", canonical=False, cells="shared")

"""The space of recurrent cells: its decisions, how many cells it holds, known cells, dead ones, its rule of thumb."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

import made_up_table
from drawn_trees import PUBLISHED, exchanged, learns, tree
from rlsearch.errors import SettingsError
from rlsearch.evidence import audit_words, space_audit
from rlsearch.spaces import _planted
from rlsearch.spaces._recurrent_dead import dead
from rlsearch.spaces._recurrent_plan import actions_of
from rlsearch.spaces.base import Actions, Size
from rlsearch.spaces.recurrent_cell import SETTINGS, RecurrentCell, tree_of
from rlsearch.tree_cell import TreeCell, canonical
from rlsearch.tree_notation import KNOWN, LSTM, NASCELL
from rlsearch.truth.recipe import Recipe
from rlsearch.truth.table import TruthTable

TABLE: dict[str, Any] = {"base": 2, "injection": ["add", "tanh"]}


def space(**settings: Any) -> RecurrentCell:
    return RecurrentCell(SETTINGS(**settings))


def cell(made: RecurrentCell, actions: Actions) -> TreeCell:
    found = tree_of(made.decode(actions))
    assert found is not None
    return found


def test_the_decisions_of_the_papers_example() -> None:
    """Zoph & Le (2017), figure 5: the tree, then the injection, then c's nodes, first where c is taken."""
    made = space(base=2)
    names = [f"node {node} {what}" for node in range(3) for what in ("combination", "activation")]
    names += ["injection combination", "injection activation", "c from", "c into"]
    assert [decision.name for decision in made.plan] == names
    words = ["add", "tanh", "mult", "relu", "mult", "sigmoid", "add", "relu", 1, 0]
    actions = tuple(decision.options.index(word) for decision, word in zip(made.plan, words, strict=True))
    spec = made.decode(actions)
    assert spec == {
        "network": {
            "cell": {
                "base": 2,
                "nodes": [["add", "tanh"], ["mult", "relu"], ["mult", "sigmoid"]],
                "inject": ["add", "relu"],
                "from": 1,
                "into": 0,
            }
        }
    }
    assert made.read(made.describe(spec)) == spec
    assert made.describe(spec) == "0:add tanh, 1:mult relu | 2:mult sigmoid; c 1 -> 0 (add relu)"
    assert len(space().plan) == 34 and len(space(injection=["add", "tanh"]).plan) == 32


COUNTS = [
    ({"base": 2}, 36_864, 18_688),
    ({"base": 4}, 822_083_584, 116_171_776),
    ({}, 63_331_869_759_897_600, 708_770_961_985_536),
    (TABLE, 4_608, 2_336),
]


@pytest.mark.parametrize(("settings", "nominal", "distinct"), COUNTS)
def test_how_many_cells_there_are(settings: dict[str, Any], nominal: int, distinct: int) -> None:
    made = space(**settings)
    assert (made.nominal_size, made.distinct_size) == (nominal, Size(distinct))


@pytest.mark.parametrize(
    "settings",
    [
        {"base": 2},
        {"base": 2, "combinations": ["mult"], "activations": ["sin", "relu"]},
        {"base": 4, "combinations": ["add", "max"], "activations": ["tanh"], "injection": ["mult", "identity"]},
    ],
)
def test_counts_and_encodings_are_those_of_going_through_all(settings: dict[str, Any]) -> None:
    made = space(**settings)
    found = Counter(map(made.canonical, made.enumerate()))
    assert found.total() == made.nominal_size and len(found) == made.distinct_size.count
    assert all(made.encodings(made.decode(actions)) == count for actions, count in found.items())


def test_the_mean_number_of_encodings_gives_the_number_of_cells() -> None:
    """Of large spaces: cells are sequences times the mean of one over how many mean a cell."""
    for settings in ({"base": 4}, {}):
        made, rng = space(**settings), np.random.default_rng(0)
        shares = [1 / made.encodings(made.decode(made.sample(rng))) for _ in range(2000)]
        error = made.nominal_size * np.std(shares) / len(shares) ** 0.5
        assert abs(made.nominal_size * np.mean(shares) - made.distinct_size.count) < 4 * error


def test_twins_are_one_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_planted, "DRAWS", 100)  # of the mean, which is no matter here
    made, rng, several = space(), np.random.default_rng(0), 0
    for _ in range(200):
        one = made.sample(rng)
        told = tree_of(made.literal(one))
        assert told is not None
        other = actions_of(made.settings, exchanged(told, rng))
        assert other is not None
        several += other != one
        assert made.decode(one) == made.decode(other) and made.canonical(one) == made.canonical(other)
        assert made.key(made.literal(one)) == made.key(made.literal(other)) == made.key(made.decode(one))
        assert made.planted(one) == made.planted(other)
        assert made.encodings(made.literal(other)) == made.encodings(made.decode(one)) > 1
    assert several > 190


def test_the_planted_reward_of_the_table() -> None:
    made = space(**TABLE)
    values = np.array([made.planted(actions) for actions in made.enumerate()])
    best = made.optimum()
    assert best is not None and values.mean() == pytest.approx(0, abs=1e-12)
    assert made.planted(best) == values.max() == pytest.approx(0.6128472)
    assert sum(values == values.max()) == made.encodings(made.decode(best)) == 2


def test_twins_have_one_row_of_a_truth_table(tmp_path: Path) -> None:
    recipe = Recipe.model_validate({**made_up_table.RECIPE, "space": SETTINGS(**TABLE)})
    levels = np.linspace(0.5, 0.9, recipe.rows)[:, None, None] + np.zeros((1, 6, 2))
    costs = np.full(recipe.rows, 1000)
    values = {"accuracy": levels, "loss": 1 - levels}
    table = TruthTable(recipe, "validation", values, np.array([1, 2]), costs, costs, tmp_path)
    assert table.networks == len(table.rows) == 2_336
    every = list(table.space.enumerate())
    rows = table.rows_of(every)
    assert sorted(set(rows.tolist())) == list(range(2_336))
    one, twin = (0, 1, 1, 3, 1, 2, 1, 0), (1, 3, 0, 1, 1, 2, 0, 1)
    assert table.row_of(one) == table.row_of(twin) == table.rows[table.space.key(table.space.decode(twin))]
    assert (table.columns("s", table.space.key(table.space.decode(one)), 0)).tolist() == (
        table.columns("s", table.space.key(table.space.decode(twin)), 0)
    ).tolist()


def test_known_cells_are_baselines_of_every_space() -> None:
    for settings in ({}, TABLE, {"activations": ["sin"]}):
        made = space(**settings)
        known = made.baselines()
        assert set(known) == {"lstm", "gru", "rnn", "rhn", "nascell", "random-1", "random-2", "random-3"}
        assert {name for name, spec in known.items() if tree_of(spec) is None} == {"lstm", "gru", "rnn", "rhn"}
        assert len({made.key(spec) for spec in known.values()}) == len(known)
        assert all(made.key(made.read(made.describe(spec))) == made.key(spec) for spec in known.values())
        own = {name for name, spec in known.items() if made.encodings(spec)}
        assert own == {"random-1", "random-2", "random-3"} | ({"nascell"} if not settings else set())
    assert tree_of(space().baselines()["nascell"]) == canonical(NASCELL)[0]
    for written in KNOWN.values():
        assert written.remembers and not dead(written)
    # The facts of the issue.
    assert (LSTM.nodes[12], LSTM.nodes[14], LSTM.c_from, LSTM.c_into) == (("add", "tanh"), ("mult", "identity"), 12, 8)
    assert (NASCELL.nodes[12], NASCELL.nodes[14]) == (("mult", "identity"), ("mult", "tanh"))
    assert (NASCELL.c_from, NASCELL.c_into, NASCELL.inject) == (12, 8, ("add", "tanh"))


@pytest.mark.parametrize("base", [2, 4, 8])
@pytest.mark.parametrize("bias", [False, True])
def test_dead_are_those_without_a_gradient(base: int, bias: bool) -> None:
    """As derivatives find it; wide, so that no relu is 0 in all units by chance."""
    rng, found = np.random.default_rng(base), []
    for _ in range(60):
        drawn = tree(rng, base, PUBLISHED)
        found.append(dead(drawn, bias=bias))
        assert found[-1] != learns(drawn, rng, bias=bias, width=24), drawn
    assert bias or 0 < sum(found) < 30


def test_an_audit_counts_memory_and_death() -> None:
    found = space_audit.audit(space(**TABLE))
    assert [(row["share"], row["low"]) for row in found["traits"]] == [
        (pytest.approx(2 / 9), None),
        (pytest.approx(0.25, abs=0.01), None),
        (0, None),
    ]
    assert "22.2 % can remember through c" in " ".join(audit_words.sentences(found))
    # Exact, of all 36,864: drawn cells of the issue gave 28 and 4 %.
    labels = list(product(*PUBLISHED))
    cells = [
        TreeCell(2, (a, b, c), inject, start, into)
        for a, b, c, inject in product(labels, repeat=4)
        for start, into in product(range(3), repeat=2)
        if a <= b
    ]
    weight = [1 if one.nodes[0] == one.nodes[1] else 2 for one in cells]
    assert sum(weight) == 36_864
    for bias, share in ((False, 0.294), (True, 0.042)):
        counted = sum(times for one, times in zip(cells, weight, strict=True) if dead(one, bias=bias))
        assert counted / 36_864 == pytest.approx(share, abs=0.0006)


def test_the_rule_of_thumb_draws_the_memory_of_an_lstm() -> None:
    rng = np.random.default_rng(0)
    for settings in ({}, {"base": 2}, {"base": 4, "combinations": ["max", "mult", "add"]}):
        made = space(**settings)
        for _ in range(50):
            drawn = cell(made, made.rule_of_thumb(rng))
            assert drawn.remembers and not dead(drawn, bias=True)
            assert drawn.nodes[drawn.c_from][0] == "add" and drawn.nodes[drawn.c_into][1] == "sigmoid"
            assert drawn.inject == ("mult", "identity")
    fixed = [cell(space(**TABLE), space(**TABLE).rule_of_thumb(rng)) for _ in range(50)]
    assert all(one.remembers and one.nodes[2][0] == "add" for one in fixed)
    assert {one.nodes[one.c_into][1] for one in fixed} == {"identity", "tanh", "sigmoid", "relu"}
    few = space(base=2, combinations=["mult"], activations=["relu"])
    assert cell(few, few.rule_of_thumb(rng)).remembers


def test_settings() -> None:
    swapped = SETTINGS(combinations=["max", "add"], activations=["sin", "relu", "identity"])
    assert swapped.combinations == ("add", "max") and swapped.activations == ("identity", "relu", "sin")
    for wrong in ({"base": 3}, {"combinations": []}, {"activations": ["tanh", "tanh"]}, {"injection": ["add"]}):
        with pytest.raises(ValidationError):
            SETTINGS(**wrong)
    assert space().encodings(space(base=4).decode((0,) * 18)) == 0
    assert space(injection=["add", "relu"]).encodings({"network": {"cell": LSTM.plain()}}) == 0


def test_what_is_no_cell_is_a_message() -> None:
    made = space(base=2)
    with pytest.raises(SettingsError, match="no candidate can be read from 'lstmm'"):
        made.read("lstmm")
    with pytest.raises(ValueError, match="no cell 'lstmm'; it is a tree, or one of lstm, gru, rnn, rhn"):
        tree_of({"network": {"cell": "lstmm"}})
    for wrong in ((0,) * 9, (0,) * 9 + (3,)):
        with pytest.raises(ValueError, match=r"10 decisions|no option 3"):
            made.decode(wrong)

"""Keys of recurrent cells say what is built: twins, and only they, are one graph of operations."""

from __future__ import annotations

from typing import Any

import pytest

from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Form
from rlsearch.evidence import built
from rlsearch.evidence.built_recipe import Recipe
from rlsearch.networks import _registry as networks
from rlsearch.spaces.recurrent_cell import SETTINGS, RecurrentCell
from rlsearch.tree_cell import ACTIVATIONS, COMBINATIONS
from tree_network import TreeNetwork


@pytest.mark.parametrize(
    "settings",
    [
        {"base": 2, "injection": ["add", "tanh"]},
        {"base": 4},
        {"combinations": list(COMBINATIONS), "activations": list(ACTIVATIONS)},
    ],
)
def test_twins_are_one_graph(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(networks._registered, "tree-network", TreeNetwork)
    recipe = Recipe("tree-network", kinds.load("images"), Form((1, 4, 4), 3), meta=False)
    found = built.compare(RecurrentCell(SETTINGS(**settings)), recipe, 6)
    assert found.graphs[0] > 6 and not found.unlike and not found.alike and not found.unbuilt


def test_networks_on_text_are_built_for_two_tokens() -> None:
    """At the first token c is zeros, and what is added to zeros is not seen."""
    made = RecurrentCell(SETTINGS(base=2, activations=["identity", "tanh"], injection=["add", "identity"]))
    recipe = Recipe("recurrent-lm", kinds.load("text"), Form((), 7), meta=False)
    specs = {str(into): made.decode((0, 1, 0, 1, 0, 1, 1, into)) for into in (0, 2)}
    first, second = recipe.graphs(specs).values()
    assert first != second

"""Every space: an audit by its keys, and networks as they are built, which are the same where keys are, only there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rlsearch.evidence import audit_words, built, built_recipe, space_audit
from rlsearch.testing import cases
from rlsearch.testing.spaces import VARIANTS, drawn, space_of

pytestmark = pytest.mark.parametrize("name", VARIANTS)

COMPARED = 3
"""Candidates that are built, beside those changed in one decision."""


def test_an_audit_is_json_and_counts_what_the_space_counts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Fewer draws than a run makes: how many it takes for which precision is not asked here.
    for constant, number in (("DRAWS", 200), ("MOST_KEYS", 500), ("LEAST_LOOKED_AT", 10)):
        monkeypatch.setattr(space_audit, constant, number)
    space = space_of(name)
    found = space_audit.audit(space)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert audit_words.sentences(found) and found["decisions"]
    whole, networks = found["looked_at"]["all"], found["networks"]
    if whole and not found["grows"]:
        assert found["sequences"]["count"] == (space.nominal_size or found["sequences"]["count"])
        assert networks["count"] == (space.different or networks["count"]) or space.kept_apart
    shares = [row[share] for row in found["decisions"] for share in ("asked", "forced", "dead")]
    assert all(0 <= share <= 1 for share in (*shares, found["uniform"]["total_variation"]))
    assert found["encodings"]["count"] <= (found["sequences"]["high"] or found["sequences"]["count"])


def test_keys_say_what_is_built(name: str) -> None:
    space = space_of(name)
    if space.unbuilt:
        pytest.skip("{} {}".format(*space.unbuilt))
    recipe = built_recipe.of_space(space, meta=False)
    options = cases.of_plugin("networks", recipe.network) if recipe.network else {}
    recipe = replace(recipe, options=options)
    found = built.compare(space, recipe, COMPARED)
    assert found.graphs[0] > 1 and found.unlike == []
    assert space.kept_apart or found.alike == []


def test_word_for_word_and_canonical_have_one_key(name: str) -> None:
    space = space_of(name)
    for actions in drawn(space, 50):
        assert space.key(space.literal(actions)) == space.key(space.decode(actions))

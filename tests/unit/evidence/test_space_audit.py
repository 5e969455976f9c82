"""What an audit says of small spaces whose every number can be worked out by hand, and of those that are drawn from."""

from __future__ import annotations

from typing import Any

import pytest

from rlsearch.evidence import audit_candidates, audit_words, space_audit
from rlsearch.spaces.base import Actions, Choice, Continuous, Decision, Size, Space, Spec
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.nasnet_cells import CellSettings, NASNetCells

THREE = ("identity", "max-pool-3x3", "separable-conv-3x3")


class Tree(Space):
    """A first choice, then with option 0 a second of two that counts and a third that does not; an end else."""

    def next(self, prefix: Actions) -> Decision | None:
        if not prefix:
            return Choice("first", (0, 1, 2), (True, True, False))
        if prefix[0] == 1 or len(prefix) == 3:
            return None
        return Choice(("second", "third")[len(prefix) - 1], ("a", "b"), (True, True))

    def decode(self, actions: Actions) -> Spec:
        return {"network": list(actions[:2])}

    def canonical(self, actions: Actions) -> Actions:
        return (*actions[:2], 0) if len(actions) == 3 else actions

    def spread(self, count: int) -> list[Actions]:
        return [(1,)][:count]


def row(found: dict[str, Any], name: str) -> dict[str, Any]:
    (one,) = [one for one in found["decisions"] if one["name"] == name]
    return dict(one)


def test_a_tree_of_choices_by_hand() -> None:
    found = space_audit.audit(Tree())
    assert (found["sequences"]["count"], found["networks"]["count"], found["encodings"]["count"]) == (5, 3, 3)
    assert row(found, "third") == {
        **{"name": "third", "options": 2, "continuous": False, "asked": 0.8, "forced": 0.0, "dead": 1.0, "always": True}
    }
    assert row(found, "first")["dead"] == row(found, "second")["dead"] == 0
    # Shares of 1/4, 1/4 and 1/2.
    assert found["uniform"]["over"] == "networks" and found["uniform"]["ratio"] == pytest.approx(2)
    assert found["uniform"]["total_variation"] == pytest.approx(1 / 6)
    assert found["uniform"]["effective"] == pytest.approx(8 / 3)
    assert audit_words.decisions(found) == "1 of 3 decisions never changes anything, so that 3 sequences are left"


def test_a_range_is_audited_by_the_values_that_rounding_keeps_apart() -> None:
    found = space_audit.audit(InitScale())
    assert found["sequences"]["count"] == found["networks"]["count"] == 141
    assert found["uniform"]["ratio"] == pytest.approx(2)  # both ends have half the share of the others
    assert "scale is continuous" in audit_words.continuous(found)

    class Idle(InitScale):
        def decode(self, actions: Actions) -> Spec:
            return {"init": "whatever"}

        def next(self, prefix: Actions) -> Decision | None:
            return None if prefix else Continuous("scale", 0.0, 10.0, 6)

    found = space_audit.audit(Idle())
    assert row(found, "scale")["always"] and not found["looked_at"]["all"]


def test_the_cells_of_a_defective_builder() -> None:
    """Only two operations and a combination count of twenty decisions."""
    found = space_audit.audit(NASNetCells(CellSettings(wiring="as-published", canonical=False)))
    assert len(found["decisions"]) == 20 and sum(one["always"] for one in found["decisions"]) == 17
    assert (found["encodings"]["count"], found["networks"]["count"]) == (338, 182)
    assert "17 of 20 decisions never change anything, so that 338 sequences are left" in audit_words.decisions(found)


def test_draws_tell_what_counting_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    space = NASNetCells(CellSettings(operations=THREE, combinations=("add",), cells="shared"))
    exact = space_audit.audit(space)
    assert (exact["sequences"]["count"], exact["networks"]["count"]) == (2_916, 735)
    monkeypatch.setattr(audit_candidates, "MOST_COUNTED", 1_000)
    assert space_audit.audit(space)["networks"] == {"count": 735, "low": None, "high": None, "how": "space"}
    monkeypatch.setattr(NASNetCells, "distinct_size", Size(1, 1))  # as of a space that only estimates
    space = NASNetCells(space.settings)
    drawn = space_audit.audit(space)
    assert drawn["networks"]["how"] == "encodings" and not drawn["looked_at"]["all"]
    assert drawn["networks"]["low"] < 735 < drawn["networks"]["high"] < 780
    for measure in ("total_variation", "effective"):
        assert drawn["uniform"][measure] == pytest.approx(exact["uniform"][measure], rel=0.1)
    monkeypatch.setattr(NASNetCells, "encodings", lambda *_: None)
    canonical = space_audit.audit(space)
    assert (canonical["networks"]["how"], canonical["uniform"]["over"]) == ("canonical", "sequences")


def test_a_tree_that_is_drawn_from_is_counted_by_how_rare_its_candidates_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_candidates, "MOST_COUNTED", 4)
    found = space_audit.audit(Tree())
    for name, count in (("sequences", 5), ("encodings", 3)):
        low, high = found[name]["low"], found[name]["high"]
        assert found[name]["count"] == pytest.approx(count, rel=0.05) and low < found[name]["count"] < high < 1.2 * low
    assert row(found, "third")["always"]

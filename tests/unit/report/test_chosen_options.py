"""Which options candidates took as searches went on, part by part."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from rlsearch.report import chosen, drawing
from rlsearch.report.figures import FigureModule, chosen_options
from rlsearch.report.plotting import style
from rlsearch.report.study import StudyData
from rlsearch.report.tables import chosen_options as table
from rlsearch.spaces.base import Actions, Choice, Decision, Spec
from small_spaces import Layers

OPERATIONS, GROUPS = ("identity", "conv-3x3", "max-pool", "conv-5x5"), ("none", "conv", "pool", "conv")
EARLY, LATE = (0, 0, 1, 1, 3, 2), (1, 1, 3, 0, 3, 3)


class Cells(Layers):
    """Of either cell an input and two operations."""

    fixed, parts = True, ("normal", "reduction")

    def next(self, prefix: Actions) -> Decision | None:
        number = len(prefix)
        if number == 3 * len(self.parts):
            return None
        cell = f"{self.parts[number // 3]} block 1"
        if number % 3 == 0:
            return Choice(f"{cell} input", (0, 1), (True, True))
        return Choice(f"{cell} operation {number % 3}", OPERATIONS, (True,) * 4, "operation", groups=GROUPS)

    def decode(self, actions: Actions) -> Spec:
        return {"network": list(actions)}


class Alike(Cells):
    """The same without cells: edges of one."""

    parts = ("edge", "edge")


class Ungrouped(Cells):
    """The same without groups."""

    def next(self, prefix: Actions) -> Decision | None:
        decision = super().next(prefix)
        return Choice("operation", decision.options, decision.mask) if isinstance(decision, Choice) else None


def ledgers(*lengths: int) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """Return searches of `ppo` that take EARLY options in the first 20 trials, and LATE ones from there on."""
    return {
        ("ppo", seed): [{"index": index, "actions": EARLY if index < 20 else LATE} for index in range(length)]
        for seed, length in enumerate(lengths)
    }


def study(found: chosen.Chosen) -> StudyData:
    return cast(StudyData, SimpleNamespace(chosen=found, agents=["random", "ppo"], noun="network"))


def test_options_are_counted_by_part_and_by_stretch() -> None:
    found = chosen.of(Cells(), ledgers(40, 25))
    assert found.parts == ["normal", "reduction"] and found.searches == {"ppo": 2}
    assert list(found.edges) == list(range(0, 41, 4))
    assert found.options == ["identity", "conv-3x3", "conv-5x5", "max-pool"]  # those of a group side by side
    normal, reduction = (found.shares("ppo", part) for part in found.parts)
    assert normal[:5].tolist() == [[0.5, 0.5, 0, 0]] * 5 and normal[5:].tolist() == [[0, 0.5, 0.5, 0]] * 5
    assert reduction[0].tolist() == [0, 0, 0.5, 0.5] and reduction[-1].tolist() == [0, 0, 1, 0]
    # Two decisions of each candidate, both searches together as long as they last.
    assert found.counts["ppo", "normal"].sum(axis=1).tolist() == [16] * 6 + [10] + [8] * 3


def test_a_stretch_to_which_no_search_comes_has_no_shares() -> None:
    found = chosen.of(Cells(), {**ledgers(40), ("tpe", 0): ledgers(10)["ppo", 0]})
    shares = found.shares("tpe", "normal")
    assert np.isnan(shares[3:]).all() and not np.isnan(shares[:3]).any()


def test_a_candidate_of_one_kind_of_parts_is_not_divided() -> None:
    found = chosen.of(Alike(), ledgers(40))
    assert found.parts == [""] and found.shares("ppo", "")[0].tolist() == [0.25, 0.25, 0.25, 0.25]


@pytest.mark.parametrize("space", [Layers(), Ungrouped()])
def test_other_spaces_have_nothing_to_tell(space: Layers) -> None:
    found = chosen.of(space, ledgers(40))
    assert found == chosen.Chosen() and not chosen_options.applies(study(found)) and not table.table(study(found)).rows


@pytest.mark.parametrize("layout", [style.WIDE, style.NARROW])
def test_shares_are_drawn_one_upon_the_other(layout: style.Layout) -> None:
    made = study(chosen.of(Cells(), ledgers(40, 25)))
    figure = drawing.lay_out(cast(FigureModule, chosen_options), made, layout)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["ppo, normal", "ppo, reduction"]
    for axes in figure.axes:
        areas = [area.get_paths()[0].vertices for area in axes.collections]
        assert len(areas) == 4 and max(float(np.max(area)) for area in areas) == pytest.approx(100)


def test_text_and_table_tell_the_same() -> None:
    made = study(chosen.of(Cells(), ledgers(40, 25)))
    assert chosen_options.alt(made) == (
        "Shares from the first to the last stretch. ppo, normal: none 50 % to 0 %, conv 50 % to 100 %, pool 0 % to "
        "0 %, at last most often conv-3x3 (50 %); ppo, reduction: none 0 % to 0 %, conv 50 % to 100 %, pool 50 % to "
        "0 %, at last most often conv-5x5 (100 %)."
    )
    assert "2 searches of each agent, 40 trials at the most in 10 stretches" in chosen_options.caption(made)
    rows = table.table(made).rows
    assert [(row["part"], row["stretch"], row["conv-5x5"]) for row in rows] == [
        ("normal", 10, 0.5),
        ("reduction", 10, 1),
    ]

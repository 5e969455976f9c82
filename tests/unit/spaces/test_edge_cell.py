"""Cells of edges: the published counts, which cells are one, and what the published rules tell apart or mix up."""

from __future__ import annotations

from collections import defaultdict

import pytest

from rlsearch.errors import SettingsError
from rlsearch.spaces.edge_cell import SETTINGS, EdgeCell, form, published

C3, SKIP, NONE, POOL = "conv-3x3", "skip", "none", "avg-pool-3x3"


def test_published_and_own_counts() -> None:
    space = EdgeCell()
    cells = [space.literal(actions)["network"]["edges"] for actions in space.enumerate()]
    forms = list(map(form, cells))
    names = [published(edges, zeros=True) for edges in cells]
    assert len(cells) == space.nominal_size == 15_625
    assert len({published(edges, zeros=False) for edges in cells}) == 12_751
    assert len(set(names)) == 6_466
    assert len(set(forms)) == space.different == 5_425
    # Neither is a coarser version of the other.
    networks, known = defaultdict(set), defaultdict(set)
    for name, own in zip(names, forms, strict=True):
        networks[name].add(own)
        known[own].add(name)
    assert sum(len(several) > 1 for several in networks.values()) == 644
    assert sum(len(several) > 1 for several in known.values()) == 721
    stand_ins = set(map(space.canonical, space.enumerate()))
    assert sum(space.encodings(space.decode(actions)) or 0 for actions in stand_ins) == 15_625


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((C3, NONE, SKIP, NONE, NONE, SKIP), (NONE, NONE, NONE, C3, NONE, NONE)),  # by way of skips
        ((NONE, C3, C3, NONE, POOL, SKIP), (NONE, C3, NONE, NONE, NONE, SKIP)),  # what is made of nothing
        ((C3, C3, POOL, NONE, SKIP, NONE), (C3, NONE, NONE, NONE, SKIP, NONE)),  # what nobody uses
        ((C3, POOL, NONE, NONE, SKIP, SKIP), (POOL, C3, NONE, NONE, SKIP, SKIP)),  # nodes in another order
        ((C3, SKIP, SKIP, POOL, NONE, SKIP), (C3, POOL, NONE, SKIP, SKIP, SKIP)),  # sums of sums
    ],
)
def test_equal_cells(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    space = EdgeCell()
    one, other = ({"network": {"edges": list(edges)}} for edges in (first, second))
    assert space.key(one) == space.key(other)


def test_a_result_used_twice_is_not_two_of_its_kind() -> None:
    once, twice = (C3, NONE, SKIP, NONE, SKIP, SKIP), (C3, C3, NONE, NONE, SKIP, SKIP)
    assert form(once) == "*conv-3x3(x)+*conv-3x3(x)" and form(twice) == "conv-3x3(x)+conv-3x3(x)"


def test_the_notation_of_the_source_is_read_back() -> None:
    space = EdgeCell()
    text = "|conv-3x3~0|+|none~0|skip~1|+|avg-pool-3x3~0|none~1|conv-1x1~2|"
    assert space.describe(space.read(text)) == text
    for wrong in (text.replace("skip", "hop"), text[:-1], text.replace("~2", "~1")):
        with pytest.raises(SettingsError, match="no candidate"):
            space.read(wrong)


def test_fewer_operations() -> None:
    space = EdgeCell(SETTINGS(operations=(SKIP, C3)))
    assert space.nominal_size == 64 and space.largest() == (1,) * 6
    assert space.encodings({"network": {"edges": [POOL] * 6}}) == 0
    with pytest.raises(ValueError, match="operations"):
        SETTINGS.model_validate({"operations": [SKIP, SKIP]})
    with pytest.raises(ValueError, match="6 edges"):
        space.decode((0, 2, 0, 0, 0, 0))

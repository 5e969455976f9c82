"""Which pixels belong to a shape: those whose centre it holds, by the plain formulas in decimal numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rlsearch.data.sources import _leaves_shapes as shapes

RANDOM = np.random.default_rng(0)


def whole(low: int, high: int) -> int:
    return int(RANDOM.integers(low, high + 1))


Y, X = np.mgrid[:64, :64].astype(float)


def agree(mask: np.ndarray, inside: np.ndarray, edge: float = 1e-9) -> None:
    """Compare with how far inside a shape each centre lies, negative outside; not on the edge, which decimals miss."""
    sure = np.abs(inside) > edge
    assert sure.mean() > 0.9
    np.testing.assert_array_equal(mask[sure], (inside > 0)[sure])


def test_a_disc_of_radius_one_is_a_plus_and_holds_its_edge() -> None:
    mask = shapes.disc(10, 20, 1)
    assert sorted(zip(*np.nonzero(mask), strict=True)) == [(19, 10), (20, 9), (20, 10), (20, 11), (21, 10)]
    assert shapes.disc(0, 0, 5)[0, 5] and not shapes.disc(0, 0, 5)[0, 6]


@pytest.mark.parametrize("width", [6, 7])
def test_a_rectangle_has_its_sides(width: int) -> None:
    mask = shapes.rectangle(30, 40, width, 9)
    rows, columns = np.nonzero(mask)
    assert mask.sum() == width * 9 and mask[40, 30]
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (27, 26 + width, 36, 44)


def test_a_line_is_what_lies_within_half_its_width() -> None:
    for _ in range(20):
        (x, y), (right, bottom), width = (whole(0, 63), whole(0, 63)), (whole(0, 63), whole(0, 63)), whole(1, 3)
        length = (right - x) ** 2 + (bottom - y) ** 2
        along = np.clip(((X - x) * (right - x) + (Y - y) * (bottom - y)) / max(length, 1), 0, 1)
        away = np.hypot(X - x - along * (right - x), Y - y - along * (bottom - y))
        agree(shapes.line((x, y), (right, bottom), width), width / 2 - away)


def test_a_line_has_no_gaps_whatever_its_slope() -> None:
    for end in range(64):
        mask = shapes.line((0, 0), (63, end), 1)
        assert mask.any(axis=0).all()
        steps = np.abs(np.diff([np.flatnonzero(column).mean() for column in mask.T]))
        assert steps.max() <= 1.5


def test_a_line_to_its_own_start_is_a_point() -> None:
    assert shapes.line((5, 6), (5, 6), 1).sum() == 1 and shapes.line((5, 6), (5, 6), 3).sum() == 9


def test_a_blade_is_an_ellipse_at_its_angle() -> None:
    for _ in range(20):
        x, y, length, degrees = whole(12, 52), whole(12, 52), whole(16, 28), whole(0, 359)
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        along, across = (X - x) * cosine + (Y - y) * sine, (Y - y) * cosine - (X - x) * sine
        inside = 1 - (2 * along / length) ** 2 - (2 * across / (0.6 * length)) ** 2
        # Sines are rounded to 1/16384: what is compared here then changes by less than this at the edge.
        agree(shapes.leaf(x, y, length, degrees)[0], inside, edge=1e-3)


def test_veins_lie_in_the_blade_and_run_as_they_should() -> None:
    blade, veins = shapes.leaf(32, 32, 28, 0)
    assert not (veins & ~blade).any() and blade[32].sum() == veins[32].sum() == 29
    # At a quarter to one side, at a half to the other, at three quarters to the first again.
    starts = {25: 1, 32: -1, 39: 1}
    for start, side in starts.items():
        assert [veins[32 + side * step, start + step] for step in range(4)] == [True] * 4
        assert not veins[32 - side * 2, start + 2]
    quarter, turned = shapes.leaf(32, 32, 28, 90)
    np.testing.assert_array_equal(quarter, _turned(blade))
    np.testing.assert_array_equal(turned, _turned(veins))


def _turned(mask: np.ndarray) -> np.ndarray:
    """Return a mask turned by 90 degrees around (32, 32): x becomes y, and y becomes -x."""
    turned = np.zeros_like(mask)
    for y, x in zip(*np.nonzero(mask), strict=True):
        turned[x, 64 - y] = True
    return turned


def test_sines_are_far_from_where_rounding_could_go_either_way() -> None:
    exact = [shapes.UNIT * math.sin(math.radians(degrees)) for degrees in range(360)]
    assert min(abs(value % 1 - 0.5) for value in exact) > 1e-4
    assert max(abs(value - rounded) for value, rounded in zip(exact, shapes.SINES, strict=True)) <= 0.5

"""Drawings are said in few letters, and drawn with few computations: nobody may see it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from rlsearch.report import drawing
from rlsearch.report.plotting import style, svg
from rlsearch.report.plotting.compact import compact, relative
from rlsearch.report.plotting.sheet import Sheet

NUMBERS = {"m": 2, "l": 2, "h": 1, "v": 1, "q": 4, "c": 6}
WORD = re.compile(r"[a-z]|-?(?:\d+\.?\d*|\.\d+)")


def ends(path: str) -> list[tuple[float, float]]:
    """Return where each command of a relative path ends, as a browser reads it."""
    words = WORD.findall(path)
    assert "".join(words) == path.replace(" ", "")
    places, x, y, start, command = [], 0.0, 0.0, (0.0, 0.0), ""
    while words:
        if words[0].isalpha():
            command = words.pop(0)
        if command == "z":
            x, y = start
            places.append((x, y))
            continue
        values = [float(words.pop(0)) for _ in range(NUMBERS[command])]
        x += 0.0 if command == "v" else values[-2 if command != "h" else 0]
        y += 0.0 if command == "h" else values[-1]
        places.append((x, y))
        start = (x, y) if command == "m" else start
        command = "l" if command == "m" else command
    return places


def test_a_relative_path_goes_through_the_same_points() -> None:
    rng = np.random.default_rng(0)
    points = np.round(rng.normal(0, 300, (500, 2)), 2)
    path = "\n".join(f"{'L' if place else 'M'} {x:.2f} {y:.2f} " for place, (x, y) in enumerate(points))
    # A second part begins where the first one began; curves have points between.
    path += "\nz\nM 5.00 -7.25 \nC 6 -7 7.5 0.5 8.05 0.50 \nQ 9 9 10.00 0.00 \nL 10.00 0.00 \n"
    wanted = [*points, points[0], (5.0, -7.25), (8.05, 0.5), (10.0, 0.0), (10.0, 0.0)]
    found = ends(relative(path))
    assert len(found) == len(wanted)
    np.testing.assert_allclose(found, wanted, atol=1e-9)
    assert len(relative(path)) < 0.8 * len(path)


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("M 1.00 2.00 \nL 3.50 2.00 \nL 4.00 2.00 \nL 4.00 0.50 \n", "m1 2h3v-1.5"),
        ("M 0 0 \nL 5.00 0 \nL 2.00 0 \n", "m0 0h5h-3"),  # back again: the turn is a point that is seen
        ("M 0.10 0.00 \nL 0.35 0.05 \nL 0.20 -0.10 \n", "m.1 0l.25 .05-.15-.15"),
        ("M 1 1 \nM 2 2 \nL 3 3 \n", "m1 1m1 1l1 1"),
        ("M 0 0 \nA 1 1 0 0 1 2 2 \n", "M 0 0 \nA 1 1 0 0 1 2 2 \n"),
    ],
)
def test_paths_in_few_letters(path: str, short: str) -> None:
    assert relative(path) == short


def test_idle_groups_and_indents_go_and_texts_stay() -> None:
    inside = '<g clip="a">\n <g/>\n <g clip="b"/>\n <text x="1"> two  words </text>\n</g>'
    short = '<svg><g clip="a"><g clip="b"/><text x="1"> two  words </text></g></svg>'
    assert compact(f"<svg>\n <g>\n {inside} </g>\n</svg>\n") == short
    label = ' style="x" d="M 1 1" xlink:href='  # quotes of a text are not escaped
    assert label in Sheet().shared(compact(f"<svg><text>{label}</text></svg>"))


def test_drawings_share_their_styles() -> None:
    sheet = Sheet()
    first = sheet.shared('<svg><path style="fill: none" d="m0 0"/><text style="fill: none">a style="b"</text></svg>')
    assert first == '<svg><path class="s0" d="m0 0"/><text class="s0">a style="b"</text></svg>'
    assert sheet.shared('<use style="fill: red"/>') == '<use class="s1"/>'
    assert sheet.text == ".s0 { fill: none }\n.s1 { fill: red }"


def test_faint_marks_follow_the_page_and_others_do_not() -> None:
    marks = "".join(f'<use style="fill-opacity: {opacity}"/>' for opacity in (0.3, 0.45, 0.6))
    found = svg.inline(f"<svg {marks}</svg>", "a")
    assert re.findall('fill-opacity: ([^"]*)', found) == ["var(--faint, 0.3)", "var(--faint, 0.45)", "0.6"]


class Panels:
    """A figure of four panels that share an axis, and of which one has labels."""

    scale = 1.0

    def draw(self, study: object, layout: style.Layout) -> Figure:
        figure, panels = style.panels(layout, 4, height=1.5, columns=2, sharex=True)
        for number, axes in enumerate(panels):
            axes.plot([0, 1, 2], [self.scale * number, 0, self.scale])
            axes.set_title("A title of a panel")
        panels[2].set_xlabel("x")
        panels[2].set_ylabel("y")
        figure.supxlabel("trial")
        return figure


def test_places_of_empty_labels_change_no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = drawing.lay_out(Panels(), None, style.WIDE)  # type: ignore[arg-type]
    monkeypatch.setattr(drawing, "_place_empty_labels", lambda figure: None)
    with rc_context():
        monkeypatch.setitem(style.RC, "axes.titley", None)
        slow = drawing.lay_out(Panels(), None, style.WIDE)  # type: ignore[arg-type]
    assert svg.to_svg(quick, "a") == svg.to_svg(slow, "a")


def test_a_scale_above_an_axis_does_not_lie_on_the_title() -> None:
    panels = Panels()
    panels.scale = 1e-9
    figure = drawing.lay_out(panels, None, style.NARROW)  # type: ignore[arg-type]
    svg.to_svg(figure, "a")
    for axes in figure.axes:
        scale = axes.yaxis.get_offset_text()
        [title] = axes.findobj(lambda artist: getattr(artist, "get_text", str)() == "A title of a panel")
        assert scale.get_text()
        assert not title.get_window_extent().overlaps(scale.get_window_extent())


def test_lines_behind_are_one_with_gaps() -> None:
    with rc_context(style.RC):
        _, [axes] = style.panels(style.WIDE, 1, height=1.0)
        x = np.arange(3.0)
        style.behind(axes, [(x, x), (x, -x)], linewidth=0.8)
        style.behind(axes, [])
    [line] = axes.lines
    np.testing.assert_array_equal(line.get_ydata(), [0, 1, 2, np.nan, 0, -1, -2, np.nan])
    assert line.get_color() == style.RULE

"""Recurrent cells as trees: which are drawn, that their parts keep clear of each other, and what is said in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from matplotlib.text import Text

from drawn_trees import tree
from rlsearch.measures import ACCURACY
from rlsearch.report import drawing, trees
from rlsearch.report.figures import FigureModule
from rlsearch.report.figures import tree_cells as figure
from rlsearch.report.plotting import style, tree_graph
from rlsearch.report.study import StudyData
from rlsearch.tree_notation import LSTM, NASCELL, read

EXAMPLE = read("0:add tanh, 1:mult relu | 2:mult sigmoid; c 1 -> 0 (add relu)")


def spec(cell: Any) -> dict[str, Any]:
    return {"network": {"cell": cell if isinstance(cell, str) else cell.plain()}}


def study(found: Mapping[str, Any] = spec(EXAMPLE), *baselines: str) -> StudyData:
    summaries = {
        ("ppo", 0): {"answer": {"score_accuracy": 0.8, "spec": spec(NASCELL)}},
        ("ppo", 1): {"answer": {"score_accuracy": 0.9, "spec": found}},
        ("random", 0): {"answer": None},
    }
    known = {"gru": spec("gru"), "lstm": spec("lstm"), "nascell": spec(NASCELL)}
    made = SimpleNamespace(
        measure=ACCURACY,
        agents=["random", "ppo"],
        summaries=summaries,
        settings=SimpleNamespace(baselines=baselines),
        space=SimpleNamespace(baselines=lambda: known),
    )
    return cast(StudyData, made)


def test_the_best_is_drawn_beside_the_first_baseline_that_is_a_tree() -> None:
    found, beside = trees.shown(study(spec(EXAMPLE), "gru", "lstm", "nascell"))
    assert (found.title, found.cell, beside.title, beside.cell) == ("best found (ppo)", EXAMPLE, "lstm", LSTM)
    assert [one.title for one in trees.shown(study())] == ["best found (ppo)"]
    assert figure.applies(study()) and "; with it, lstm." in figure.caption(study(spec(EXAMPLE), "lstm"))


@pytest.mark.parametrize("other", [{"init": {"scale": 1.0}}, {"network": {"cell": "gru"}}, {"network": {"cell": [1]}}])
def test_other_candidates_are_no_trees(other: Mapping[str, Any]) -> None:
    assert not figure.applies(study(other, "lstm"))


def test_the_text_lists_every_node() -> None:
    assert figure.alt(study()) == (
        "best found (ppo): node 0 = tanh(Wx plus Uh), node 1 = relu(Wx times Uh), h = node 2 = sigmoid(node 0 times "
        "node 1); c is node 1 before its activation, and node 0 is then relu(node 0 plus c)."
    )
    top = trees.in_words(read("0:max sin, 1:mult relu | 2:mult identity; c 2 -> 2 (max tanh)"))
    assert top.endswith(
        "node 2 = node 0 times node 1; c is node 2 before its activation, and h is tanh(max of node 2 and c)"
    )
    assert top.startswith("node 0 = sin(max of Wx and Uh)")


@pytest.mark.parametrize("width", [style.NARROW.width, style.WIDE.width / 2, style.WIDE.width])
def test_no_part_of_a_tree_lies_on_another(width: float) -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        cell = tree(rng)
        at = tree_graph.plan(cell, width)
        assert at.width == width >= tree_graph.narrowest(cell) and at.box > 0.25
        for row in cell.layers:
            middles = [at.middles[node] for node in row]
            assert np.diff(middles).min(initial=1) >= at.box + tree_graph.BESIDE - 1e-9
            assert min(middles) - at.box / 2 >= 0 and max(middles) + at.box / 2 <= width
        for first, second in zip(cell.layers, cell.layers[1:], strict=False):
            assert max(at.tops[node] for node in first) + tree_graph.RISE == pytest.approx(at.lows[second[0]])
        assert at.lows[cell.c_into] + 2 * tree_graph.HALF < at.injection < at.tops[cell.c_into] < at.height


@pytest.mark.parametrize("layout", [style.WIDE, style.NARROW])
def test_trees_are_drawn_with_every_label_in_its_box(layout: style.Layout) -> None:
    drawn = drawing.lay_out(cast(FigureModule, figure), study(spec(NASCELL), "lstm"), layout)
    drawn.canvas.draw()
    assert [axes.get_title(loc="left") for axes in drawn.axes] == ["best found (ppo)", "lstm"]
    for axes in drawn.axes:
        texts = [text for text in axes.texts if isinstance(text, Text)]
        assert all(axes.bbox.padded(2).fully_contains(*text.get_window_extent().get_points()[1]) for text in texts)
        boxes = [patch.get_window_extent() for patch in axes.patches]
        assert len(boxes) == 16
        for box in boxes:
            middles = [(text, np.mean(text.get_window_extent().get_points(), axis=0)) for text in texts]
            inside = [text for text, middle in middles if box.contains(*middle)]
            assert len(inside) == 2, [text.get_text() for text in inside]
            for text in inside:
                extent = text.get_window_extent()
                assert box.x0 <= extent.x0 and extent.x1 <= box.x1, text.get_text()
        outside = [
            text.get_window_extent() for text in texts if text.get_text() in (tree_graph.TAKEN, tree_graph.BEFORE)
        ]
        assert len(outside) == 2 and not any(one.overlaps(box) for one in outside for box in boxes)

"""Cells as graphs: which candidates are drawn, that their parts keep clear of each other, and what is said in words."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from matplotlib.text import Text

from rlsearch.cell_notation import COMBINATIONS, INPUTS, OPERATIONS, Block, Cell, read
from rlsearch.measures import ACCURACY
from rlsearch.report import cells, drawing
from rlsearch.report.figures import FigureModule
from rlsearch.report.figures import cells as figure
from rlsearch.report.plotting import cell_graph, style
from rlsearch.report.study import StudyData

NASNET_A = (
    "0.sep5+1.sep3, 1.sep5+1.sep3, 0.avg3+1.id, 1.avg3+1.avg3, 0.sep3+0.id > 1 2 3 4 5 6",
    "0.sep5+1.sep7, 0.max3+1.sep7, 0.avg3+1.sep5, 3.id+2.avg3, 2.sep3+0.max3 > 3 4 5 6",
)
SMALL = ("0.sep3|1.1x7, 2.dil3+0.conv1", "1.max5+1.max7, 0.id|2.avg3")


def spec(normal: str, reduction: str) -> dict[str, Any]:
    return {"network": {"normal": read(normal).plain(), "reduction": read(reduction).plain()}}


def study(found: Mapping[str, Any] = spec(*SMALL), **baselines: Mapping[str, Any]) -> StudyData:
    def answer(score: float | None, of: Mapping[str, Any]) -> dict[str, Any]:
        return {"answer": {"score_accuracy": score, "spec": of}}

    worse = spec("0.id+0.id", "0.id+0.id")
    made = SimpleNamespace(
        measure=ACCURACY,
        agents=["random", "ppo"],
        summaries={
            ("ppo", 0): answer(0.8, worse),
            ("ppo", 1): answer(0.9, found),
            ("ppo-never-updated", 0): answer(0.95, worse),
            ("random", 0): answer(None, worse),
            ("random", 1): {"answer": None},
        },
        settings=SimpleNamespace(baselines=tuple(baselines)),
        space=SimpleNamespace(baselines=lambda: {"another": worse, **baselines}),
    )
    return cast(StudyData, made)


def cell(blocks: int, seed: int) -> Cell:
    rng = np.random.default_rng(seed)
    drawn = []
    for number in range(blocks):
        left, right = rng.integers(0, INPUTS + number, 2).tolist()
        first, second = map(str, rng.choice(OPERATIONS, 2))
        drawn.append(Block(left, right, first, second, str(rng.choice(list(COMBINATIONS)))))
    states = INPUTS + blocks
    return Cell(tuple(drawn), tuple(sorted({*rng.integers(0, states, 2).tolist(), states - 1})) if seed % 2 else ())


def test_the_best_of_all_agents_is_drawn_beside_the_first_baseline() -> None:
    made = study(nasnet_a=spec(*NASNET_A), plain=spec(*SMALL))
    found, beside = cells.shown(made)
    assert (found.title, beside.title) == ("best found (ppo)", "nasnet_a")
    assert list(map(str, found.cells.values())) == list(SMALL)
    assert list(map(str, beside.cells.values())) == list(NASNET_A)
    assert figure.applies(made)


def test_cells_that_are_alike_are_drawn_once_and_those_that_count_on_as_one() -> None:
    (both,) = cells.shown(study(spec(SMALL[0], SMALL[0])))
    assert list(both.cells) == ["both cells"]
    running = copy.deepcopy(spec(*SMALL))
    running["network"]["reduction"]["blocks"][0][0] = 3
    for plain in running["network"].values():
        plain["output"] = []
    (joined,) = cells.shown(study(running))
    (one,) = joined.cells.values()
    assert str(one) == f"{SMALL[0]}, 3{SMALL[1][1:]}"


@pytest.mark.parametrize("other", [{"init": {"scale": 1.0}}, {"network": {"layers": []}}, {"network": {"normal": 1}}])
def test_other_candidates_have_no_cells(other: Mapping[str, Any]) -> None:
    assert not figure.applies(study(other)) and not cells.shown(study(other, nasnet_a=spec(*NASNET_A)))


def test_the_text_lists_every_block() -> None:
    told = figure.alt(study())
    assert told == (
        "best found (ppo), normal cell: state 2 = separable-conv-3x3 of h(i) and conv-1x7-7x1 of h(i-1), concatenated, "
        "state 3 = dilated-conv-3x3 of 2 and conv-1x1 of h(i), added; the output is state 3; reduction cell: state 2 = "
        "max-pool-5x5 of h(i-1) and max-pool-7x7 of h(i-1), added, state 3 = identity of h(i) and avg-pool-3x3 of 2, "
        "concatenated; the output is state 3."
    )
    assert "states h(i-1), 2, 3, 4, 5, 6 make the output" in figure.alt(study(nasnet_a=spec(*NASNET_A)))


@pytest.mark.parametrize("width", [style.NARROW.width, style.WIDE.width / 2, style.WIDE.width])
def test_no_part_of_a_cell_lies_on_another(width: float) -> None:
    for one in [*(cell(blocks, seed) for blocks in (1, 2, 5, 10) for seed in range(10)), *map(read, NASNET_A)]:
        plan = cell_graph.plan(one, width)
        places = sorted([x for pair in plan.columns for x in pair] + list(plan.extra.values()))
        # Lines up from a state run in columns of their own, so that none runs through a box.
        assert np.diff(places).min(initial=plan.column) >= plan.column - 1e-9
        assert places[0] - plan.column / 2 >= cell_graph.MARGIN - 1e-9
        assert places[-1] + plan.column / 2 <= width + 1e-9
        heights = sorted(plan.rails.values())
        assert np.diff(heights).min(initial=1) >= cell_graph.RAIL - 1e-9 and heights[-1] < plan.output < plan.height
        for number, block in enumerate(one.blocks):
            assert max(plan.rails[state] for state, _ in block.operands) < plan.boxes[number]
            above = plan.boxes[number] + plan.box
            assert above < plan.nodes[number] < plan.rails.get(INPUTS + number, plan.output)
            # No horizontal line runs through boxes or circle of a block that it passes.
            inside = [rail for rail in heights if plan.boxes[number] <= rail <= plan.nodes[number] + cell_graph.NODE]
            assert not inside


@pytest.mark.parametrize("layout", [style.WIDE, style.NARROW])
def test_both_cells_are_drawn_with_every_label_in_its_box(layout: style.Layout) -> None:
    made = study(nasnet_a=spec(*NASNET_A))
    drawn = drawing.lay_out(cast(FigureModule, figure), made, layout)
    drawn.canvas.draw()
    titles = [axes.get_title(loc="left") for axes in drawn.axes]
    assert titles == [
        f"{who}: {what} cell" for who in ("best found (ppo)", "nasnet_a") for what in ("normal", "reduction")
    ]
    counts = []
    for axes in drawn.axes:
        boxes = [patch.get_window_extent() for patch in axes.patches]
        counts.append(len(boxes))
        texts = [text for text in axes.texts if isinstance(text, Text) and text.get_text()]
        assert all(axes.bbox.padded(2).fully_contains(*text.get_window_extent().get_points()[1]) for text in texts)
        for box in boxes:
            (inside,) = [
                text for text in texts if box.contains(*np.mean(text.get_window_extent().get_points(), axis=0))
            ]
            extent = inside.get_window_extent()
            assert box.x0 <= extent.x0 and extent.x1 <= box.x1, inside.get_text()
    assert counts == [4, 4, 10, 10]

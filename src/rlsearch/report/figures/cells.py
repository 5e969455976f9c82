"""The cells of the best candidate as graphs, beside those of the first baseline."""

from __future__ import annotations

from matplotlib.figure import Figure

from rlsearch.cell_notation import Cell
from rlsearch.report import cells
from rlsearch.report.cells import Stack
from rlsearch.report.plotting import cell_graph, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "The cells that were found"
SECTION = "search"
ORDER = 33
HEAD, BELOW = 0.28, 0.12
"""Inches above a cell, for its title, and below it."""


def applies(study: StudyData) -> bool:
    """Tell whether what was found is made of cells."""
    return bool(cells.shown(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a row for each candidate: normal cell and reduction cell side by side, one above the other on a phone."""
    rows = [row for stack in cells.shown(study) for row in _rows(stack, layout)]
    heights = [max(plan.height for _, _, plan in row) + HEAD + BELOW for row in rows]
    figure = Figure(figsize=(layout.width, sum(heights)))
    top = sum(heights)
    for row, height in zip(rows, heights, strict=True):
        left = 0.0
        for title, cell, plan in row:
            # At the top of its row, so that the titles of a row stand side by side.
            low = top - HEAD - plan.height
            place = (left / layout.width, low / sum(heights), plan.width / layout.width, plan.height / sum(heights))
            axes = figure.add_axes(place)
            cell_graph.draw(axes, cell, plan, cells.STATES)
            axes.set_title(title, pad=5)
            left += plan.width
        top -= height
    return figure


def _rows(stack: Stack, layout: Layout) -> list[list[tuple[str, Cell, cell_graph.Plan]]]:
    """Return the cells of a candidate with their plans: in one row where there is room for the labels."""
    together = layout is style.WIDE
    width = layout.width / len(stack.cells) if together else layout.width
    plans = {name: cell_graph.plan(cell, width) for name, cell in stack.cells.items()}
    if together and any(plan.column < cell_graph.NARROW for plan in plans.values()):
        together, plans = False, {name: cell_graph.plan(cell, layout.width) for name, cell in stack.cells.items()}
    parts = [(f"{stack.title}: {name}", cell, plans[name]) for name, cell in stack.cells.items()]
    return [parts] if together else [[part] for part in parts]


def caption(study: StudyData) -> str:
    """Return what lines, boxes and circles are."""
    found, *others = cells.shown(study)
    beside = f"; below, {others[0].title}" if others else ""
    wiring = (
        " Of what is drawn, the code of the source builds the last block of the normal cell alone, whose operations "
        "both read hᵢ."
        if found.as_published
        else ""
    )
    return (
        f"{found.title[0].upper()}{found.title[1:]}: the best score among the answers of all searches{beside}. "
        "Lines are states: hᵢ is the output of the cell before, hᵢ₋₁ of the one before that, numbers are blocks. Boxes "
        "are operations on the state from which their line comes, circles put two of them together (+ adds, | "
        "concatenates), and the states that reach the bar at the top are concatenated to the cell's output. Lines that "
        "cross without a dot have nothing to do with each other. A reduction cell strides by 2 where it reads hᵢ and "
        "hᵢ₋₁. id: identity; dil: dilated; sep: depthwise separable; avg and max: pools."
        f"{wiring}"
    )


def alt(study: StudyData) -> str:
    """Return the blocks of every cell."""
    return " ".join(f"{stack.title}, {cells.in_words(stack)}." for stack in cells.shown(study))

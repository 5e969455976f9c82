"""The best recurrent cell as a tree, beside that of the first baseline that is one."""

from __future__ import annotations

from matplotlib.figure import Figure

from rlsearch.report import trees
from rlsearch.report.plotting import tree_graph
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "The cell that was found"
SECTION = "search"
ORDER = 34
HEAD, BELOW = 0.28, 0.1
"""Inches above a tree, for its title, and below it."""


def applies(study: StudyData) -> bool:
    """Tell whether what was found is a recurrent cell."""
    return bool(trees.shown(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return the trees side by side where their labels have room, else one above the other."""
    found = trees.shown(study)
    together = sum(tree_graph.narrowest(tree.cell) for tree in found) <= layout.width
    leaves = sum(tree.cell.base for tree in found)
    widths = [layout.width * tree.cell.base / leaves if together else layout.width for tree in found]
    plans = [tree_graph.plan(tree.cell, width) for tree, width in zip(found, widths, strict=True)]
    heights = [plan.height + HEAD + BELOW for plan in plans]
    total = max(heights) if together else sum(heights)
    figure = Figure(figsize=(layout.width, total))
    left, top = 0.0, total
    for tree, plan, height in zip(found, plans, heights, strict=True):
        low = top - HEAD - plan.height
        axes = figure.add_axes((left / layout.width, low / total, plan.width / layout.width, plan.height / total))
        tree_graph.draw(axes, tree.cell, plan)
        axes.set_title(tree.title, pad=5)
        left, top = (left + plan.width, top) if together else (left, top - height)
    return figure


def caption(study: StudyData) -> str:
    """Return what boxes, lines and marks are."""
    found, *others = trees.shown(study)
    beside = f"; with it, {others[0].title}" if others else ""
    return (
        f"{found.title[0].upper()}{found.title[1:]}: the best score among the answers of all searches{beside}. Each "
        "box is a node: below, how it combines its two branches (+ adds, × multiplies, max takes the larger), above, "
        "the activation that follows (id: none; σ: sigmoid). Leaves combine Wx and Uh, with weights of their own; the "
        f"root gives h. {tree_graph.TAKEN} is kept for the next step, as it is before the activation; "
        f"{tree_graph.BEFORE} is that of the step before, and goes in by the coloured box. Where c is taken above "
        "where it goes in, it can remember: its way is a coloured line."
    )


def alt(study: StudyData) -> str:
    """Return the nodes of every tree."""
    return " ".join(f"{tree.title}: {trees.in_words(tree.cell)}." for tree in trees.shown(study))

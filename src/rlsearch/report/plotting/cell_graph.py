"""A cell as a graph, drawn like a circuit: states are lines, operations boxes on them, combinations circles.

Every operation has a column of its own, so that a line runs straight up from the state that it reads; the state of a
block that others read is a horizontal line above its row. Lines that cross without a dot have nothing to do with each
other. All lengths are inches, so that letters fit however wide the figure is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from rlsearch.cell_notation import COMBINATIONS, INPUTS, SHORT, Cell
from rlsearch.report.places import HUES
from rlsearch.report.plotting import style

COLUMN, GAP = 0.34, 0.35
"""Of an operation at the most; between two blocks, as a share of a column."""
NARROW = 0.25
"""Columns below this width have their labels on end, in one line."""
MARGIN, RIGHT = 0.42, 0.12
BOX, TURNED, NODE = 0.30, 0.52, 0.085
"""Height of a box, of one whose label stands on end, and radius of a circle."""
RAIL, ROW = 0.14, 0.16
"""Between horizontal lines; from the last of them to the boxes above."""
LETTERS = 7.0


@dataclass(frozen=True)
class Plan:
    """Where the parts of a cell lie.

    Attributes:
        width, height: of the whole. column: of an operation; box: height of its box.
        columns: the middle of each operation's column, two a block; extra: those of inputs that go to the output.
        boxes, nodes: lower edge of a block's boxes, and middle of its circle.
        rails: height of each state that something reads; output: of the concatenation.
    """

    width: float
    height: float
    column: float
    box: float
    columns: Sequence[tuple[float, float]]
    extra: dict[int, float]
    boxes: Sequence[float]
    nodes: Sequence[float]
    rails: dict[int, float]
    output: float


def plan(cell: Cell, width: float) -> Plan:
    """Return the places of a cell's parts in a drawing of a width in inches."""
    extra = [state for state in cell.output if state < INPUTS]
    count = 2 * len(cell.blocks) + GAP * (len(cell.blocks) - 1) + (1 + GAP) * len(extra)
    column = min(COLUMN, (width - MARGIN - RIGHT) / count)
    box = BOX if column >= NARROW else TURNED
    firsts = [MARGIN + column * (0.5 + number * (2 + GAP)) for number in range(len(cell.blocks))]
    last = firsts[-1] + column
    levels = depths(cell)
    read = {state for block in cell.blocks for state, _ in block.operands} | set(extra)
    rails = {state: 0.1 + RAIL * place for place, state in enumerate(sorted(read & set(range(INPUTS)), reverse=True))}
    boxes, nodes, top = [0.0] * len(cell.blocks), [0.0] * len(cell.blocks), max(rails.values())
    for level in range(1, max(levels) + 1):
        blocks = [number for number, found in enumerate(levels) if found == level]
        for number in blocks:
            boxes[number] = top + ROW
            nodes[number] = boxes[number] + box + 0.2
        top += ROW + box + 0.2 + NODE
        for number in blocks:
            if INPUTS + number in read:
                top += RAIL
                rails[INPUTS + number] = top
    output = top + RAIL + 0.05
    columns = [(first, first + column) for first in firsts]
    aside = {state: last + column * (1 + GAP) * (place + 1) for place, state in enumerate(extra)}
    return Plan(width, output + 0.12, column, box, columns, aside, boxes, nodes, rails, output)


def depths(cell: Cell) -> list[int]:
    """Return of each block how many blocks follow each other up to it, itself included."""
    found = [0] * INPUTS
    for block in cell.blocks:
        found.append(1 + max(found[block.left], found[block.right]))
    return found[INPUTS:]


def draw(axes: Axes, cell: Cell, at: Plan, names: Sequence[str]) -> None:
    """Draw a cell into axes of its plan's size; `names` are what its inputs are called."""
    axes.set_xlim(0, at.width)
    axes.set_ylim(0, at.height)
    axes.set_axis_off()
    starts = dict.fromkeys(range(INPUTS), MARGIN)
    starts |= {INPUTS + number: sum(pair) / 2 for number, pair in enumerate(at.columns)}
    ends = dict(starts)
    for block, pair in zip(cell.blocks, at.columns, strict=True):
        for x, (state, _) in zip(pair, block.operands, strict=True):
            ends[state] = max(ends[state], x)
    ends |= {state: max(ends[state], x) for state, x in at.extra.items()}
    for state, height in at.rails.items():
        _line(axes, [starts[state], ends[state]], [height, height], state)
    for state, x in at.extra.items():
        _joined(axes, x, at.rails[state], at.output, state)
        _dot(axes, x, at.rails[state], state)
    for number in range(len(cell.blocks)):
        _block(axes, cell, number, at)
    for state, name in enumerate(names):
        if state in at.rails:
            axes.text(MARGIN - 0.06, at.rails[state], name, ha="right", va="center", fontsize=8)
    ends_at = max([*at.extra.values(), *(pair[1] for pair in at.columns)])
    axes.plot([MARGIN, ends_at], [at.output, at.output], color=style.INK, linewidth=2.2, solid_capstyle="round")
    axes.text(MARGIN - 0.06, at.output, "out", ha="right", va="center", fontsize=8)


def _block(axes: Axes, cell: Cell, number: int, at: Plan) -> None:
    """Draw a block: its two operations, what combines them, and where its state goes."""
    block, state, pair = cell.blocks[number], INPUTS + number, at.columns[number]
    middle, node = sum(pair) / 2, at.nodes[number]
    for x, (read, operation) in zip(pair, block.operands, strict=True):
        _line(axes, [x, x], [at.rails[read], at.boxes[number]], read)
        _dot(axes, x, at.rails[read], read)
        axes.plot([x, middle], [at.boxes[number] + at.box, node], color=style.MUTED, linewidth=1.0, zorder=2)
        _box(axes, x, at.boxes[number], operation, at)
    if state in cell.output:
        _joined(axes, middle, node, at.output, state)
        if state in at.rails:
            _dot(axes, middle, at.rails[state], state)
    elif state in at.rails:
        _line(axes, [middle, middle], [node, at.rails[state]], state)
    axes.plot(middle, node, "o", markersize=2 * NODE * 72, color=style.PAPER, markeredgecolor=style.INK, zorder=4)
    sign = COMBINATIONS[block.combination]
    axes.text(middle, node, sign, ha="center", va="center_baseline", fontsize=8, fontweight="bold", zorder=5)
    axes.text(middle + NODE + 0.02, node, f"{state}", ha="left", va="center", fontsize=6.5, color=style.MUTED, zorder=5)


def _box(axes: Axes, x: float, low: float, operation: str, at: Plan) -> None:
    """Draw an operation; identity, which computes nothing, is a dashed box."""
    half, turned, idle = 0.46 * at.column, at.column < NARROW, operation == "identity"
    shape = FancyBboxPatch((x - half, low), 2 * half, at.box, boxstyle="round,pad=0,rounding_size=0.04", zorder=3)
    shape.set(facecolor=style.PAPER, edgecolor=style.MUTED, linewidth=0.8, linestyle="--" if idle else "-")
    axes.add_patch(shape)
    size = min(LETTERS, 72 * 0.9 * at.column) if turned else min(LETTERS, LETTERS * at.column / 0.28)
    told = axes.text(x, low + at.box / 2, label(operation, " " if turned else "\n"), fontsize=size, zorder=4)
    told.set(ha="center", va="center", rotation=90 if turned else 0, linespacing=1.0)


def label(operation: str, between: str = "\n") -> str:
    """Return an operation in two short words.

    >>> label("max-pool-5x5", " "), label("conv-1x7-7x1", " "), label("identity", " ")
    ('max 5x5', '1x7 7x1', 'id')
    """
    sizes = re.findall(r"\dx\d", operation)
    word = SHORT[operation].rstrip("0123456789")
    return between.join(sizes if len(sizes) == 2 else [word, *sizes])


def _joined(axes: Axes, x: float, low: float, high: float, state: int) -> None:
    """Draw a line up to the output."""
    _line(axes, [x, x], [low, high], state)
    _dot(axes, x, high, None)


def _line(axes: Axes, x: Sequence[float], y: Sequence[float], state: int) -> None:
    axes.plot(x, y, color=_colour(state), linewidth=1.5, solid_capstyle="round", zorder=1)


def _dot(axes: Axes, x: float, y: float, state: int | None) -> None:
    colour = style.INK if state is None else _colour(state)
    axes.plot(x, y, "o", markersize=3.6, color=colour, markeredgewidth=0, zorder=2)


def _colour(state: int) -> str:
    return style.colour(state % HUES)

"""A recurrent cell as a tree: leaves below, h on top; a node is a box of two halves, what combines and what follows.

c is taken from the middle of a box, between the two, and goes in above a box, by a box of its own. All lengths are
inches, so that letters fit however wide the figure is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rlsearch.report.plotting import style
from rlsearch.report.trees import JOINED
from rlsearch.tree_cell import Node, TreeCell, above, children

COLUMN, SIDE = 0.62, 0.12
"""Of a leaf at the most; left and right of all."""
BOX, HALF = 0.36, 0.16
"""Width of a box at the most, and height of either half."""
BESIDE = 0.15
"""Between the boxes of two leaves at the least: there is a mark of c."""
RISE, STEM = 0.26, 0.1
"""From a row of boxes to the next one; from a box to what stands above it."""
FEET, HEAD = 0.16, 0.2
"""Below the leaves, for what they read; above the root, for h."""
LETTERS = 6.5
SHORT = {"identity": "id", "sigmoid": "σ"}
LEAF, TAKEN, BEFORE = "x h", "cₜ", "cₜ₋₁"


@dataclass(frozen=True)
class Plan:
    """Where the parts of a tree lie.

    Attributes:
        width, height: of the whole. box: width of a box.
        middles: of every node, from the left. lows: lower edges of their boxes.
        tops: where the line of a node begins that leads to the node above: of the injected one above a second box.
        injection: lower edge of the box by which c goes in.
    """

    width: float
    height: float
    box: float
    middles: Sequence[float]
    lows: Sequence[float]
    tops: Sequence[float]
    injection: float


def narrowest(cell: TreeCell) -> float:
    """Return the width of a drawing in which a cell's labels still fit."""
    return 2 * SIDE + cell.base * (0.3 + BESIDE)


def plan(cell: TreeCell, width: float) -> Plan:
    """Return the places of a cell's parts in a drawing of a width in inches."""
    column = min(COLUMN, (width - 2 * SIDE) / cell.base)
    first = (width - column * cell.base) / 2
    middles = [first + column * (leaf + 0.5) for leaf in range(cell.base)]
    for node in range(cell.base, len(cell.nodes)):
        left, right = children(cell.base, node) or (0, 0)
        middles.append((middles[left] + middles[right]) / 2)
    lows, tops, low, injection = list[float](), list[float](), FEET, 0.0
    for row in cell.layers:
        lows += [low] * len(row)
        tops += [low + 2 * HALF] * len(row)
        if cell.c_into in row:
            injection = low + 2 * HALF + STEM
            tops[cell.c_into] = low = injection + 2 * HALF
        else:
            low += 2 * HALF
        low += RISE
    return Plan(width, low - RISE + HEAD, min(BOX, column - BESIDE), middles, lows, tops, injection)


def draw(axes: Axes, cell: TreeCell, at: Plan) -> None:
    """Draw a cell into axes of its plan's size."""
    axes.set_xlim(0, at.width)
    axes.set_ylim(0, at.height)
    axes.set_axis_off()
    kept = {cell.c_into, *above(cell.base, cell.c_into)} if cell.remembers else set()
    # Along these lines c comes back to where it is taken.
    kept -= {cell.c_from, *above(cell.base, cell.c_from)}
    for node in range(len(cell.nodes)):
        _edges(axes, cell, node, at, kept)
        _box(axes, at.middles[node], at.lows[node], at.box, cell.nodes[node])
        _text(axes, at.middles[node] - at.box / 2 - 0.02, at.lows[node], str(node), ha="right", va="bottom", small=True)
    x, low = at.middles[cell.c_into], at.injection
    _line(axes, (x, x), (at.lows[cell.c_into] + 2 * HALF, low), marked=False)
    _box(axes, x, low, at.box, cell.inject, marked=True)
    _text(axes, x - at.box / 2 - 0.03, low + HALF / 2, BEFORE, ha="right", va="center", marked=True)
    middle = at.lows[cell.c_from] + HALF
    _text(axes, at.middles[cell.c_from] + at.box / 2 + 0.02, middle, TAKEN, ha="left", va="center", marked=True)
    top = at.tops[cell.root]
    _line(axes, (at.middles[-1],) * 2, (top, top + STEM), marked=False)
    _text(axes, at.middles[-1], at.height, "hₜ", ha="center", va="top")


def _edges(axes: Axes, cell: TreeCell, node: int, at: Plan, kept: set[int]) -> None:
    """Draw the lines from what a node combines."""
    pair = children(cell.base, node)
    if pair is None:
        _text(axes, at.middles[node], at.lows[node] - 0.03, LEAF, ha="center", va="top", small=True)
        return
    turn = max(at.tops[child] for child in cell.layers[_layer(cell, pair[0])])
    for child, aside in zip(pair, (-0.25, 0.25), strict=True):
        x = at.middles[child]
        # Straight up beside a box of the row that only one node has.
        _line(axes, (x, x, at.middles[node] + aside * at.box), (at.tops[child], turn, at.lows[node]), child in kept)


def _layer(cell: TreeCell, node: int) -> int:
    return next(number for number, row in enumerate(cell.layers) if node in row)


def _box(axes: Axes, x: float, low: float, width: float, node: Node, *, marked: bool = False) -> None:
    """Draw what combines, and above it what follows; identity, which computes nothing, is told in grey."""
    combination, activation = node
    colour = style.colour(0) if marked else style.MUTED
    shape = Rectangle((x - width / 2, low), width, 2 * HALF, zorder=3)
    shape.set(facecolor=style.PAPER, edgecolor=colour, linewidth=1.2 if marked else 0.8)
    axes.add_patch(shape)
    axes.plot([x - width / 2, x + width / 2], [low + HALF] * 2, color=colour, linewidth=0.5, zorder=4)
    for height, word in ((0.5, JOINED[combination]), (1.5, SHORT.get(activation, activation))):
        idle = word == SHORT["identity"]
        _text(axes, x, low + height * HALF, word, ha="center", va="center_baseline", small=idle)


def _text(
    axes: Axes, x: float, y: float, text: str, *, ha: str, va: str, marked: bool = False, small: bool = False
) -> None:
    colour = style.colour(0) if marked else style.MUTED if small else style.INK
    told = axes.text(x, y, text, fontsize=LETTERS - 0.5 * small, color=colour, zorder=5)
    told.set(ha=ha, va=va, fontweight="bold" if marked else "normal")


def _line(axes: Axes, x: Sequence[float], y: Sequence[float], marked: bool) -> None:
    colour, width = (style.colour(0), 1.8) if marked else (style.MUTED, 1.0)
    axes.plot(x, y, color=colour, linewidth=width, solid_capstyle="round", solid_joinstyle="round", zorder=1)

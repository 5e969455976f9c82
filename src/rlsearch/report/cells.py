"""Candidates that are made of cells: which of them a report shows, and their blocks in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlsearch.cell_notation import INPUTS, Block, Cell, cell_of
from rlsearch.report.study import StudyData

STATES = ("hᵢ", "hᵢ₋₁")
"""The outputs of the two cells before, which are states 0 and 1 of a cell."""
IN_WORDS = ("h(i)", "h(i-1)")
JOINED = {"add": "added", "concat": "concatenated"}


@dataclass(frozen=True)
class Stack:
    """A candidate of cells.

    Attributes:
        title: whose it is.
        cells: by what each is called: "normal cell" and "reduction cell", or one for both where they are alike or
            where the states of the second count on.
        as_published: whether its network is wired as the code of a source does it.
    """

    title: str
    cells: Mapping[str, Cell]
    as_published: bool = False


def shown(study: StudyData) -> list[Stack]:
    """Return the best that the searches found, and beside it the study's first baseline; none without cells."""
    found = best(study)
    # The space's own: slots are filled late, and of a study that retrains nothing not at all.
    fixed, names = study.space.baselines(), study.settings.baselines
    slots = [(f"best found ({agent})", spec) for agent, spec in ([found] if found else [])]
    slots += [(name, fixed[name]) for name in names[:1] if name in fixed]
    stacks = [
        Stack(title, cells, spec["network"].get("wiring") == "as-published")
        for title, spec in slots
        if (cells := _cells(spec))
    ]
    return stacks if found and _cells(found[1]) else []


def in_words(stack: Stack) -> str:
    """Return the blocks of a candidate, e.g. "normal cell: state 2 = conv-1x1 of h(i) and identity of h(i), added"."""
    return "; ".join(f"{name}: {_cell(cell)}" for name, cell in stack.cells.items())


def best(study: StudyData) -> tuple[str, Mapping[str, Any]] | None:
    """Return the agent whose answer scored best on the proxy, and its spec; of equal ones, the first by name."""
    measure = study.measure
    scored = [
        (answer[f"score_{measure.name}"], agent, answer["spec"])
        for (agent, _), summary in sorted(study.summaries.items())
        if agent in study.agents and (answer := summary["answer"]) and answer[f"score_{measure.name}"] is not None
    ]
    best = max(scored, key=lambda entry: measure.key(entry[0]), default=None)
    return None if best is None else best[1:]


def _cells(spec: Mapping[str, Any] | None) -> dict[str, Cell]:
    """Return the cells of a spec by their names; none where it is no candidate of two cells."""
    network = (spec or {}).get("network") or {}
    try:
        normal, reduction = network["normal"], network["reduction"]
        if normal.get("output") or reduction.get("output"):
            cells = {"normal cell": cell_of(normal), "reduction cell": cell_of(reduction)}
            alike = cells["normal cell"] == cells["reduction cell"]
            return {"both cells": cells["normal cell"]} if alike else cells
        # Blocks that count on through both cells name states that the second one alone does not have.
        return {"both cells, whose states count on": cell_of({"blocks": [*normal["blocks"], *reduction["blocks"]]})}
    except (KeyError, AttributeError, TypeError, ValueError):
        return {}


def _cell(cell: Cell) -> str:
    blocks = [f"state {INPUTS + number} = {_block(block)}" for number, block in enumerate(cell.blocks)]
    states = ", ".join(map(_state, cell.output))
    joined = f"the output is state {states}" if len(cell.output) == 1 else f"states {states} make the output"
    return f"{', '.join(blocks)}; {joined}"


def _block(block: Block) -> str:
    first, second = (f"{operation} of {_state(state)}" for state, operation in block.operands)
    return f"{first} and {second}, {JOINED[block.combination]}"


def _state(state: int) -> str:
    return IN_WORDS[state] if state < INPUTS else str(state)

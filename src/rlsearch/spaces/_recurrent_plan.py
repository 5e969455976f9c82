"""The decisions of the space of recurrent cells: a combination and an activation a node, then where c goes, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlsearch.spaces._recurrent_settings import RecurrentSettings
from rlsearch.spaces.base import Actions, Choice
from rlsearch.tree_cell import Node, TreeCell

INJECTION, FROM, INTO = "injection", "c from", "c into"


def plan(settings: RecurrentSettings) -> list[Choice]:
    """Return the decisions of a candidate, in the order of the paper's example (Zoph & Le 2017, figure 5).

    Leaves first, layer by layer, the root last. Decisions of one kind ("combination", "activation", "node") mean the
    same wherever they stand; `place` is the number of the node, and counts on for the injection and for c.
    """
    return list(_decisions(settings))


def cell_of_actions(settings: RecurrentSettings, actions: Actions) -> TreeCell:
    """Return the cell as it was decided; as many decisions as the plan has, each one of its options."""
    digits = list(map(int, actions))
    labels = [_label(settings, digits[at : at + 2]) for at in range(0, len(digits) - 2, 2)]
    nodes, inject = (labels, settings.injection) if settings.injection else (labels[:-1], labels[-1])
    return TreeCell(settings.base, tuple(nodes), inject, *digits[-2:])


def actions_of(settings: RecurrentSettings, cell: TreeCell) -> Actions | None:
    """Return the decisions that name a cell word for word; None where none do."""
    labels = [*cell.nodes, *([] if settings.injection else [cell.inject])]
    known = all(one in settings.combinations and other in settings.activations for one, other in labels)
    if cell.base != settings.base or not known or (settings.injection or cell.inject) != cell.inject:
        return None
    # Names of the cell's and of the settings' types: the lists are of literals.
    combinations, activations = list[str](settings.combinations), list[str](settings.activations)
    digits = [place for one, other in labels for place in (combinations.index(one), activations.index(other))]
    return (*digits, cell.c_from, cell.c_into)


def _decisions(settings: RecurrentSettings) -> Iterator[Choice]:
    nodes = 2 * settings.base - 1
    names = [f"node {number}" for number in range(nodes)] + ([] if settings.injection else [INJECTION])
    for place, name in enumerate(names):
        yield _choice(f"{name} combination", settings.combinations, "combination", place)
        yield _choice(f"{name} activation", settings.activations, "activation", place)
    for place, name in enumerate((FROM, INTO), len(names)):
        yield _choice(name, range(nodes), "node", place)


def _choice(name: str, options: Sequence[object], kind: str, place: int) -> Choice:
    return Choice(name, tuple(options), (True,) * len(options), kind, place)


def _label(settings: RecurrentSettings, digits: Sequence[int]) -> Node:
    return settings.combinations[digits[0]], settings.activations[digits[1]]

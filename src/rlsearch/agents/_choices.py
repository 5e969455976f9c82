"""Which spaces of choices an algorithm without masks can search, and with how many actions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice

from rlsearch.spaces.base import LAST_TRIAL, Actions, Choice, Continuous, Space, following

MOST_PREFIXES = 20_000
MOST_ACTIONS = 120
FIRST_PREFIXES = 1_000
"""Prefixes that are asked whether a space has continuous decisions: a mixed one has them early, if at all."""


def continuous(space: Space) -> bool:
    """Tell whether the space's first decision is a real number; environments take no mixed spaces."""
    return isinstance(space.next(()), Continuous)


def choices_alone(space: Space) -> bool:
    """Tell whether the space has no continuous decision, as far as its first 1,000 prefixes say."""
    return not any(isinstance(met, Continuous) for met in islice(_walk(space.at(LAST_TRIAL)), FIRST_PREFIXES))


def even_actions(space: Space) -> int | None:
    """Return the number of actions with which each choice of a space can be made evenly, and none forbidden.

    It is the least common multiple of the numbers of options: of six actions two mean each of three options, and three
    each of two. An algorithm that draws its actions uniformly then draws the candidates uniformly.

    Returns:
        None where no such number is known: the space is continuous, forbids options, has more than 20,000 prefixes and
        is not `fixed`, or would need more than 120 actions.
    """
    widths: set[int] = set()
    for choice in _walk(space.at(LAST_TRIAL)):
        if not isinstance(choice, Choice) or not all(choice.mask):
            return None
        widths.add(len(choice.options))
    actions = math.lcm(*widths) if widths else 0
    return actions if 0 < actions <= MOST_ACTIONS else None


def _walk(space: Space) -> Iterator[Choice | Continuous | None]:
    """Yield the decisions of a space to the first continuous one, of a `fixed` space along one path.

    None stands for all that come after 20,000 prefixes, complete candidates among them.
    """
    open_prefixes: list[Actions] = [()]
    visited = 0
    while open_prefixes:
        prefix, visited = open_prefixes.pop(), visited + 1
        decision = following(space, prefix)
        if decision is None:
            continue
        if visited > MOST_PREFIXES:
            yield None
            return
        yield decision
        if not isinstance(decision, Choice):
            return
        # What is forbidden leads nowhere: a space need not answer there. In a `fixed` one all options lead to the same.
        open_prefixes += [(*prefix, action) for action in (decision.free[:1] if space.fixed else decision.free)]

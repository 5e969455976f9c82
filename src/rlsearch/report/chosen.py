"""Which options candidates took as searches went on, where the options of some decisions have groups.

It is for spaces whose decisions are the same for every candidate, and whose first one has no groups: what `grouped`
tells layer by layer and epsilon by epsilon is told here trial by trial, part by part (a cell, say).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rlsearch.report.frames import Ledgers
from rlsearch.spaces.base import Choice, Space

STRETCHES = 10
"""Into so many stretches of equal length the longest search of a study is divided."""

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Chosen:
    """What was chosen, part by part and stretch by stretch.

    Attributes:
        groups: the group of an option by its text, in the order of the space; empty where nothing is told.
        parts: those of a candidate, in its order: the first words of its decisions' names; "" where all have one.
        edges: trials (from 0) at which stretches begin, and at the end the length of the longest search.
        counts: of each (agent, part), how often each option was taken in each stretch, (stretches, options).
        searches: how many each agent has.
    """

    groups: Mapping[str, str] = field(default_factory=dict)
    parts: Sequence[str] = ()
    edges: Sequence[int] = ()
    counts: Mapping[tuple[str, str], Counts] = field(default_factory=dict)
    searches: Mapping[str, int] = field(default_factory=dict)

    @property
    def options(self) -> list[str]:
        """The options, those of a group side by side, in the order in which the space first has them."""
        order = list(dict.fromkeys(self.groups.values()))
        return sorted(self.groups, key=lambda option: order.index(self.groups[option]))

    def shares(self, agent: str, part: str) -> NDArray[np.float64]:
        """Return the share of each of `options` in each stretch, (stretches, options); NaN where nothing was tried."""
        names = list(self.groups)
        counts = self.counts[agent, part][:, [names.index(option) for option in self.options]]
        total = counts.sum(axis=1, keepdims=True)
        shares: NDArray[np.float64] = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
        return shares


def of(space: Space, ledgers: Ledgers) -> Chosen:
    """Return what the candidates of some searches took."""
    plan = _plan(space)
    grouped = [(place, choice) for place, choice in enumerate(plan) if choice.groups]
    longest = max(map(len, ledgers.values()), default=0)
    if not grouped or plan[0].groups or longest == 0:
        return Chosen()
    groups: dict[str, str] = {}
    for _, choice in grouped:
        groups.update(zip(choice.words, choice.groups, strict=True))
    parts = _parts([choice.name for _, choice in grouped])
    edges = np.unique(np.linspace(0, longest, STRETCHES + 1).astype(int))
    names, counts, searches = list(groups), dict[tuple[str, str], Counts](), dict[str, int]()
    for (agent, _), ledger in ledgers.items():
        searches[agent] = searches.get(agent, 0) + 1
        if not ledger:
            continue
        actions = np.array([trial["actions"] for trial in ledger], dtype=np.int64)
        stretch = np.searchsorted(edges, [trial["index"] for trial in ledger], side="right") - 1
        for (place, choice), part in zip(grouped, parts, strict=True):
            mine = counts.setdefault((agent, part), np.zeros((len(edges) - 1, len(names)), np.int64))
            of_option = np.array([names.index(word) for word in choice.words])
            np.add.at(mine, (stretch, of_option[actions[:, place]]), 1)
    return Chosen(groups, list(dict.fromkeys(parts)), edges.tolist(), counts, searches)


def _plan(space: Space) -> list[Choice]:
    """Return the decisions of every candidate; none where candidates differ in them, or in what is allowed."""
    plan: list[Choice] = []
    while space.fixed and (decision := space.next((0,) * len(plan))) is not None:
        if not isinstance(decision, Choice):
            return []
        plan.append(decision)
    return plan if space.at(0) is space.at(10**9) else []


def _parts(names: Sequence[str]) -> list[str]:
    """Return the part of each decision, by its name.

    >>> _parts(["normal block 1 operation", "reduction block 1 operation"]), _parts(["edge 1", "edge 2"])
    (['normal', 'reduction'], ['', ''])
    """
    firsts = [name.split()[0] for name in names]
    return firsts if len(set(firsts)) > 1 else [""] * len(firsts)

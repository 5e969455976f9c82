"""Of which groups of options the candidates of the searches are made: convolutions, pools and so on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from rlsearch.report.frames import Ledgers
from rlsearch.spaces.base import Choice, Space, decisions

COLUMNS = ("agent", "seed", "epsilon", "group", "options")


@dataclass(frozen=True)
class Grouped:
    """What was chosen, group by group.

    Attributes:
        groups: the group of an option by its text, in the order of the space; empty where a space has no groups.
        counts: how many options of a group the candidates of a search took at an epsilon (COLUMNS); epsilon is NaN
            for agents that tell none.
        unit: what a decision is in words: "layer", or "decision" where some have no groups.
    """

    groups: Mapping[str, str]
    counts: pd.DataFrame
    unit: str = "layer"

    @property
    def names(self) -> list[str]:
        """The groups, in the order of the space."""
        return list(dict.fromkeys(self.groups.values()))


def of(space: Space, ledgers: Ledgers) -> Grouped:
    """Return what the candidates of some searches are made of; nothing where the first decision has no groups."""
    groups, counts, unit = dict[str, str](), Counter[tuple[str, int, float, str]](), "layer"
    _learn(groups, space.next(()))
    for (agent, seed), ledger in ledgers.items() if groups else ():
        for trial in ledger:
            epsilon = float(trial["info"].get("epsilon", math.nan))
            for decision, action in zip(
                decisions(space.at(trial["index"]), trial["actions"]), trial["actions"], strict=True
            ):
                if not isinstance(decision, Choice) or not decision.groups:
                    unit = "decision"
                    continue
                _learn(groups, decision)
                counts[agent, seed, epsilon, decision.groups[int(action)]] += 1
    rows = [(*key, count) for key, count in counts.items()]
    return Grouped(groups, pd.DataFrame(rows, columns=list(COLUMNS)), unit)


def _learn(groups: dict[str, str], decision: object) -> None:
    if isinstance(decision, Choice) and decision.groups:
        for word, group in zip(decision.words, decision.groups, strict=True):
            groups.setdefault(word, group)

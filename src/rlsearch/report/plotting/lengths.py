"""The axis of trials that panels share, where a search has many times the trials of the others: it gets its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

LONG = 2.5
"""A search of more than this many times the median's trials would squeeze those of the others together."""


def longer(lengths: Mapping[str, int]) -> list[str]:
    """Return the agents whose searches are LONG beside those of the others.

    >>> longer({"q": 100, "tpe": 200, "rule": 900})
    ['rule']
    """
    usual = LONG * sorted(lengths.values())[len(lengths) // 2]
    return [agent for agent, length in lengths.items() if length > usual]


def share(panels: Sequence[Axes], lengths: Mapping[str, int]) -> None:
    """Give panels of agents, in the order of `lengths`, one axis from the first trial on, but the longer their own."""
    if not (alone := longer(lengths)):
        return
    common = max(length for agent, length in lengths.items() if agent not in alone)
    for axes, (agent, length) in zip(panels, lengths.items(), strict=True):
        axes.set_xlim(0.5, (length if agent in alone else common) + 0.5)


def told(lengths: Mapping[str, int]) -> str:
    """Return which agents have an axis of their own, as a sentence that follows others."""
    alone = longer(lengths)
    return f" {', '.join(alone)}: more trials than the others, on an axis of trials of its own." if alone else ""

"""How often agents took each option in the last stretch of their searches, part by part."""

from __future__ import annotations

from functools import partial

from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text

SECTION = "search"
ORDER = 15


def table(study: StudyData) -> Table:
    """One row per agent and part of a candidate; a column for each option."""
    chosen, rows = study.chosen, list[Row]()
    for agent in study.agents:
        for part in chosen.parts:
            if (agent, part) in chosen.counts:
                # The longest search reaches the end, others may not: the last stretch that each came to.
                shares = [row for row in chosen.shares(agent, part).tolist() if row[0] == row[0]]
                last = zip(chosen.options, shares[-1], strict=True)
                rows.append({"agent": agent, "part": part, "stretch": len(shares), **dict(last)})
    columns = (
        text("agent", "agent"),
        *([text("part", "part")] if len(chosen.parts) > 1 else []),
        *(Column(option, option, partial(words.percent, digits=1)) for option in chosen.options),
    )
    note = (
        f"Of all decisions in the last of {len(chosen.edges) - 1} stretches of the trials to which an agent's searches "
        "came, the share that took each option; all searches together."
    )
    return Table("What is chosen at the end of searches", columns, rows, note, ("stretch",), folded=True)

"""How often repeated searches proposed a network that they knew already, under its name or under another one."""

from __future__ import annotations

from functools import partial

from rlsearch.report import repetitions, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, spread_columns, text
from rlsearch.statistics.intervals import SHARE

SECTION = "table"
ORDER = 28
PARTS = ("repeated", "renamed", "cost")
HIDDEN = tuple(f"{part}_sd" for part in PARTS)


def table(study: StudyData) -> Table:
    """One row per arm, where the space keeps sequences of one network apart."""
    arms = [label for label in repetitions.agents(study) if "other_names" in repetitions.block(study, label)]
    shown = partial(words.percent, digits=1)
    columns = (
        text("agent", "agent"),
        Column("runs", "searches", words.count),
        *spread_columns("repeated", "proposed again under its name", shown),
        *spread_columns("renamed", "proposed again under another name", shown),
        *spread_columns("cost", "cost of those", shown),
    )
    note = (
        f"Shares of the proposals of a search that mean a {study.noun} which it had proposed before: by the same "
        "sequence of decisions, or by others alone, which an agent cannot know to be the same. Cost: their share of "
        f"the FLOPs of all trials. Means and 95 % t intervals over searches.{words.about_twins(arms)}"
    )
    return Table("Known under another name", columns, [_row(study, label) for label in arms], note, HIDDEN)


def _row(study: StudyData, label: str) -> Row:
    told = repetitions.block(study, label)
    spreads = {key: value for part in PARTS for key, value in spread(part, told["other_names"][part], SHARE).items()}
    return {"agent": label, "runs": told["runs"], **spreads}

"""The spread of rewards, and how clipping and a moving average shrink it, beside what the source printed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev, variance

from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text

SECTION = "search"
ORDER = 12
BETA = 0.8
"""Share of the old value in the source's moving average."""
CLIP = 0.1
"""Where the source clips what is left."""


def table(study: StudyData) -> Table:
    """One row per agent, then what the source printed: how clipping and a moving average shrink rewards' spread."""
    entry = study.published
    printed = entry.reward_spread if entry else ()
    keys = ("sd", "variance")
    columns = (
        text("agent", "rewards of"),
        *(
            Column(f"{stage}_{key}", f"{title}: {key}", words.number)
            for stage, title in _STAGES.items()
            for key in keys
        ),
        text("remark", "remark"),
    )
    rows: list[Row] = [_spreads(study, agent) for agent in study.agents if _levels(study, agent)] if printed else []
    for item in printed if rows else ():
        stage = "clipped" if item.clipped else "raw"
        row = {"agent": f"published: {item.arm}", f"{stage}_sd": item.sd, f"{stage}_variance": item.variance}
        rows.append({**row, "remark": item.remark or None, "greyed": tuple(column.key for column in columns)})
    note = (
        "Mean over the searches of the standard deviation and the variance over a search's trials, in "
        f"{study.measure.label}. The moving average takes in each value (share {1 - BETA:g}) before it is subtracted, "
        f"so what is left is {BETA:g} times the distance from the old average: smaller by construction. Clipping at "
        f"±{CLIP:g} bounds the standard deviation by {CLIP:g} and the variance by {CLIP**2:g} whatever the agent does. "
        "Both also wipe out a slow rise. So a smaller spread of rewards does not show that an agent is better or its "
        "gradient less noisy; that needs the estimate itself. The published numbers come from other data: not "
        "comparable."
    )
    section = "gradient" if study.settings.controls.gradient else SECTION
    return Table("The spread of rewards, and what shrinks it", columns, rows, note, section=section)


_STAGES = {"raw": "raw", "centred": "less moving average", "clipped": "then clipped"}


def _levels(study: StudyData, agent: str) -> list[list[float]]:
    rows = study.trials[(study.trials["agent"] == agent) & study.trials["level"].notna()]
    searches = [group.sort_values("index")["level"].tolist() for _, group in rows.groupby("seed")]
    return [values for values in searches if len(values) > 1]


def _spreads(study: StudyData, agent: str) -> Row:
    stages: dict[str, list[list[float]]] = {"raw": _levels(study, agent)}
    stages["centred"] = [centred(values) for values in stages["raw"]]
    stages["clipped"] = [[min(max(value, -CLIP), CLIP) for value in values] for values in stages["centred"]]
    spreads: dict[str, float] = {}
    for stage, searches in stages.items():
        spreads[f"{stage}_sd"] = fmean(stdev(values) for values in searches)
        spreads[f"{stage}_variance"] = fmean(variance(values) for values in searches)
    return {"agent": agent, **spreads}


def centred(levels: Sequence[float]) -> list[float]:
    """Return each level less the moving average that has just taken it in, as the source computes its reward.

    The average starts at the first level.

    >>> [round(value, 3) for value in centred([0.5, 1.0, 0.5])]
    [0.0, 0.4, -0.08]
    """
    average, left = levels[0], []
    for level in levels:
        average = BETA * average + (1 - BETA) * level
        left.append(level - average)
    return left

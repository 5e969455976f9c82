"""Rewards and one-class predictors, epsilon by epsilon, in numbers."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from rlsearch.measures import ONE_CLASS
from rlsearch.report import exploration, schedules, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text

SECTION = "exploration"
ORDER = 14


def table(study: StudyData) -> Table:
    """One row per agent (and twin) and epsilon."""
    labels = [label for label in study.arms if exploration.stages(study, label)]
    rows = [row for label in labels for row in _rows(study, label)]
    known = any(row["one_class"] is not None for row in rows)
    columns = (
        text("agent", "agent"),
        Column("epsilon", "epsilon", words.number),
        Column("planned", f"{study.noun}s in the schedule", words.count),
        Column("searches", "searches that came to it", words.count),
        Column("reward", "mean reward", words.number),
        Column("reward_low", "from", words.number),
        Column("reward_high", "to", words.number),
        Column("trials", "trials of the study's own searches", words.count),
        *([Column("one_class", ONE_CLASS.label, lambda share: words.percent(share, 1))] if known else []),
    )
    repeated = any(found.repeated for label in labels if (found := exploration.stages(study, label)))
    note = (
        f"Mean reward of what was proposed at an epsilon and its 95 % t interval over the searches that came to it"
        f"{', which are the repeated ones' if repeated else ''}. "
        f"The last epsilon stays once the schedule is over.{schedules.cut_short(study)} "
        + (
            f"The {ONE_CLASS.label} is that of the study's own searches, over the trials."
            if known
            else "Whether a network answers one class alone was not recorded."
        )
        + words.about_twins(labels)
    )
    return Table("Rewards by epsilon", columns, rows, note, folded=True)


def _rows(study: StudyData, label: str) -> Iterator[Row]:
    stages, own = exploration.stages(study, label), exploration.trials(study, label)
    assert stages is not None
    means = zip(stages.reached, stages.rewards.mean, stages.rewards.low, stages.rewards.high, strict=True)
    found, planned = dict(zip(stages.epsilons, means, strict=True)), schedules.planned(study, label)
    for epsilon in schedules.epsilons(study, label):
        here: pd.DataFrame = own[own["epsilon"] == epsilon]
        searches, mean, low, high = found.get(epsilon, (0, None, 0.0, 0.0))
        interval = {"reward_low": float(low), "reward_high": float(high)} if high > low else {}
        yield {
            "agent": label,
            "epsilon": epsilon,
            "planned": planned.get(epsilon),
            "searches": searches,
            "reward": None if mean is None else float(mean),
            **interval,
            "trials": len(here) or None,
            "one_class": exploration.one_class(here),
        }

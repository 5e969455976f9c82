"""The schedules on which a perfect learner would settle under other weights of the reward."""

from __future__ import annotations

from functools import partial
from statistics import fmean
from typing import Any

from rlsearch.evidence.sensitivity import Weighted
from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table, text

SECTION = "sensitivity"
ORDER = 46


def table(study: StudyData) -> Table:
    """One row per schedule that a perfect learner would settle on under some setting of the reward's weights."""
    weighted, rows = study.loop.weighted, []
    for schedule in dict.fromkeys(setting.schedule for setting in weighted):
        same = [setting for setting in weighted if setting.schedule == schedule]
        row: dict[str, Any] = {"settings": len(same), "own": "yes" if any(setting.own for setting in same) else None}
        for name in WEIGHTS:
            row[name] = ", ".join(
                f"{value:g}" for value in sorted({getattr(setting.weights, name) for setting in same})
            )
        rows.append({**worth(study, same[0]), **row})
    rows.sort(key=lambda row: -row["settings"])
    columns = (
        Column("schedule", "highest expected return", words.unbroken, numeric=False),
        Column("settings", "settings of the weights"),
        *(text(name, title) for name, title in WEIGHTS.items()),
        text("own", "this study's"),
        *worth_columns(study),
    )
    note = ""
    if weighted:
        note = (
            f"{_spread(study)} Tried: every combination of the weights in the rows, with that of the gain "
            f"in {study.measure.label} at {weighted[0].weights.gain:g}. Expected return: undiscounted, mean over the "
            f"trainings that searches see, on validation {study.kind.noun}; test {study.measure.label}: over those "
            "that judge, with the standard error of the distance."
        )
    return Table("The reward's weights", columns, rows, note)


WEIGHTS = {"loss": "weight of the loss", "final": "of the final level", "cost": "of the cost"}


def worth_columns(study: StudyData) -> tuple[Column, ...]:
    """Return the columns that show the `worth` of a schedule."""
    measure, points = study.measure, partial(words.difference, unit=study.measure)
    return (
        Column("steps", "cost (steps of plain SGD)", words.number),
        Column(measure.name, f"test {measure.label}", partial(words.level, measure=measure)),
        Column("regret", f"below the best ({measure.unit})", points),
        Column("error", "se", points),
    )


def worth(study: StudyData, setting: Weighted) -> dict[str, Any]:
    """Return the schedule that one setting of the weights leads to, its cost, and what it reaches."""
    label = study.loop.truth.label(setting.schedule) if study.loop.truth else None
    values = {
        study.measure.name: setting.worth.mean,
        "regret": setting.worth.regret,
        "error": setting.worth.regret_error,
    }
    return {"schedule": label, "steps": setting.cost, **values}


def _spread(study: StudyData) -> str:
    """Return how far apart the weights' best schedules are, in words."""
    weighted = study.loop.weighted
    regrets = [setting.worth.regret for setting in weighted]
    schedules, mean, worst = {setting.schedule for setting in weighted}, fmean(regrets), max(regrets)
    return (
        f"{len(weighted)} settings of the weights lead to {len(schedules)} different schedules, "
        f"{words.effect(mean, study.measure, sign=False)} below the best on average "
        f"and {words.effect(worst, study.measure, sign=False)} at most."
    )

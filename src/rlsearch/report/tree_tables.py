"""The tables of a schedule tree: exact values of reference schedules, and what changes them."""

from __future__ import annotations

from functools import partial
from statistics import fmean
from typing import Any

from rlsearch.evidence.sensitivity import Weighted
from rlsearch.measures import Measure
from rlsearch.report import regret, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text


def references(study: StudyData) -> Table:
    """One row per reference: the schedule and what it is worth on the test images."""
    truth, rows = study.control.truth, []
    for one in study.control.references:
        row: dict[str, object] = {"reference": one.title, "kind": one.kind}
        for metric, value in one.values.items():
            row |= {
                f"{metric}_schedule": truth.label(value.schedule) if truth else None,
                metric: value.mean,
                f"{metric}_error": value.error,
                f"{metric}_regret": value.regret,
                f"{metric}_regret_error": value.regret_error,
            }
        rows.append(row)
    measure, points = study.measure, partial(words.difference, unit=study.measure)
    name, unit = measure.name, measure.unit
    columns = (
        text("reference", "reference"),
        Column(f"{name}_schedule", "schedule", words.unbroken, numeric=False),
        Column(name, f"test {measure.label}", partial(words.level, measure=measure)),
        Column(f"{name}_error", f"se ({unit})", points),
        Column(f"{name}_regret", f"regret ({unit})", points),
        Column(f"{name}_regret_error", "se", points),
        *(column for beside in regret.measures(study)[1:] for column in _beside(beside)),
    )
    trainings = truth.trainings if truth else 0
    note = (
        f"Exact for this tree: means over the {trainings} trainings of every schedule that judge, with the standard "
        "error over them (of regret, paired with the best schedule). Each maximum is chosen by these same values and "
        "so somewhat too high, except the one chosen by the validation values of the searches' own trainings, which is "
        "what a perfect sweep would have found. Single switch: at most one. By cross-entropy "
        "another schedule may be the best (see the CSV). Random switching: the mean of all schedules."
    )
    beside = [f"{one.name}_{key}" for one in regret.measures(study)[1:] for key in ("schedule", "error")]
    hidden = ("kind", *beside)
    return Table("references", "table", "What the schedule tree says", columns, rows, note, hidden)


def _beside(measure: Measure) -> tuple[Column, ...]:
    return (
        Column(measure.name, f"{measure.label} ({measure.unit})", words.number),
        Column(f"{measure.name}_regret", f"regret ({measure.unit})", words.number),
        Column(f"{measure.name}_regret_error", "se", words.number),
    )


def carry(study: StudyData) -> Table:
    """One row per group of schedules: carried less made anew."""
    found = study.control.carry
    rows: list[Row] = [
        {
            "group": group.title,
            "schedules": group.schedules,
            "mean": group.mean,
            "low": group.interval.low if group.interval else None,
            "high": group.interval.high if group.interval else None,
        }
        for group in (found.groups if found else ())
    ]
    signed = partial(words.difference, unit=study.measure, sign=True)
    columns = (
        text("group", "schedules"),
        Column("schedules", "how many"),
        Column("mean", f"carried less made anew ({study.measure.unit})", signed),
        Column("low", "from", signed),
        Column("high", "to", signed),
    )
    trainings = found.trainings if found else 0
    note = (
        f"Test {study.measure.label}, paired by training: the same {trainings} initial weights and orders of images in "
        "both trees. 95 % t intervals over trainings, not corrected for the number of rows."
    )
    return Table("carry", "sensitivity", "State carried over a switch", columns, rows, note)


def weights(study: StudyData) -> Table:
    """One row per schedule that a perfect learner would settle on under some setting of the reward's weights."""
    found, rows = study.control.weighted, []
    for schedule in dict.fromkeys(one.schedule for one in found):
        same = [one for one in found if one.schedule == schedule]
        row: dict[str, Any] = {"settings": len(same), "own": "yes" if any(one.own for one in same) else None}
        for name in _WEIGHTS:
            row[name] = ", ".join(f"{value:g}" for value in sorted({getattr(one.weights, name) for one in same}))
        rows.append({**_worth(study, same[0]), **row})
    rows.sort(key=lambda row: -row["settings"])
    columns = (
        Column("schedule", "highest expected return", words.unbroken, numeric=False),
        Column("settings", "settings of the weights"),
        *(text(name, title) for name, title in _WEIGHTS.items()),
        text("own", "this study's"),
        *_worth_columns(study),
    )
    note = ""
    if found:
        note = (
            f"{_spread(study)} Tried: every combination of the weights that stand in the rows, with that of the gain "
            f"in accuracy at {found[0].weights.accuracy:g}. Expected return: undiscounted, mean over the trainings "
            f"that searches see, on validation images; test {study.measure.label}: over those that judge, with the "
            "standard error of the distance."
        )
    return Table("weights", "sensitivity", "The reward's weights", columns, rows, note)


def every_weight(study: StudyData) -> Table:
    """One row per setting of the reward's weights."""
    rows = [
        {
            **{name: getattr(one.weights, name) for name in _WEIGHTS},
            "own": "yes" if one.own else None,
            "expected": one.expected,
            **_worth(study, one),
        }
        for one in study.control.weighted
    ]
    columns = (
        *(Column(name, title, words.number) for name, title in _WEIGHTS.items()),
        text("own", "this study's"),
        Column("schedule", "highest expected return", words.unbroken, numeric=False),
        Column("expected", "return", words.number),
        *_worth_columns(study),
    )
    return Table("every-weight", "sensitivity", "Every setting of the weights", columns, rows, "", folded=True)


_WEIGHTS = {"loss": "weight of the loss", "final": "of the final accuracy", "cost": "of the cost"}


def _worth_columns(study: StudyData) -> tuple[Column, ...]:
    measure, points = study.measure, partial(words.difference, unit=study.measure)
    return (
        Column("steps", "cost (steps of plain SGD)", words.number),
        Column(measure.name, f"test {measure.label}", partial(words.level, measure=measure)),
        Column("regret", f"below the best ({measure.unit})", points),
        Column("error", "se", points),
    )


def _worth(study: StudyData, one: Weighted) -> dict[str, Any]:
    label = study.control.truth.label(one.schedule) if study.control.truth else None
    values = {study.measure.name: one.worth.mean, "regret": one.worth.regret, "error": one.worth.regret_error}
    return {"schedule": label, "steps": one.cost, **values}


def _spread(study: StudyData) -> str:
    """Return how far apart the weights' best schedules are, in words."""
    found = study.control.weighted
    worst = max(one.worth.regret for one in found)
    return (
        f"{len(found)} settings of the weights lead to {len({one.schedule for one in found})} different schedules, "
        f"{words.effect(fmean(one.worth.regret for one in found), study.measure, sign=False)} below the best on "
        f"average and {words.effect(worst, study.measure, sign=False)} at most."
    )


MAKERS = (references, carry, weights, every_weight)

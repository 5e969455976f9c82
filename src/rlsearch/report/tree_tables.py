"""The tables of a schedule tree: exact values of reference schedules, and what changes them."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from rlsearch.evidence.sensitivity import Weighted
from rlsearch.report import words
from rlsearch.report.policies import points
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
    columns = (
        text("reference", "reference"),
        Column("accuracy_schedule", "schedule", words.unbroken, numeric=False),
        Column("accuracy", "test accuracy", words.percent),
        Column("accuracy_error", "se (points)", points),
        Column("accuracy_regret", "regret (points)", points),
        Column("accuracy_regret_error", "se", points),
        Column("cross_entropy", "cross-entropy (nats)", words.number),
        Column("cross_entropy_regret", "regret (nats)", words.number),
        Column("cross_entropy_regret_error", "se", words.number),
    )
    trainings = truth.trainings if truth else 0
    note = (
        f"Exact for this tree: means over the {trainings} trainings of every schedule that judge, with the standard "
        "error over them (of regret, paired with the best schedule). Each maximum is chosen by these same values and "
        "so somewhat too high, except the one chosen by the validation values of the searches' own trainings, which is "
        "what a perfect sweep would have found. Single switch: at most one. By cross-entropy "
        "another schedule may be the best (see the CSV). Random switching: the mean of all schedules."
    )
    hidden = ("kind", "cross_entropy_schedule", "cross_entropy_error")
    return Table("references", "table", "What the schedule tree says", columns, rows, note, hidden)


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
    columns = (
        text("group", "schedules"),
        Column("schedules", "how many"),
        Column("mean", "carried less made anew (points)", _signed),
        Column("low", "from", _signed),
        Column("high", "to", _signed),
    )
    trainings = found.trainings if found else 0
    note = (
        f"Test accuracy, paired by training: the same {trainings} initial weights and orders of images in both trees. "
        "95 % t intervals over trainings, not corrected for the number of rows."
    )
    return Table("carry", "sensitivity", "State carried over a switch", columns, rows, note)


def _signed(value: float | None) -> str:
    return words.effect(value, "accuracy").removesuffix(" points")


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
        *_WORTH,
    )
    note = ""
    if found:
        note = (
            f"{_spread(study)} Tried: every combination of the weights that stand in the rows, with that of the gain "
            f"in accuracy at {found[0].weights.accuracy:g}. Expected return: undiscounted, mean over the trainings "
            "that searches see, on validation images; test accuracy: over those that judge, with the standard error of "
            "the distance."
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
        *_WORTH,
    )
    return Table("every-weight", "sensitivity", "Every setting of the weights", columns, rows, "", folded=True)


_WEIGHTS = {"loss": "weight of the loss", "final": "of the final accuracy", "cost": "of the cost"}
_WORTH = (
    Column("steps", "cost (steps of plain SGD)", words.number),
    Column("accuracy", "test accuracy", words.percent),
    Column("regret", "below the best (points)", points),
    Column("error", "se", points),
)


def _worth(study: StudyData, one: Weighted) -> dict[str, Any]:
    label = study.control.truth.label(one.schedule) if study.control.truth else None
    values = {"accuracy": one.worth.mean, "regret": one.worth.regret, "error": one.worth.regret_error}
    return {"schedule": label, "steps": one.cost, **values}


def _spread(study: StudyData) -> str:
    """Return how far apart the weights' best schedules are, in words."""
    found = study.control.weighted
    worst = max(one.worth.regret for one in found)
    return (
        f"{len(found)} settings of the weights lead to {len({one.schedule for one in found})} different schedules, "
        f"{words.effect(fmean(one.worth.regret for one in found), 'accuracy', sign=False)} below the best on average "
        f"and {words.effect(worst, 'accuracy', sign=False)} at most."
    )


MAKERS = (references, carry, weights, every_weight)

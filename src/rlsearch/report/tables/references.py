"""Reference schedules and what a schedule tree says that they are worth."""

from __future__ import annotations

from functools import partial

from rlsearch.measures import Measure
from rlsearch.report import regret, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table, text

SECTION = "table"
ORDER = 23


def table(study: StudyData) -> Table:
    """One row per reference: the schedule and what it is worth on the test images."""
    truth, rows = study.loop.truth, []
    for reference in study.loop.references:
        row: dict[str, object] = {"reference": reference.title, "kind": reference.kind}
        for metric, value in reference.values.items():
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
        "is therefore somewhat too high, except the one chosen by the validation values of the searches' own "
        "trainings, which is what a perfect sweep would have found. Single switch: at most one. By cross-entropy "
        "another schedule may be the best (see the CSV). Random switching: the mean of all schedules."
    )
    beside = [f"{further.name}_{key}" for further in regret.measures(study)[1:] for key in ("schedule", "error")]
    hidden = ("kind", *beside)
    return Table("What the schedule tree says", columns, rows, note, hidden)


def _beside(measure: Measure) -> tuple[Column, ...]:
    return (
        Column(measure.name, f"{measure.label} ({measure.unit})", words.number),
        Column(f"{measure.name}_regret", f"regret ({measure.unit})", words.number),
        Column(f"{measure.name}_regret_error", "se", words.number),
    )

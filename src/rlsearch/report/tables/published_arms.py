"""A source's table of arms beside ours: each published row, and under it the same arm as it was measured here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean

from rlsearch.config.artefacts import Slot
from rlsearch.evidence import class_balance, convergence
from rlsearch.measures import ACCURACY
from rlsearch.report import words
from rlsearch.report.closed_loop import data as closed_loop
from rlsearch.report.closed_loop.published_arm import PublishedArm
from rlsearch.report.published import differences
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text

SECTION = "published"
ORDER = 56
TITLE = "The source's arms beside ours"
CLASS = {"f1": "macro_f1", "precision": "macro_precision", "recall": "macro_recall"}
_GREY = ("arm", "dataset", "runs", "accuracy", *CLASS, "gap", "epochs", "cost", "seconds")


def table(study: StudyData) -> Table:
    """Return the rows; without any where the source has no table of arms."""
    entry = study.published
    if entry is None:
        return Table(TITLE, (), ())
    sources = {arm.dataset for arm in entry.arms}
    # Ours are shown once: under the rows of our own dataset, else under those of the source's main one.
    beside = study.dataset.source if study.dataset.source in sources else entry.dataset
    rows: list[Row] = []
    for arm in entry.arms:
        reasons = differences(study, entry, arm.dataset)
        rows.append(_published(arm, reasons))
        rows += list(_measured(study, arm)) if arm.dataset == beside else []
    columns = (
        text("arm", "arm"),
        text("dataset", "dataset"),
        Column("runs", "runs"),
        Column("accuracy", "accuracy", words.percent),
        *(Column(name, f"macro {name.replace('f1', 'F1')}", words.percent) for name in CLASS),
        Column("gap", "recall less accuracy", _points),
        Column("epochs", "converges after", words.number),
        Column("cost", "cost of that"),
        Column("seconds", "s an epoch"),
    )
    note = (
        f"Grey: not comparable. {_recall(entry.arms)} The arms were not given equal compute: the cost of their epochs "
        "to convergence is in epochs of plain SGD by FLOPs, SAM passing twice over each batch; a range holds whatever "
        "was chosen. Ours: means over runs, of epochs and their cost the median; seconds are not compared."
    )
    hidden = ("comparable", "because")
    return Table(TITLE, columns, rows, note, hidden)


def _points(gap: float) -> str:
    return words.difference(gap, ACCURACY, sign=True)


def _published(arm: PublishedArm, reasons: Sequence[str]) -> Row:
    # A printed pair that cannot both be true shows its distance; one that can be shows nothing.
    broken = class_balance.breaks(arm.accuracy, arm.recall)
    return {
        **arm.model_dump(include={"dataset", "runs", "accuracy", *CLASS, "epochs", "cost", "seconds"}),
        "arm": f"published: {arm.arm}",
        "comparable": "not comparable" if reasons else "comparable",
        "because": "; ".join(reasons),
        "greyed": _GREY if reasons else (),
        "gap": arm.recall - arm.accuracy if broken else None,
    }


def _measured(study: StudyData, arm: PublishedArm) -> Iterator[Row]:
    """Yield our row of an arm, where the settings have that arm and it was retrained."""
    for slot in study.compared:
        trained = study.trained.get(slot.name)
        if trained is None or not _same(study, slot, arm) or not trained.tested("accuracy"):
            continue
        cost = convergence.middle([run.converged_cost for run in trained.runs]).median
        yield {
            "arm": f"here: {slot.name}",
            "dataset": study.settings.dataset,
            "runs": len(trained.tested("accuracy")),
            "accuracy": fmean(trained.tested("accuracy")),
            **{name: _mean(trained.tested(metric)) for name, metric in CLASS.items()},
            "epochs": convergence.middle([run.converged for run in trained.runs]).median,
            "cost": None if cost is None else words.number(cost),
        }


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _same(study: StudyData, slot: Slot, arm: PublishedArm) -> bool:
    """Tell whether a slot is this arm: the same kind of agent, or none, over the same kinds of optimizers."""
    optimizers = getattr(study.settings.space, "optimizers", {})
    if arm.policy is None:
        return (
            slot.role == "reference" and slot.source in optimizers and (optimizers[slot.source].name,) == arm.optimizers
        )
    if slot.role != "answer" or slot.source not in study.learners:
        return False
    labels = closed_loop.optimizers(study.settings, slot.source)
    names = sorted(optimizers[label].name for label in labels)
    return study.settings.agents[slot.source].type == arm.policy and names == sorted(arm.optimizers)


def _recall(arms: Sequence[PublishedArm]) -> str:
    """Return in how many rows macro recall is not the accuracy, though all classes have equally many test images."""
    broken = [arm for arm in arms if class_balance.breaks(arm.accuracy, arm.recall)]
    if not broken:
        return "In every published row macro recall equals accuracy, as it must on these test sets."
    most = max(abs(arm.recall - arm.accuracy) for arm in broken)
    named, size = ", ".join(f"{arm.arm} on {arm.dataset}" for arm in broken), words.effect(most, ACCURACY, sign=False)
    return (
        "These test sets have equally many images of each class, so macro recall must equal accuracy. In "
        f"{len(broken)} of {len(arms)} published rows it does not, by up to {size}: {named}."
    )

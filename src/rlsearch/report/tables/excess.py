"""How far each slot stays above the least loss that there can be, where that is known: of made-up text, its entropy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rlsearch.evidence import tables
from rlsearch.measures import CROSS_ENTROPY
from rlsearch.report import corpora, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, text

SECTION = "target"
ORDER = 35


def table(study: StudyData) -> Table:
    """One row per slot and dataset of known entropy, the study's own first."""
    rows = list(_rows(study))
    shown = partial(words.difference, unit=CROSS_ENTROPY)
    columns = (
        text("dataset", "dataset"),
        text("on", "trained as"),
        text("slot", "slot"),
        Column("runs", "runs"),
        Column("floor", "entropy (nats)", lambda nats: f"{nats:.4f}"),
        Column("excess", "loss above it (nats)", shown),
        Column("excess_low", "from", shown),
        Column("excess_high", "to", shown),
        Column("excess_sd", "sd", shown),
    )
    note = (
        "Test loss less the exact entropy of the data, which no model can beat on average: mean, 95 % t interval and "
        "standard deviation over the runs. All runs share one test part, whose own chance is not in the interval: a "
        "perfect model too would lie a little above or below 0 on it."
    )
    if below := [f"{row['slot']} on {row['dataset']}" for row in rows if row["excess"] < 0]:
        note += f" Below 0, by that chance or because something has seen the test part: {', '.join(below)}."
    return Table("Excess over the floor", columns, rows, note)


def _rows(study: StudyData) -> Iterator[Row]:
    compared = {slot.name for slot in study.compared}
    for corpus in corpora.of(study):
        least = corpora.floor(study, corpus.dataset)
        if least is None:
            continue
        for slot, trained in corpus.trained.items():
            excess = [loss - least for loss in tables.tested(trained, CROSS_ENTROPY)]
            if excess and (slot in compared or corpus.name != "target"):
                head = {"dataset": corpus.dataset, "on": corpus.name, "slot": slot, "runs": len(excess)}
                # No bounds: what is measured on one test part can be below the entropy, and is not cut away.
                yield {**head, "floor": least, **spread("excess", excess)}

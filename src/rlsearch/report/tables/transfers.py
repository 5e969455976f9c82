"""Transfers: what this study's candidates do with another task on another dataset, beside baselines of their size."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.evidence import tables
from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, level_columns, level_spread, text

SECTION = "target"
ORDER = 31


def table(study: StudyData) -> Table:
    """One row per transfer of this study and slot."""
    name = f"test_{study.target_measure.name}"
    columns = (
        text("transfer", "transfer"),
        text("slot", "slot"),
        text("candidate", "candidate"),
        text("dataset", "dataset"),
        text("network", "network"),
        text("weights", "weights from"),
        *(_size_columns() if _references(study) else ()),
        Column("runs", "runs"),
        *level_columns(name, study.target_measure),
    )
    note = (
        "The candidates that this study selected, trained for another task on another dataset. Mean, 95 % t interval "
        "and standard deviation over the runs; each measured the test set once. Nothing was selected here."
    )
    if alone := [name for name, transfer in study.transfers.items() if transfer.train_on == "train"]:
        note += f" Trained on the training {study.kind.noun} alone, as `train_on: train` has it: {', '.join(alone)}."
    if _references(study):
        note += (
            " A baseline that was built after what an agent found has a number of parameters near that network's: the "
            "last column of the two says by how much it has more, where that network is in the transfer too."
        )
    return Table("Transfers", columns, list(_rows(study, name)), note)


def _rows(study: StudyData, column: str) -> Iterator[Row]:
    for (name, slot), retrained in study.transferred.items():
        transfer, values = study.transfers[name], tables.tested(retrained, study.target_measure)
        head = {"transfer": name, "slot": slot, "candidate": retrained["label"], "dataset": transfer.dataset}
        how = {"network": transfer.task.network, "weights": study.name if transfer.weights == "source" else "none"}
        yield {
            **head,
            **how,
            **_size(study, name, slot),
            "runs": len(values),
            **level_spread(column, values, study.target_measure),
        }


def _references(study: StudyData) -> bool:
    """Tell whether a transfer of the study trains a baseline."""
    fixed = {slot.name for slot in study.of_role("reference")}
    return any(slot in fixed for transfer in study.transfers.values() for slot in transfer.slots)


def _size_columns() -> tuple[Column, ...]:
    return (
        Column("parameters", "parameters", words.count),
        Column("beside", "more parameters than its model", lambda share: words.minus(f"{100 * share:+.1f} %")),
    )


def _size(study: StudyData, transfer: str, slot: str) -> Row:
    """Return a network's parameters, and by which share they are more than those of what it was built after."""
    own, after = study.transferred[transfer, slot]["parameters"], _after(study, slot)
    same = [found for (key, _), found in study.transferred.items() if key == transfer and found["key"] == after]
    wanted = same[0]["parameters"] if same else None
    return {"parameters": own, "beside": own / wanted - 1 if own and wanted else None}


def _after(study: StudyData, slot: str) -> str:
    """Return the key of the network after which a baseline was built; "" of one that was not."""
    matched = (study.selected.get(slot) or {}).get("matched_to") or {}
    return str(matched.get("key", ""))

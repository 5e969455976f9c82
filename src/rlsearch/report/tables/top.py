"""The best networks that searches found, and several as one, beside those that the source published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from statistics import fmean
from typing import Any

from rlsearch.config.artefacts import Slot
from rlsearch.evidence import tables
from rlsearch.report import words
from rlsearch.report.places import heeds_rewards
from rlsearch.report.published import differences
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, level_columns, level_spread, text

SECTION = "target"
ORDER = 29
TITLE = "The best networks, beside the published ones"


def table(study: StudyData) -> Table:
    """One row per further slot, answer of an agent that ignores rewards, and published network."""
    entry, further = study.published, study.of_role("further")
    published = entry.networks if entry else ()
    # A learned policy's slots are no networks that could stand beside others.
    if not (published or further) or study.closed_loop:
        return Table(TITLE, (), ())
    name = f"test_{study.measure.name}"
    grey = bool(entry and differences(study, entry))
    rows = [*_ours(study, further, name), *_ours(study, _unlearned(study) if further else [], name)]
    for place, network in enumerate(published, 1):
        numbers = {"parameters": network.parameters, name: network.level, "runs": network.n or None}
        row = {"slot": f"published: place {place}", "candidate": network.network, **numbers}
        rows.append({**row, "greyed": ("candidate", "parameters", "runs", name) if grey else ()})
    columns = (
        text("slot", "slot"),
        Column("candidate", study.noun, str, numeric=False, long=True),
        Column("parameters", "parameters", words.count),
        Column("runs", "runs"),
        *level_columns(name, study.measure),
        *_transfer_columns(study),
    )
    hidden = [f"{key}_{end}" for key in study.transfers for end in ("low", "high", "runs")]
    return Table(TITLE, columns, rows, _note(study, name), hidden)


def _unlearned(study: StudyData) -> list[Slot]:
    """Return the slots of what agents found that ignore rewards, at the same cost of searching."""
    agents = study.settings.agents
    return [slot for slot in study.of_role("answer") if not heeds_rewards(agents[slot.source])]


def _ours(study: StudyData, slots: list[Slot], name: str) -> Iterator[dict[str, Any]]:
    for slot in slots:
        retrained: Mapping[str, Any] = study.retrained.get(slot.name, {})
        levels = tables.tested(retrained, study.measure)
        yield {
            "slot": slot.name,
            "candidate": retrained.get("label") or study.label(slot),
            "parameters": retrained.get("parameters"),
            "runs": len(levels) or None,
            **level_spread(name, levels, study.measure),
            **_transferred(study, slot),
        }


def _transferred(study: StudyData, slot: Slot) -> Row:
    """Return what a slot's candidate reaches in each transfer, by the transfer's name."""
    row: dict[str, Any] = {}
    for key in study.transfers:
        levels = tables.tested(study.transferred.get((key, slot.name), {}), study.measure)
        row |= {**level_spread(key, levels, study.measure), f"{key}_runs": len(levels) or None}
    return row


def _transfer_columns(study: StudyData) -> Iterator[Column]:
    shown = partial(words.level, measure=study.measure)
    for key, transfer in study.transfers.items():
        how = "fine-tuned" if transfer.weights == "source" else "from scratch"
        yield Column(key, f"{transfer.dataset}, {how} ({key})", shown)


def _note(study: StudyData, name: str) -> str:
    """Return how the rows were measured, and what is missing among them."""
    further, entry = study.of_role("further"), study.published
    parts = [
        "Best first, chosen by validation; each run measured the test set once. Mean, 95 % t interval and standard "
        "deviation over the runs, whose seeds differ."
    ]
    if not further:
        parts.append("This study retrains no further networks than the answers (`retrain.slots`).")
    elif missing := [slot.name for slot in further if slot.name not in study.retrained]:
        parts.append(f"Not retrained yet: {', '.join(missing)}.")
    if further and (rules := _unlearned(study)):
        parts.append(
            f"{', '.join(slot.name for slot in rules)}: answers of searches at the same cost that ignore rewards."
        )
    parts.append(_about_transfers(study))
    if entry and entry.networks:
        mean = words.level(fmean(network.level for network in entry.networks), study.measure)
        reasons = differences(study, entry)
        comparable = (
            "not comparable with ours, as told under Published and measured" if reasons else "measured as ours are"
        )
        parts.append(f"Published (mean {mean}): {comparable}.")
    return " ".join(filter(None, parts))


def _about_transfers(study: StudyData) -> str:
    """Return what the columns of transfers are; of a study without any, that there are none."""
    if not study.transfers:
        return "No transfer to another dataset is asked for (`transfers`)."
    missing = [f"{key} of {slot}" for key, slot in study.transferred.paths if (key, slot) not in study.transferred]
    late = f" Not run yet: {', '.join(missing)}." if missing else ""
    return (
        "Last columns: the same candidates trained on another dataset, with new weights (from scratch) or on from the "
        f"retrained ones (fine-tuned); means on that test set, a dash where a slot is not transferred.{late}"
    )

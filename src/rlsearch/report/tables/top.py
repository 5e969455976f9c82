"""The best networks that searches found, and several as one, beside those that the source published.

Published networks have a size and a level. Where a source has none, what ours cost and did on the proxy is told too.
"""

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
TITLE = "The best networks"
BESIDE = f"{TITLE}, beside the published ones"


def table(study: StudyData) -> Table:
    """One row per further slot, answer of an agent that ignores rewards, and published network."""
    entry, further = study.published, study.of_role("further")
    published = entry.networks if entry else ()
    # A learned policy's slots are no networks that could stand beside others.
    if not (published or further) or study.closed_loop:
        return Table(TITLE, (), ())
    name = f"test_{study.target_measure.name}"
    grey, alone = bool(entry and differences(study, entry)), not published
    rows = [*_ours(study, further, name), *_ours(study, _unlearned(study) if further else [], name)]
    for place, network in enumerate(published, 1):
        numbers = {"parameters": network.parameters, name: network.level, "runs": network.n or None}
        row = {"slot": f"published: place {place}", "candidate": network.network, **numbers}
        rows.append({**row, "greyed": ("candidate", "parameters", "runs", name) if grey else ()})
    columns = (
        text("slot", "slot"),
        Column("candidate", study.noun, str, numeric=False, long=True),
        Column("parameters", "parameters", words.count),
        *(_own_columns(study) if alone else ()),
        Column("runs", "runs"),
        *level_columns(name, study.target_measure),
        *_transfer_columns(study),
    )
    hidden = [f"{key}_{end}" for key in study.transfers for end in ("low", "high", "runs")]
    return Table(TITLE if alone else BESIDE, columns, rows, _note(study, name), hidden)


def _unlearned(study: StudyData) -> list[Slot]:
    """Return the slots of what agents found that ignore rewards, at the same cost of searching."""
    agents = study.settings.agents
    return [slot for slot in study.of_role("answer") if not heeds_rewards(agents[slot.source])]


def _ours(study: StudyData, slots: list[Slot], name: str) -> Iterator[dict[str, Any]]:
    for slot in slots:
        retrained: Mapping[str, Any] = study.retrained.get(slot.name, {})
        levels = tables.tested(retrained, study.target_measure)
        yield {
            "slot": slot.name,
            "candidate": retrained.get("label") or study.label(slot),
            "parameters": retrained.get("parameters"),
            **_of_searches(study, slot, retrained),
            "runs": len(levels) or None,
            **level_spread(name, levels, study.target_measure),
            **_transferred(study, slot),
        }


def _own_columns(study: StudyData) -> tuple[Column, ...]:
    shown = partial(words.level, measure=study.measure)
    return (
        Column("flops", "FLOPs of a run", words.flops),
        Column("proxy", study.judged if study.settings.surrogate else f"{study.judged} on the proxy", shown),
    )


def _of_searches(study: StudyData, slot: Slot, retrained: Mapping[str, Any]) -> Row:
    """Return what a run of a slot's candidate costs, and the mean level on fresh seeds by which it was ranked."""
    flops = tables.finite(run["flops"] for run in retrained.get("runs", ()))
    proxy = (study.selected.get(slot.name) or {}).get("proxy") or {}
    return {"flops": fmean(flops) if flops else None, "proxy": proxy.get(f"mean_{study.measure.name}")}


def _transferred(study: StudyData, slot: Slot) -> Row:
    """Return what a slot's candidate reaches in each transfer, by the transfer's name."""
    row: dict[str, Any] = {}
    for key in study.transfers:
        levels = tables.tested(study.transferred.get((key, slot.name), {}), study.target_measure)
        row |= {**level_spread(key, levels, study.target_measure), f"{key}_runs": len(levels) or None}
    return row


def _transfer_columns(study: StudyData) -> Iterator[Column]:
    shown = partial(words.level, measure=study.target_measure)
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
        mean = words.level(fmean(network.level for network in entry.networks), study.target_measure)
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

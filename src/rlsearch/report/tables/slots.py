"""One row per best candidate and baseline: how it does on the test set."""

from __future__ import annotations

from statistics import fmean

from rlsearch.evidence import tables
from rlsearch.measures import Measure
from rlsearch.report import (
    words,
)
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, level_columns, level_spread, text

SECTION = "target"
ORDER = 30


def table(study: StudyData) -> Table:
    """One row per best candidate and baseline: how it does on the test set.

    Points over which proxy and target are compared, and arms that have a table of their own, are left out.
    """
    measure = study.target_measure
    rows, name = [], f"test_{measure.name}"
    for slot in study.compared:
        retrained = study.retrained.get(slot.name)
        # Those with curves by optimizer are in the table of arms.
        if retrained is None or slot.name in study.trained:
            continue
        rows.append(_slot(slot.name, slot.kind, retrained, measure))
        members = enumerate(retrained.get("members", ()), 1)
        rows += [_slot(f"{slot.name}, member {place}", slot.kind, member, measure) for place, member in members]
    not_ok = any(row["status"] != "ok" for row in rows)
    hidden = ("kind",) if not_ok else ("kind", "status")
    columns = (
        text("slot", "slot"),
        Column("candidate", "candidate", lambda label: words.unbroken(label) if len(label) < 32 else label, False),
        Column("runs", "runs"),
        *level_columns(name, measure),
        Column("parameters", "parameters", words.count),
        Column("flops", "FLOPs of a run", words.flops),
        *([text("recipe", "recipe")] if study.settings.retrain and study.settings.retrain.tune else []),
        *([text("status", "status")] if not_ok else []),
    )
    note = (
        "Mean, 95 % t interval and standard deviation over the retraining runs; each measured the test set once. "
        f"Slots that hold the same candidate share their runs.{_matched(study)}"
    )
    return Table("Best candidates and baselines", columns, rows, note, hidden)


def _slot(name: str, kind: str, retrained: Row, measure: Measure) -> dict[str, object]:
    """Return the row of a retrained slot, or of a member of one, as a slot of its own would have it."""
    values = tables.tested(retrained, measure)
    status = "ok" if retrained["status"] == "ok" else f"empty: {retrained['reason']}"
    head = {"slot": name, "kind": kind, "candidate": retrained["label"], "status": status}
    flops = tables.finite(run["flops"] for run in retrained["runs"])
    counts = {"runs": len(values), "parameters": retrained["parameters"], "flops": fmean(flops) if flops else None}
    return {**head, **counts, **level_spread(f"test_{measure.name}", values, measure), **_recipe(retrained)}


def _recipe(retrained: Row) -> dict[str, object]:
    """Return the recipe that a network's tries chose, in the words of the settings; nothing where none were tried."""
    tuned = retrained.get("tuned", ())
    if not tuned or "members" in retrained:
        return {"recipe": "of each member" if tuned else ""} if "tuned" in retrained else {}
    (network,) = tuned
    chosen = network["tries"][network["chosen"]]["recipe"]
    said = "; ".join(f"{key.rpartition('.')[2]} {_value(value)}" for key, value in chosen.items())
    return {"recipe": said if network["sound"] else f"{said} (none of the tries ended well)"}


def _value(value: object) -> str:
    return " ".join(str(part) for part in value.values()) if isinstance(value, dict) else str(value)


def _matched(study: StudyData) -> str:
    """Return which baselines were built to the size of what an agent found, and how near they come to it."""
    matched = {slot: chosen.get("matched_to") for slot, chosen in study.selected.items()}
    return "".join(
        f" {slot} was built to the size of {to['slot']}{_off(study, slot, to['slot'])}."
        for slot, to in matched.items()
        if to
    )


def _off(study: StudyData, slot: str, other: str) -> str:
    """Return by how much the parameters of a slot differ from those of another, where both are retrained."""
    size, wanted = ((study.retrained.get(name) or {}).get("parameters") for name in (slot, other))
    if not size or not wanted or size == wanted:
        return ""
    return f" ({100 * abs(size / wanted - 1):.1f} % {'more' if size > wanted else 'fewer'} parameters)"

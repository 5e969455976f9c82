"""One row per grid point or sampled network: what it reaches on proxy and target."""

from __future__ import annotations

from rlsearch.evidence import tables
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table, level_columns, level_spread, text

SECTION = "fidelity"
ORDER = 40


def table(study: StudyData) -> Table:
    """One row per point measured on proxy and target."""
    measure = study.measure
    rows = [
        {
            **{key: point[key] for key in ("slot", "label")},
            "trained": {True: "yes", False: "no"}.get(point["trained"]),
            "proxy_n": study.selected[point["slot"]]["proxy"]["n"],
            "target_n": len(tables.tested(study.retrained[point["slot"]], measure)),
            **level_spread("proxy", tables.finite(study.selected[point["slot"]]["proxy"]["values"]), measure),
            **level_spread("target", tables.tested(study.retrained[point["slot"]], measure), measure),
        }
        for point in study.fidelity["points"]
    ]
    columns = (
        text("slot", "slot"),
        text("label", "candidate"),
        Column("proxy_n", "proxy runs"),
        *level_columns("proxy", measure),
        Column("target_n", "target runs"),
        *level_columns("target", measure),
        text("trained", "trained on the proxy"),
    )
    what = f"{measure.label.capitalize()} on {study.split} (proxy) and test (target)"
    note = f"{what}: mean, 95 % t interval, standard deviation."
    return Table(f"The {study.fidelity['noun']}s on proxy and target", columns, rows, note, folded=True)

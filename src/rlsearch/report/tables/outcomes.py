"""What became of the trials of each arm, and what its candidates were: diverged, dead, able to remember."""

from __future__ import annotations

from functools import partial
from typing import Any

from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, spread_columns, text
from rlsearch.statistics.intervals import SHARE

SECTION = "search"
ORDER = 16
NOT_BUILT = ("invalid", "failed")
DRAWN = "drawn at random (audit)"


def table(study: StudyData) -> Table:
    """One row per arm; without any where all trials trained and the space tells of no traits."""
    names, told = study.traits.names, study.trials["status"]
    if not names and (told == "ok").all():
        return Table("What became of the trials", (), ())
    rows = [_arm(study, arm) for arm in study.arms if (study.trials["agent"] == arm).any()]
    broken = bool(told.isin(NOT_BUILT).any())
    shown = partial(words.percent, digits=1)
    columns = (
        text("agent", "agent"),
        Column("searches", "searches", words.count),
        Column("trials", "trials", words.count),
        *spread_columns("diverged", "diverged", shown),
        *(spread_columns("not_built", "invalid or failed", shown) if broken else ()),
        *(column for name in names for column in spread_columns(_key(name), name, shown)),
    )
    note = (
        "Shares of an arm's trials: mean over its searches, with a 95 % t interval where there are several. A "
        "candidate that was proposed twice counts twice. Diverged: a loss that is not finite."
    )
    if names and (drawn := _drawn(study)):
        rows.append(drawn)
        note += f" {DRAWN.capitalize()}: candidates of the whole space, by decisions drawn uniformly."
    note += words.about_twins(study.arms)
    return Table("What became of the trials", columns, rows, note)


def _key(name: str) -> str:
    """Return a trait as the name of a column: "can remember through c" is `share_can_remember_through_c`."""
    return f"share_{'_'.join(name.split())}"


def _arm(study: StudyData, arm: str) -> Row:
    searches = [trials["status"] for _, trials in study.trials[study.trials["agent"] == arm].groupby("seed")]
    row: dict[str, Any] = {"agent": arm, "searches": len(searches), "trials": sum(map(len, searches))}
    row |= spread("diverged", [float((status == "diverged").mean()) for status in searches], SHARE)
    row |= spread("not_built", [float(status.isin(NOT_BUILT).mean()) for status in searches], SHARE)
    for name in study.traits.names:
        row |= spread(_key(name), [shares[name] for shares in study.traits.shares.get(arm, ())], SHARE)
    return row


def _drawn(study: StudyData) -> Row:
    """Return the shares in the space itself; empty before it is audited."""
    audited = {row["name"]: row for row in (study.audit or {}).get("traits", ())}
    found: dict[str, Any] = {}
    for name in study.traits.names:
        if row := audited.get(name):
            found |= {f"{_key(name)}{end}": row[part] for end, part in _PARTS.items()}
    return {"agent": DRAWN, **found} if found else {}


_PARTS = {"": "share", "_low": "low", "_high": "high"}

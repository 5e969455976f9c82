"""One row per agent and sign of learning: how often real and null searches show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.report.study import StudyData
from rlsearch.report.table import Table, text

SECTION = "controls"
ORDER = 51


def table(study: StudyData) -> Table:
    """One row per agent and sign: how often real and null searches show it."""
    rows = [
        {
            "agent": agent,
            "sign": sign["text"],
            **{f"{arm}_{key}": (sign[arm] or {}).get(key) for arm in _ARMS for key in ("share", "hits", "runs")},
            **{arm: _share(sign[arm]) for arm in _ARMS},
            "permuted_labels": {True: "shown", False: "not shown"}.get(sign["permuted_labels"]),
        }
        for agent, block in study.signs.items()
        for sign in block["signs"]
        if any(sign[arm] for arm in (_ARMS[1:] if study.closed_loop else _ARMS))
    ]
    columns = (
        text("agent", "agent"),
        text("sign", "sign of learning"),
        text("real", "real searches"),
        text("null_constant", "null: constant noise"),
        text("null_heteroscedastic", "null: noise depends on the action"),
        text("permuted_labels", "permuted labels (one search)"),
    )
    hidden = [f"{arm}_{key}" for arm in _ARMS for key in ("share", "hits", "runs")]
    note = "Share with its exact 95 % interval. A sign that null searches show as often as real ones says nothing."
    return Table("The signs of learning in numbers", columns, rows, note, hidden, folded=True)


_ARMS = ("real", "null_constant", "null_heteroscedastic")


def _share(share: Mapping[str, Any] | None) -> str | None:
    if share is None:
        return None
    low, high = share["interval"]["low"], share["interval"]["high"]
    return f"{100 * share['share']:.0f} % ({100 * low:.0f}–{100 * high:.0f} %, {share['hits']}/{share['runs']})"

"""The tables of controls, compute and time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.controls.signs import SETTLED_SD, SETTLED_SHARE
from rlsearch.report import cost, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text
from rlsearch.units import counted


def signs(study: StudyData) -> Table:
    """One row per agent and sign: how often real and null searches show it."""
    rows = [
        {
            "agent": agent,
            "sign": sign["text"],
            **{f"{arm}_{key}": (sign[arm] or {}).get(key) for arm in _ARMS for key in ("share", "hits", "runs")},
            **{arm: _share(sign[arm]) for arm in _ARMS},
            "permuted_labels": {True: "shown", False: "not shown"}.get(sign["permuted_labels"]),
        }
        for agent, found in study.signs.items()
        for sign in found["signs"]
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
    return Table("signs", "controls", "The signs of learning in numbers", columns, rows, note, hidden, folded=True)


_ARMS = ("real", "null_constant", "null_heteroscedastic")


def _share(found: Mapping[str, Any] | None) -> str | None:
    if found is None:
        return None
    low, high = found["interval"]["low"], found["interval"]["high"]
    return f"{100 * found['share']:.0f} % ({100 * low:.0f}–{100 * high:.0f} %, {found['hits']}/{found['runs']})"


def planted(study: StudyData) -> Table:
    """One row per agent: the noise it met, collapse without a signal, and finding a planted optimum."""
    rows = []
    for agent, control in ((agent, study.controls[agent]) for agent in study.agents if agent in study.controls):
        if study.closed_loop and not control["planted"] and not control["null_constant"]:
            continue
        hits = control["planted"] or {}
        collapsed = (control["null_constant"] or {}).get("collapsed_share")
        noise = {"noise_sd": control["noise"]["pooled_sd"], "runs": control["runs"], "episodes": control["episodes"]}
        shares = {key: hits.get(key) for key in ("hit_share", "hit_share_fit", "chance")}
        rows.append({"agent": agent, **noise, "collapsed_share": collapsed, **shares})
    columns: tuple[Column, ...] = (
        text("agent", "agent"),
        Column("runs", "runs", words.count),
        Column("episodes", "episodes", words.count),
        Column("noise_sd", "noise (sd of the reward)", words.number),
        Column("collapsed_share", "settles without a signal", lambda v: words.percent(v, 1)),
        Column("hit_share", "finds the planted optimum", lambda v: words.percent(v, 1)),
        Column("hit_share_fit", "with a quadratic fit", lambda v: words.percent(v, 1)),
        Column("chance", "by chance", lambda v: words.percent(v, 1)),
    )
    if study.decision is None:
        columns = tuple(column for column in columns if column.key != "hit_share_fit")
    settles = (
        f"at most {words.percent(SETTLED_SHARE, 0)} of the last quarter of the proposals are distinct candidates"
        if study.decision is None
        else f"standard deviation of the last quarter of the samples below {SETTLED_SD}"
    )
    note = (
        f"Settles: {settles} after all episodes, with a reward "
        "that is only noise. The planted optimum is sought with the trials that the budget pays for at the mean cost; "
        "real searches that like large networks have fewer."
    )
    return Table("controls", "controls", "Simulated controls of each agent", columns, rows, note)


def costs(study: StudyData) -> Table:
    """One row per agent: the mean cost of its searches; the last row is the retraining."""
    names = ("searches", "proposals", "unique", "search_flops", "finalist_flops", "score_flops")
    rows: list[Row] = [
        {"agent": agent, **{name: getattr(value, name) for name in names}}
        for agent, value in cost.by_agent(study).items()
    ]
    if study.retrained:
        runs = sum(len(slot["runs"]) for slot in study.retrained.values())
        rows.append(
            {"agent": f"retraining ({counted(runs, 'run')} in all)", "search_flops": cost.retraining_flops(study)}
        )
    columns = (
        text("agent", "agent"),
        Column("searches", "searches"),
        Column("proposals", "proposals", words.number),
        Column("unique", "unique trainings", words.number),
        Column("search_flops", "FLOPs of the trials", words.flops),
        Column("finalist_flops", "of the finalists", words.flops),
        Column("score_flops", "of the scoring", words.flops),
    )
    note = (
        "Mean of one search. FLOPs: 3 × forward pass × training samples; outcomes taken from the store count in full."
        + (" SAM passes twice over each batch and counts twice." if study.stepwise else "")
    )
    return Table("cost", "cost", "Compute spent", columns, rows, note)


def seconds(study: StudyData) -> Table:
    """One row per agent and one for the retraining: wall-clock time, which no conclusion rests on."""
    phases = [("search", agent, agent) for agent in study.arms] + [("retrain", None, "retraining")]
    rows = [{"what": label, "seconds": cost.seconds_of(study, phase, name)} for phase, name, label in phases]
    columns = (text("what", "what"), Column("seconds", "child seconds, all searches", words.duration))
    note = (
        "For information: sums over children trained here, without those from the store. They differ from run to run."
    )
    return Table(
        "seconds", "cost", "Wall-clock time", columns, [row for row in rows if row["seconds"] is not None], note
    )


MAKERS = (signs, planted, costs, seconds)

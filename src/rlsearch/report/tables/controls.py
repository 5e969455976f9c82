"""One row per simulated agent: the noise it met, collapse without a signal, and finding a planted optimum."""

from __future__ import annotations

from rlsearch.controls.signs import SETTLED_SD, SETTLED_SHARE
from rlsearch.report import simulated, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table, text

SECTION = "controls"
ORDER = 52


def table(study: StudyData) -> Table:
    """One row per simulated agent: the noise it met, collapse without a signal, and finding a planted optimum."""
    rows = []
    for agent in study.agents:
        control = study.controls.get(agent, {})
        # Policies have no simulated controls; their null and planted runs are in the table of policies.
        if not (control.get("planted") or control.get("null_constant")):
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
        "that is only noise. The planted optimum is sought with the trials that the budget pays for at the mean cost: "
        "about as many as real searches have, which have fewer where they like large networks."
        f"{_about_others(study)}"
    )
    return Table("Simulated controls of each agent", columns, rows, note)


def _about_others(study: StudyData) -> str:
    """Return which agents are not simulated, and why."""
    others = simulated.left_out(study)
    if not others:
        return ""
    return f" Not simulated, since the settings name others (`controls.agents`): {simulated.named(study, others)}."

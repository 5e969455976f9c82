"""What policies are worth on the schedule tree, beside those of runs with nothing to learn."""

from __future__ import annotations

from functools import partial

from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, text
from rlsearch.statistics.intervals import SHARE

SECTION = "controls"
ORDER = 50


def table(study: StudyData) -> Table:
    """One row per agent with runs on the tree: its regret beside that of runs with nothing to learn."""
    rows: list[Row] = []
    name, points = study.measure.name, partial(words.difference, unit=study.measure)
    for agent, controls in study.loop.policies.items():
        gain = controls.gain(name)
        rows.append(
            {
                "agent": agent,
                "runs": len(controls.regret[name]),
                **spread("regret", controls.regret[name]),
                "null_runs": len(controls.null_regret[name]),
                **spread("null", controls.null_regret[name]),
                "gain": gain.effect,
                "gain_low": gain.interval.low if gain.interval else None,
                "gain_high": gain.interval.high if gain.interval else None,
                **spread("planted", controls.planted_shares),
                **spread("choices", controls.planted_choices, SHARE),
                "chance": controls.planted_chance,
                "effect": controls.planted_effect,
                **spread("random", controls.random_shares, SHARE),
            }
        )
    columns = (
        text("agent", "agent"),
        Column("runs", "runs"),
        Column("regret", f"regret ({study.measure.unit})", points),
        Column("regret_low", "from", points),
        Column("regret_high", "to", points),
        Column("null_runs", "null runs"),
        Column("null", "regret of null runs", points),
        Column("null_low", "from", points),
        Column("null_high", "to", points),
        Column("gain", "null less real", points),
        Column("gain_low", "from", points),
        Column("gain_high", "to", points),
        Column("planted", "planted, no noise: of the return", lambda share: words.percent(share, 0)),
        Column("choices", "planted, tree's noise: best choices", lambda share: words.percent(share, 0)),
        Column("choices_low", "from", lambda share: words.percent(share, 0)),
        Column("choices_high", "to", lambda share: words.percent(share, 0)),
        Column("chance", "by chance", lambda share: words.percent(share, 0)),
        Column("random", "random actions", lambda share: words.percent(share, 0)),
    )
    hidden = [f"{name}{end}" for name in ("planted", "random") for end in ("_low", "_high", "_sd")]
    hidden += ["choices_sd", "effect"]
    effects = sorted({words.effect(row["effect"], study.measure, sign=False) for row in rows})
    note = (
        f"Regret in {study.measure.label} of what the frozen policy does in the trainings that no search saw. In a "
        "null run every episode shows the progress of a schedule drawn at random, whatever was chosen. 95 % t "
        "intervals over runs, of the difference Welch's. Planted: the best schedule is known. Without noise, the "
        "share of the best possible return that the greedy policy reaches. With the noise of the tree's trainings, "
        f"where the best choices alone gain {' or '.join(effects)} over chance (as much as the tree's best schedule "
        "does), the share of best choices that it makes in fresh trainings: the power of these runs."
    )
    return Table("Policies, and policies with nothing to learn", columns, rows, note, hidden)

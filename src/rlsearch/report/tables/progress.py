"""How repeated searches did in their first and in their last part, beside what the source says of its own."""

from __future__ import annotations

from functools import partial
from statistics import stdev

from rlsearch.report import stretches, words
from rlsearch.report.stretches import REWARDS, Ends
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, spread_columns, text
from rlsearch.statistics.intervals import ANY

SECTION = "table"
ORDER = 27


def table(study: StudyData) -> Table:
    """One row per arm whose repeated searches were followed stretch by stretch."""
    levels = stretches.levels(study)
    shown, share = partial(words.number, digits=3), partial(words.percent, digits=1)
    columns = [
        text("agent", "agent"),
        Column("runs", "searches", words.count),
        Column("reward_first", "mean reward, first eighth", shown),
        Column("reward_last", "last eighth", shown),
        Column("reward_last_sd", "sd of searches", partial(words.number, digits=2)),
        *spread_columns("reward_change", "change", partial(_change, digits=3)),
    ]
    for level in levels[:1]:
        columns += [
            Column("low_first", f"share below {level}, first eighth", share),
            Column("low_last", "last eighth", share),
            Column("low_change", "change (points)", partial(_change, factor=100, digits=1)),
        ]
    arms = [label for label in study.arms if len(stretches.ends(study, label, REWARDS).last)] if levels else []
    note = (
        "Means over the first and over the last eighth of the trials of each search; those that ended before are left "
        "out. Changes: of each search by itself, with the 95 % t interval of their mean. Without one, all searches "
        f"changed by the same.{words.about_twins(arms)}"
    )
    if study.published and study.published.progress:
        note += f" The source says of its own search: {study.published.progress}"
    rows = [_row(study, label, levels[0]) for label in arms]
    hidden = ("reward_change_sd", "low_change_low", "low_change_high", "low_change_sd")
    return Table("From the first trials to the last", columns, rows, note, hidden)


def _change(value: float, *, digits: int, factor: float = 1.0) -> str:
    """Return a change with its sign; one that rounding alone has made is 0."""
    return words.minus(f"{round(factor * value, digits) + 0.0:+.{digits}f}")


def _row(study: StudyData, label: str, level: str) -> Row:
    rewards, low = (stretches.ends(study, label, of) for of in (REWARDS, level))
    return {
        "agent": label,
        "runs": len(rewards.last),
        **_ends("reward", rewards),
        **_ends("low", low),
        "reward_last_sd": stdev(rewards.last.tolist()) if len(rewards.last) > 1 else None,
    }


def _ends(name: str, found: Ends) -> dict[str, float | None]:
    change = (found.last - found.first).tolist()
    means = {f"{name}_first": float(found.first.mean()), f"{name}_last": float(found.last.mean())}
    return {**means, **spread(f"{name}_change", change, ANY)}

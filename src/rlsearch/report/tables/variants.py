"""Agents that are another one with some settings changed: what each change does to the answers, and to proposals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from rlsearch.config.base import AgentSettings
from rlsearch.config.twins import plainest
from rlsearch.evidence import tables
from rlsearch.evidence.worth import Truth, final, late, load_truth
from rlsearch.report import regret, repetitions, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, spread_columns, text
from rlsearch.truth.table import Floats

SECTION = "table"
ORDER = 25


def table(study: StudyData) -> Table:
    """One row per agent of which the study has several of one type, the plainest of them first."""
    families = [family for family in _families(study) if len(family) > 1]
    rows, shown = list(_rows(study, families)), partial(words.difference, unit=study.measure)
    signed, unit = partial(words.difference, unit=study.measure, sign=True), study.measure.unit
    columns = (
        text("agent", "agent"),
        Column("changed", "settings that differ", numeric=False, long=True),
        Column("runs", "searches", words.count),
        *spread_columns("regret", f"regret of the answers ({unit})", shown),
        *spread_columns("worse", f"more regret than the plainest ({unit})", signed),
        *spread_columns("late", f"last quarter: regret of the proposals ({unit})", shown),
    )
    absent = [agent for family in families for agent in family if not repetitions.block(study, agent)]
    note = (
        "Agents of one type: first the plainest, whose settings differ least from the defaults, then the others, with "
        f"what they have otherwise. Regret: {regret.meaning(study, 'the answer')}; of the proposals, mean over the "
        "last quarter of a search's trials and over all their trainings. More regret than the plainest: mean of the "
        "differences, paired by repetition, in which both meet the same trainings; above 0 where a change does harm. "
        "95 % t intervals, not corrected for the number of rows: of twenty such intervals one misses by chance."
    )
    note += _about_equal(study, families, rows)
    note += f" Not repeated yet: {', '.join(absent)}." if absent and rows else ""
    return Table("What each change of settings does", columns, rows, note)


def _families(study: StudyData) -> list[list[str]]:
    """Return the agents of each type, the plainest first: the order of the settings is not that which jobs have."""
    families: dict[str, dict[str, AgentSettings]] = {}
    for label, settings in study.settings.agents.items():
        families.setdefault(settings.type, {})[label] = settings
    firsts = {plainest(agents): agents for agents in families.values()}
    return [[first, *(label for label in agents if label != first)] for first, agents in firsts.items()]


def _about_equal(study: StudyData, families: Sequence[Sequence[str]], rows: Sequence[Row]) -> str:
    """Return which agents did just as the plainest, and which only answered as well."""
    same = list(_same_proposals(study, families))
    alike = [row["agent"] for row in rows if row["worse"] == row["worse_sd"] == 0.0 and row["agent"] not in same]
    told = ""
    if same:
        told += (
            f" {', '.join(same)}: made the same proposals as the plainest in every repetition and gave the same "
            "answers, so this setting changed nothing here."
        )
    if alike:
        told += f" No interval, since all answers were as good as the plainest's: {', '.join(alike)}."
    return told


def _same_proposals(study: StudyData, families: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the agents whose repetitions are those of the plainest to the last bit, so that no proposal can differ."""
    for first, *others in families:
        base = repetitions.block(study, first)
        # Before `late_rows` were kept, other proposals could lead to equal blocks.
        yield from (agent for agent in others if "late_rows" in base and repetitions.block(study, agent) == base)


def _rows(study: StudyData, families: Sequence[Sequence[str]]) -> Iterator[Row]:
    truth = load_truth(study) if any(families) else ""
    if isinstance(truth, str):
        return
    agents = study.settings.agents
    for first, *others in families:
        base = _answers(study, first, truth)
        for agent in (first, *others):
            values = _answers(study, agent, truth)
            if values is None:
                continue
            changed = (
                "nothing: the plainest of its type" if agent == first else differences(agents[first], agents[agent])
            )
            more: Sequence[float] | Floats = (
                [] if base is None or agent == first or len(base) != len(values) else values - base
            )
            proposed = late(repetitions.block(study, agent), truth)
            yield {
                "agent": agent,
                "changed": changed,
                "runs": len(values),
                **spread("regret", tables.finite(values)),
                **spread("worse", tables.finite(more)),
                **spread("late", tables.finite(() if proposed is None else proposed)),
            }


def _answers(study: StudyData, agent: str, truth: Truth) -> Floats | None:
    """Return the regret of each repetition's answer, NaN where it has none; None before there are any."""
    block = repetitions.block(study, agent)
    return final(block, truth).values if block else None


def differences(first: AgentSettings, other: AgentSettings) -> str:
    """Return the settings of an agent that differ from another's, e.g. "gamma: 0.01; order: forward"."""
    before, after = first.model_dump(), other.model_dump()
    keys = [key for key, value in after.items() if before.get(key) != value]
    return "; ".join(f"{key}: {_shown(after[key])}" for key in keys) or "nothing"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return f"{value:g}" if isinstance(value, float) and np.isfinite(value) else str(value)

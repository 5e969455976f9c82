"""Agents that are another one with some settings changed: what each change does to the answers, and to proposals.

The one with which others of its type are compared is that from which they differ least: the plainest, where each of
them adds a flaw, and the one with all flaws, where each of them lacks one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from rlsearch.config.base import WHOLE, AgentSettings
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
    """One row per agent of which the study has several of one type, the one with which they are compared first."""
    families = [family for family in _families(study) if len(family) > 1]
    base = "plainest" if all(_is_plainest(study, family) for family in families) else "first"
    rows, shown = list(_rows(study, families)), partial(words.difference, unit=study.measure)
    signed, unit = partial(words.difference, unit=study.measure, sign=True), study.measure.unit
    columns = (
        text("agent", "agent"),
        Column("changed", "settings that differ", numeric=False, long=True),
        Column("runs", "searches", words.count),
        *spread_columns("regret", f"regret of the answers ({unit})", shown),
        *spread_columns("worse", f"more regret than the {base} ({unit})", signed),
        *spread_columns("late", f"last quarter: regret of the proposals ({unit})", shown),
    )
    absent = [agent for family in families for agent in family if not repetitions.block(study, agent)]
    note = (
        f"Agents of one type: {_FIRST[base]}, then the others, with "
        f"what they have otherwise. Regret: {regret.meaning(study, 'the answer')}; of the proposals, mean over the "
        f"last quarter of a search's trials{regret.of_trainings(study, ' and over all their trainings')}. More regret "
        f"than the {base}: mean of the differences, paired by repetition"
        f"{regret.of_trainings(study, ', in which both meet the same trainings')}; above 0 where a change does harm. "
        "95 % t intervals, not corrected for the number of rows: of twenty such intervals one misses by chance."
    )
    note += _about_equal(study, families, rows, base)
    note += f" Not repeated yet: {', '.join(absent)}." if absent and rows else ""
    return Table("What each change of settings does", columns, rows, note)


_FIRST = {
    "plainest": "first the plainest, whose settings differ least from the defaults",
    "first": "first the one whose settings differ least from those of the others",
}


def _families(study: StudyData) -> list[list[str]]:
    """Return the agents of each type, the one first with which the others are compared.

    The order of the settings is not that which jobs have, so that it decides nothing.
    """
    families: dict[str, dict[str, AgentSettings]] = {}
    for label, settings in study.settings.agents.items():
        families.setdefault(settings.type, {})[label] = settings
    firsts = {_nearest(agents): agents for agents in families.values()}
    return [[first, *(label for label in agents if label != first)] for first, agents in firsts.items()]


def _nearest(agents: Mapping[str, AgentSettings]) -> str:
    """Return the agent whose settings differ least from those of the others; of equal ones, the plainest."""
    apart = {label: sum(len(_changes(one, two)) for two in agents.values()) for label, one in agents.items()}
    least = min(apart.values())
    return plainest({label: settings for label, settings in agents.items() if apart[label] == least})


def _is_plainest(study: StudyData, family: Sequence[str]) -> bool:
    return family[0] == plainest({label: study.settings.agents[label] for label in family})


def _about_equal(study: StudyData, families: Sequence[Sequence[str]], rows: Sequence[Row], base: str) -> str:
    """Return which agents did just as the plainest, and which only answered as well."""
    same = list(_same_proposals(study, families))
    alike = [row["agent"] for row in rows if row["worse"] == row["worse_sd"] == 0.0 and row["agent"] not in same]
    told = ""
    if same:
        told += (
            f" {', '.join(same)}: made the same proposals as the {base} in every repetition and gave the same "
            "answers, so this setting changed nothing here."
        )
    if alike:
        told += f" No interval, since all answers were as good as the {base}'s: {', '.join(alike)}."
    return told


def _same_proposals(study: StudyData, families: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the agents whose repetitions are those of the first to the last bit, so that no proposal can differ."""
    for first, *others in families:
        base = repetitions.block(study, first)
        # Before these were kept, other proposals could lead to equal blocks.
        kept = "late_rows" in base or "late_values" in base
        yield from (agent for agent in others if kept and repetitions.block(study, agent) == base)


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
            alone = "the plainest of its type" if _is_plainest(study, [first, *others]) else "the others differ from it"
            changed = f"nothing: {alone}" if agent == first else differences(agents[first], agents[agent])
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
    return "; ".join(f"{key}: {_shown(value)}" for key, value in _changes(first, other).items()) or "nothing"


def _changes(first: AgentSettings, other: AgentSettings) -> dict[str, Any]:
    """Return the settings of an agent that differ from another's."""
    before, after = first.model_dump(context=WHOLE), other.model_dump(context=WHOLE)
    return {key: value for key, value in after.items() if before.get(key) != value}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return f"{value:g}" if isinstance(value, float) and np.isfinite(value) else str(value)

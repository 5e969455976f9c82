"""Agents compared during the search: the best candidates of two searches that draw the same trainings."""

from __future__ import annotations

import math
from functools import partial

from rlsearch.claims import base as claims
from rlsearch.config import artefacts
from rlsearch.report import repetitions, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text
from rlsearch.statistics.holm import holm
from rlsearch.statistics.intervals import is_rounding
from rlsearch.statistics.t_test import TTest

SECTION = "table"
ORDER = 21


def table(study: StudyData) -> Table:
    """One row per claim about two agents on the table and per k: the difference of their best-k means, paired."""
    rows = [row for pair in _pairs(study) for k in repetitions.tops(study) if (row := _row(study, *pair, k))]
    levels = holm([row["p"] for row in rows], study.settings.alpha)
    measure, shown = study.measure, partial(words.difference, unit=study.measure, sign=True)
    columns = (
        text("agent", "agent"),
        text("against", "against"),
        text("best", f"mean {measure.label} of the {study.noun}s found"),
        Column("effect", f"difference ({measure.unit})", shown),
        Column("low", "from", shown),
        Column("high", "to", shown),
        Column("p", "p", words.number),
        Column("level", "decided at", words.number),
        Column("runs", "pairs", words.count),
    )
    exact = study.settings.surrogate is not None
    seen, worth = ("noise", "value without noise") if exact else ("training", f"test {measure.label}")
    note = (
        f"At the end of equal budgets, in {study.judged} as each search saw it; in one repetition both agents meet the "
        f"same {seen} of each {study.noun}. Mean of the paired differences, above 0 where the first agent "
        "has found better ones; 95 % t interval; paired t test. Decided at: Holm's level within this table. The claims "
        f"rest on the answers' {worth} instead, since seed variance flatters whoever has tried the most."
    )
    decided = [{**row, "level": level} for row, level in zip(rows, levels, strict=True)]
    return Table("Best found at equal cost, paired", columns, decided, note)


def _pairs(study: StudyData) -> list[tuple[str, str]]:
    """Return the pairs that claims compare; none where policies are learned, which share no seeds with schedules."""
    if artefacts.closed_loop(study.settings):
        return []
    repeated = repetitions.agents(study)
    pairs = dict.fromkeys(claim.repeated(study.settings) for claim in claims.of_study(study.settings))
    return [pair for pair in pairs if pair is not None and set(pair) <= set(repeated)]


def _row(study: StudyData, agent: str, against: str, k: int) -> Row | None:
    """Return the comparison; nothing where an agent keeps no such means, or not in all of the same runs."""
    tops = [repetitions.block(study, arm).get("top", {}).get(str(k)) for arm in (agent, against)]
    if not all(tops) or len(tops[0]) != len(tops[1]):
        return None
    # The last checkpoint, where the budget is spent.
    first, second = (repetitions.numbers([run[-1] for run in runs]) for runs in tops)
    values = study.measure.gain(first, second).tolist()
    if not all(map(math.isfinite, values)):  # fewer than k were found
        return None
    # Differences that are equal but for rounding: a t test would divide by that rounding.
    if is_rounding(max(values) - min(values), values):
        return None
    test = TTest.of(values)
    interval = test.interval(0.95)
    best = "the best" if k == 1 else f"the best {k}"
    numbers = {"effect": test.effect, "low": interval.low, "high": interval.high, "p": test.p, "runs": len(values)}
    return {"agent": agent, "against": against, "best": best, **numbers}

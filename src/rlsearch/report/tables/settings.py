"""Regret under other settings: what rollout, learning rate and budget do to an agent that learns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from statistics import fmean
from typing import Any

from rlsearch.config.control_models import BUDGET
from rlsearch.evidence import tables
from rlsearch.evidence.worth import Truth, final, load_truth
from rlsearch.report import repetitions, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, text

SECTION = "table"
ORDER = 22


def table(study: StudyData) -> Table:
    """One row per agent and variation, each agent's own settings first: the regret of its answers."""
    rows, shown = list(_rows(study)), partial(words.difference, unit=study.measure)
    columns = (
        text("agent", "agent"),
        text("setting", "changed"),
        Column("runs", "searches", words.count),
        Column("regret", f"regret ({study.measure.unit})", shown),
        Column("regret_low", "from", shown),
        Column("regret_high", "to", shown),
        Column("regret_sd", "sd", shown),
        Column("flops", "FLOPs of a search", words.flops),
    )
    exact = study.settings.surrogate is not None
    on, met = ("surrogate", "noise") if exact else ("truth table", "trainings")
    note = (
        f"Regret of the answers in {'' if exact else 'test '}{study.measure.label}, mean and 95 % t interval over "
        f"searches on the {on}. One setting is changed at a time; run by run the searches meet the same {met}. Nothing "
        "here was used to choose a setting, and the best of many rows owes a part of that to seed variance."
    )
    return Table("Regret under other settings", columns, rows, note)


def _rows(study: StudyData) -> Iterator[Row]:
    sensitivity = study.settings.controls.sensitivity
    truth = load_truth(study) if sensitivity else ""
    if sensitivity is None or isinstance(truth, str):
        return
    for agent in sensitivity.agents:
        own, varied = repetitions.block(study, agent), study.controls.get(agent, {}).get("sensitivity") or ()
        if own and varied:
            # As many runs as the variations have, so that all rows rest on the same trainings.
            yield {"agent": agent, "setting": "nothing", **_worth(_first(own, sensitivity.runs), truth)}
        for block in varied:
            yield {"agent": agent, "setting": described(block), **_worth(block, truth)}


def regrets(study: StudyData) -> dict[str, dict[str, Any]]:
    """Return the mean regret by agent and variation."""
    by_agent: dict[str, dict[str, Any]] = {}
    for row in _rows(study):
        by_agent.setdefault(row["agent"], {})[row["setting"]] = row["regret"]
    return by_agent


def described(block: Mapping[str, Any]) -> str:
    """Return what a variation changes, e.g. "n_steps: 32" or "trials: 200"."""
    name, value = block["setting"], block["value"]
    shown = str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)
    return f"{'budget, in trials' if name == BUDGET else name}: {shown}"


def _first(block: Mapping[str, Any], runs: int) -> Mapping[str, Any]:
    """Return the answers of the first `runs` repetitions, which meet the trainings that the variations meet."""
    parts = ("answers", "answer_columns", "answer_rows", "answer_values", "flops")
    return {"runs": runs, **{key: block[key][:runs] for key in parts if key in block}}


def _worth(block: Mapping[str, Any], truth: Truth) -> Row:
    values = tables.finite(final(block, truth).values)
    return {"runs": block["runs"], **spread("regret", values), "flops": fmean(block["flops"])}

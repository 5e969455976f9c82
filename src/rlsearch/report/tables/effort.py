"""Every arm: cost of a run, epochs to convergence, cost to the target, and the cost of its search."""

from __future__ import annotations

from typing import Any

from rlsearch.evidence import convergence
from rlsearch.evidence.convergence import Middle
from rlsearch.report import cost, words
from rlsearch.report.figures import level_by_cost
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table, spread, text
from rlsearch.report.tables._arms import arms_of
from rlsearch.statistics.intervals import POSITIVE

SECTION = "target"
ORDER = 33


def table(study: StudyData) -> Table:
    """One row per arm: cost of a run, epochs to convergence, cost to the target, and the cost of its search."""
    target = study.target_level
    spent, front = cost.by_agent(study), level_by_cost.front(study)
    rows = []
    for slot, arm in arms_of(study):
        late = convergence.middle([run.converged for run in arm.runs])
        there = convergence.middle([None if target is None else run.reached(target) for run in arm.runs])
        search = spent.get(slot.source) if slot.role != "reference" else None
        # Scoring the answer is a measurement of ours; no user of the agent would have to pay for it.
        paid = None if search is None else (search.search_flops + search.finalist_flops) / arm.plain
        rows.append(
            {
                "slot": slot.name,
                **spread("cost", arm.costs, POSITIVE),
                **_middle("converged", late),
                **_middle("target", there),
                "search_cost": paid,
                "front": "yes" if slot.name in front else None,
            }
        )
    columns = (
        text("slot", "arm"),
        Column("cost", "cost of a run", words.number),
        Column("cost_low", "from", words.number),
        Column("cost_high", "to", words.number),
        Column("converged_shown", "epochs to convergence"),
        Column("target_shown", "cost to the target"),
        Column("search_cost", "cost of a search", words.number),
        text("front", "on the Pareto front"),
    )
    hidden = [f"{key}{end}" for key in ("converged", "target") for end in ("", "_low", "_high", "_reached")]
    measure = study.target_measure
    near = f"{measure.scaled(convergence.NEAR):g} {measure.unit}"
    note = (
        "Costs are in epochs of plain SGD on the target network (FLOPs over those of such an epoch): of a run, mean "
        "and 95 % t interval. Epochs to convergence: end of the first step from which on the validation "
        f"{measure.label} stays within {near} of the best that the run reaches. Cost to the target: at the end of the "
        f"first step with a validation {measure.label} of {words.level(target, measure, 1)}, which is "
        f"{100 * convergence.SHARE:g} % of the best arm's mean at the end. Both: median and range over the runs; one "
        "that never gets there counts as infinitely late. Cost of a search: of one, trials and finalists; what is "
        f"retrained is the best of {study.settings.search.seeds}."
    )
    return Table("Convergence and cost of every arm", columns, rows, note, hidden)


def _middle(name: str, middle: Middle) -> dict[str, Any]:
    numbers = {name: middle.median, f"{name}_low": middle.low, f"{name}_high": middle.high}
    return {**numbers, f"{name}_reached": middle.reached, f"{name}_shown": in_words(middle)}


def in_words(middle: Middle) -> str | None:
    """Return "12 (10–14)", "12 (10–never), 2 of 3 runs" or "never"."""
    if not middle.runs:
        return None
    if not middle.reached:
        return "never"
    median, low, high = (
        "never" if value is None else words.number(value) for value in (middle.median, middle.low, middle.high)
    )
    missing = f", {middle.reached} of {middle.runs} runs" if middle.reached < middle.runs else ""
    return (median if low == high else f"{median} ({low}–{high})") + missing

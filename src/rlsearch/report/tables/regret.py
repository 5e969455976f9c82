"""What the answers of repeated searches are worth beside the best candidate of the space."""

from __future__ import annotations

from functools import partial
from statistics import fmean

from rlsearch.evidence import tables
from rlsearch.measures import Measure
from rlsearch.report import regret, repetitions, schedules, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, text

SECTION = "table"
ORDER = 20


def table(study: StudyData) -> Table:
    """One row per agent: what its answers are worth beside the best candidate of the space."""
    rows, measures, name = [], regret.measures(study), study.measure.name
    for agent in repetitions.agents(study):
        repeated = repetitions.block(study, agent)
        costs = {name: fmean(repeated[name]) for name in ("trials_used", "flops")}
        share = costs["flops"] / repeated["budget_flops"]
        metrics = {key: value for measure in measures for key, value in _final(study, agent, measure).items()}
        rows.append({"agent": agent, "runs": repeated["runs"], **metrics, **costs, "budget_share": share})
    # Agents whose regret is not known come last.
    rows.sort(key=lambda row: (row[name] is None, row[name] or 0.0))
    columns = (
        text("agent", "agent"),
        *(column for measure in measures for column in _columns(study, measure)),
        Column("trials_used", "trials used", words.number),
        Column("budget_share", "budget used", lambda share: words.percent(share, 1)),
    )
    note = (
        f"Regret of a search's answer: {regret.meaning(study, 'the answer')}. Mean, 95 % t interval and standard "
        f"deviation over {repetitions.runs(study)} searches of each agent.{_of_trainings(study)}"
        f"{repetitions.about_cap(study)}{schedules.repeated_short(study)}"
        f"{words.about_twins(repetitions.agents(study))}{_reused(study)}{_hindsight(study)}"
        + (
            " A policy's answer is what it does when frozen, training by training; below 0 it is better than any one "
            "schedule."
            if study.learners
            else ""
        )
    )
    return Table("Final regret", columns, rows, note, ("runs", "flops"))


_ENDS = {"": "mean", "_low": "from", "_high": "to", "_sd": "sd"}


def _columns(study: StudyData, measure: Measure) -> tuple[Column, ...]:
    """Return the columns of a regret: of the study's measure in its digits, of the loss beside it in three."""
    shown = partial(words.difference, unit=measure) if measure == study.measure else words.number
    titles = {**_ENDS, "": f"in {measure.label} ({measure.unit})", "_error": "standard error"}
    return tuple(Column(f"{measure.name}{end}", title, shown) for end, title in titles.items())


def _final(study: StudyData, agent: str, measure: Measure) -> Row:
    name, regrets = measure.name, regret.final(study, agent, measure)
    return {**spread(name, tables.finite(regrets.get("values", ()))), f"{name}_error": regrets.get("error")}


def _of_trainings(study: StudyData) -> str:
    """Return what is so because answers come from trainings; a surrogate's are exact and all cost the same."""
    if study.settings.surrogate:
        return ""
    return (
        " Standard error: of one answer, from the trainings that its search did not see. Trials differ because "
        f"{study.noun}s differ in cost."
    )


def _hindsight(study: StudyData) -> str:
    """Return which agents follow a rule that was read off the table on which they are measured."""
    agents = ", ".join(label for label, agent in study.settings.agents.items() if agent.hindsight)
    return f" {agents}: its rule was read off this table; it shows what knowing the rule is worth." if agents else ""


def _reused(study: StudyData) -> str:
    """Return of which agents the searches left no training of their answer unseen."""
    counts = {agent: regret.final(study, agent).get("reused", 0) for agent in study.agents}
    times = ", ".join(f"{agent} {count} times" for agent, count in counts.items() if count)
    return f" Where a search had seen every training of its answer, all of them are used: {times}." if times else ""
